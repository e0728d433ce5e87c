"""What moved a number: contributions by driver, owner and ring, or by mix and rate, for notebooks and for code."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Tuple, Union, overload

from ._errors import QueryError
from ._figure import Figure, shown
from ._listing import Listing
from ._show import Grid, Mark, html_page

if TYPE_CHECKING:
    import pandas as _pandas


@dataclass(frozen=True)
class Driver:
    """A driver's part in a change."""

    name: str
    """The driver's metric; `unexplained` for what no driver accounts for."""
    label: str
    owner: str
    ring: str
    before: Figure
    """The driver's own value."""
    after: Figure
    contribution: Figure
    """What it added to the change of the metric."""
    filled: bool
    """True if it had no value on one side; then it has moved nothing."""


@dataclass(frozen=True)
class Part:
    """What the drivers of one owner, or of one ring, added together."""

    name: str
    contribution: Figure


@dataclass(frozen=True)
class Segment:
    """What one value of a dimension did to the ratio of all."""

    name: str
    before: Figure
    """Its own ratio."""
    after: Figure
    mix: Figure
    """By its weight."""
    rate: Figure
    """By its own ratio."""


class Explanation:
    """What moved a metric from one state to another. Shown contributions add up to the shown change."""

    __slots__ = ("_exact", "_fact", "_text")

    def __init__(self, exact: Dict[str, Any], fact: Dict[str, Any], text: str) -> None:
        self._exact = exact
        self._fact = fact
        self._text = text

    @property
    def metric(self) -> str:
        """The metric's name."""
        return str(self._fact["metric"])

    @property
    def label(self) -> str:
        """The metric's name for people."""
        return str(self._fact["label"])

    @property
    def formula(self) -> str:
        """What the metric is made of, as the book writes it."""
        return str(self._fact["formula"])

    @property
    def unit(self) -> str:
        """The metric's unit; may be empty."""
        return str(self._fact["unit"])

    @property
    def scope(self) -> str:
        """The group, such as `region = West`; empty for all rows."""
        return str(self._fact["scope"])

    @property
    def compared(self) -> Tuple[str, str]:
        """The state compared with, and the state explained: periods, or segments."""
        return str(self._fact["from"]), str(self._fact["to"])

    @property
    def before(self) -> Figure:
        """The metric's value in the state compared with."""
        return self._value("before")

    @property
    def after(self) -> Figure:
        """The metric's value in the state explained."""
        return self._value("after")

    @property
    def change(self) -> Figure:
        """After less before."""
        return shown(self._fact["change"], self._exact.get("change", {}).get("exact"))

    @property
    def drivers(self) -> Listing[Driver]:
        """The contributions, in the order of the formula; what is unexplained last, where it is not 0."""
        exact = list(self._exact.get("contributions", []))
        drivers = []
        for at, fact in enumerate(self._fact["drivers"]):
            part = exact[at] if at < len(exact) else self._exact["unexplained"]
            drivers.append(
                Driver(
                    name=fact["metric"],
                    label=fact["label"],
                    owner=", ".join(fact["owners"]),
                    ring=fact["ring"],
                    before=shown(fact["before"]),
                    after=shown(fact["after"]),
                    contribution=shown(fact["contribution"], part["exact"]),
                    filled=bool(part["filled"]),
                )
            )
        return Listing(drivers, "driver", ["name", "owner", "before", "after", "contribution"])

    @property
    def by_owner(self) -> Listing[Part]:
        """The contributions by owner: sums of what is shown."""
        return self._parts("by_owner", "owner")

    @property
    def by_ring(self) -> Listing[Part]:
        """The contributions by ring; metrics without a ring stand under the empty name."""
        return self._parts("by_ring", "ring")

    @property
    def notes(self) -> List[str]:
        """What a reader should know, a sentence each."""
        return list(self._fact["notes"])

    @property
    def reason(self) -> Optional[str]:
        """Why the change could not be taken apart; `None` if it was."""
        return self._exact["reason"] or None

    @property
    def flags(self) -> Tuple[str, ...]:
        """What to know about the metric in either state, such as `partial_period`."""
        return tuple(flag for flag in str(self._exact["flags"]).split("|") if flag)

    def to_dicts(self) -> List[Dict[str, Any]]:
        """One dict for each driver."""
        before, after = self.compared
        return [{"scope": self.scope, "from": before, "to": after, **each} for each in self.drivers.to_dicts()]

    def to_pandas(self) -> "_pandas.DataFrame":
        """The drivers as a pandas frame."""
        import pandas

        return pandas.DataFrame(self.to_dicts())

    def chart(self) -> Any:
        """A waterfall from before to after, as an altair chart; needs ``pip install ripplemark[charts]``."""
        from ._charts import waterfall

        return waterfall(self)

    def _value(self, name: str) -> Figure:
        return shown(self._fact[name], self._exact.get(name, {}).get("exact"))

    def _parts(self, name: str, what: str) -> Listing[Part]:
        exact = {part["name"]: part["exact"] for part in self._exact.get(name, [])}
        parts = [Part(part, shown(fact, exact.get(part))) for part, fact in self._fact[name]]
        return Listing(parts, what, ["name", "contribution"])

    def _grids(self) -> List[Grid]:
        before, after = self.compared
        place = f"{self.scope}: " if self.scope else ""
        title = f"{place}{before} → {after}"
        if self.reason is not None:
            return [Grid([Mark(self.metric, sub=title)], [[Mark(self.reason, "reason")]], notes=_notes(self.notes))]
        drivers = self.drivers
        bars = _bars([driver.contribution for driver in drivers])
        rows = [
            [
                Mark(driver.label, title=driver.name),
                Mark(driver.owner),
                _mark(driver.before),
                _mark(driver.after),
                _mark(driver.contribution),
                bar,
            ]
            for driver, bar in zip(drivers, bars)
        ]
        whole = [Mark(str(self._fact["label"]), title=self.formula), Mark("")]
        rows.append([*whole, _mark(self.before), _mark(self.after), _mark(self.change), Mark("")])
        columns = [Mark("driver", sub=title), Mark("owner"), Mark(before), Mark(after), Mark("contribution"), Mark("")]
        grids = [Grid(columns, rows, [False] * len(drivers) + [True])]
        owners = self.by_owner
        bars = _bars([part.contribution for part in owners])
        lines = [[Mark(part.name), _mark(part.contribution), bar] for part, bar in zip(owners, bars)]
        grids.append(Grid([Mark("owner"), Mark("contribution"), Mark("")], lines, notes=_notes(self.notes)))
        return grids

    def __repr__(self) -> str:
        return self._text.strip("\n")

    def _repr_html_(self) -> str:
        return html_page(self._grids(), f"{self._fact['label']} = {self.formula}")

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}


class Explanations(Sequence[Explanation]):
    """What moved a metric, one explanation for each group and pair of states.

    Where there is only one, as there mostly is, ``change``, ``drivers``, ``by_owner``, ``by_ring`` and ``chart()``
    are its own.
    """

    __slots__ = ("_exact", "_items")

    def __init__(self, text: str) -> None:
        about = json.loads(text)
        self._exact: Dict[str, Any] = about["exact"]
        parts = zip(self._exact["explained"], about["facts"], about["texts"])
        self._items = tuple(Explanation(*part) for part in parts)

    @overload
    def __getitem__(self, at: int) -> Explanation: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Explanation]: ...
    def __getitem__(self, at: Union[int, slice]) -> Union[Explanation, Sequence[Explanation]]:
        return self._items[at]

    def __len__(self) -> int:
        return len(self._items)

    @property
    def formula(self) -> str:
        """What the metric is made of, as the book writes it."""
        return str(self._exact["formula"])

    @property
    def receipt(self) -> Dict[str, Any]:
        """What the values were made of, as hashes."""
        receipt: Dict[str, Any] = json.loads(json.dumps(self._exact["receipt"]))
        return receipt

    @property
    def change(self) -> Figure:
        """After less before, of the only explanation."""
        return self._only().change

    @property
    def drivers(self) -> Listing[Driver]:
        """The contributions of the only explanation."""
        return self._only().drivers

    @property
    def by_owner(self) -> Listing[Part]:
        """The contributions of the only explanation, by owner."""
        return self._only().by_owner

    @property
    def by_ring(self) -> Listing[Part]:
        """The contributions of the only explanation, by ring."""
        return self._only().by_ring

    def chart(self) -> Any:
        """The waterfall of the only explanation; needs ``pip install ripplemark[charts]``."""
        return self._only().chart()

    def to_dict(self) -> Dict[str, Any]:
        """Everything, with exact fractions as text and the bits of doubles in hex."""
        everything: Dict[str, Any] = json.loads(json.dumps(self._exact))
        return everything

    def to_dicts(self) -> List[Dict[str, Any]]:
        """One dict for each explanation and driver."""
        return [each for item in self for each in item.to_dicts()]

    def to_pandas(self) -> "_pandas.DataFrame":
        """The drivers of all explanations as a pandas frame."""
        import pandas

        return pandas.DataFrame(self.to_dicts())

    def _only(self) -> Explanation:
        if len(self) != 1:
            raise QueryError(
                f"there are {len(self)} explanations: take one, such as [0], or ask for one period and group"
            )
        return self._items[0]

    def __repr__(self) -> str:
        # The first explanations are enough to see what there is.
        shown_first = [repr(item) for item in self._items[:6]]
        more = [f"… {len(self) - 6:,} more explanations"] if len(self) > 6 else []
        return "\n\n".join(shown_first + more)

    def _repr_html_(self) -> str:
        grids = [grid for item in self._items[:6] for grid in item._grids()]
        if len(self) > 6 and grids:
            grids[-1].notes = [*grids[-1].notes, Mark(f"… {len(self) - 6:,} more explanations")]
        return html_page(grids, f"{self._exact['metric']['label']} = {self.formula}")

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}


class MixExplanation:
    """Whether a ratio moved because its segments changed (rate), or because their weights did (mix)."""

    __slots__ = ("_exact", "_fact", "_text")

    def __init__(self, exact: Dict[str, Any], fact: Dict[str, Any], text: str) -> None:
        self._exact = exact
        self._fact = fact
        self._text = text

    @property
    def compared(self) -> Tuple[str, str]:
        """The period compared with, and the period explained."""
        return str(self._fact["from"]), str(self._fact["to"])

    @property
    def change(self) -> Figure:
        """The ratio after less the ratio before."""
        return shown(self._fact["change"])

    @property
    def mix(self) -> Figure:
        """What the weights did."""
        return shown(self._fact["mix"], self._exact["outcome"].get("mix", {}).get("exact"))

    @property
    def rate(self) -> Figure:
        """What the segments' own ratios did."""
        return shown(self._fact["rate"], self._exact["outcome"].get("rate", {}).get("exact"))

    @property
    def simpson(self) -> bool:
        """True if the whole went one way and all of its parts the other (Simpson's paradox)."""
        return bool(self._exact["outcome"].get("simpson", False))

    @property
    def segments(self) -> Listing[Segment]:
        """The segments, by value."""
        exact = self._exact["outcome"].get("segments", [])
        segments = [
            Segment(
                name=fact["segment"],
                before=shown(fact["before"]),
                after=shown(fact["after"]),
                mix=shown(fact["mix"], part["mix"]["exact"]),
                rate=shown(fact["rate"], part["rate"]["exact"]),
            )
            for part, fact in zip(exact, self._fact["segments"])
        ]
        return Listing(segments, "segment", ["name", "before", "after", "mix", "rate"])

    @property
    def notes(self) -> List[str]:
        """What a reader should know, a sentence each."""
        return list(self._fact["notes"])

    def to_pandas(self) -> "_pandas.DataFrame":
        """The segments as a pandas frame."""
        return self.segments.to_pandas()

    def __repr__(self) -> str:
        return self._text.strip("\n")

    def _repr_html_(self) -> str:
        grid = self.segments._grid()
        before, after = self.compared
        total = [Mark("all"), _mark(shown(self._fact["before"])), _mark(shown(self._fact["after"]))]
        grid.rows = [*grid.rows, [*total, _mark(self.mix), _mark(self.rate)]]
        grid.totals = [False] * (len(grid.rows) - 1) + [True]
        grid.notes = _notes(self.notes)
        return html_page([grid], f"{self._fact['metric']} by {self._fact['dim']}: {before} → {after}, {self.change}")

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}


def mixes(text: str) -> List[MixExplanation]:
    """From the engine's answer."""
    about = json.loads(text)
    return [MixExplanation(*part) for part in zip(about["exact"], about["facts"], about["texts"])]


def _mark(value: Figure) -> Mark:
    if not value:
        return Mark(value.reason or "–", "reason")
    return Mark(value.shown, "number", title="" if value.exact is None else f"exactly {_short(str(value.exact))}")


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"


def _bars(parts: "Sequence[Figure]") -> List[Mark]:
    most = max((abs(part.value) for part in parts if part.value is not None), default=0.0)
    size: Callable[[Figure], float] = lambda part: part.value / most if part.value is not None and most else 0.0
    return [Mark("", "bar", bar=size(part)) for part in parts]


def _notes(notes: Sequence[str]) -> List[Mark]:
    return [Mark(note) for note in notes]

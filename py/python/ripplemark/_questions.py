"""What is asked of data besides numbers, by a book or by a result: one place that turns arguments into a question."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Dict, List, Optional, Tuple, Union

from . import _asked, _data, _ripplemark
from ._errors import QueryError
from ._explain import Explanations, MixExplanation, mixes
from ._progress import Progress, telling
from ._report import Report
from ._standing import Answers, Findings, Journey, TargetStatus, findings, journey, targets

GRAINS = ("day", "week", "month", "quarter", "year")
Versus = Union[str, Mapping[str, object]]
Place = Optional[Mapping[str, object]]
Period = Union[str, int, datetime.date, None]


def question(
    *,
    metrics: Optional[_asked.Names] = None,
    by: Optional[_asked.Names] = None,
    grain: Optional[str] = None,
    range: Optional[_asked.Range] = None,
    filter: Optional[str] = None,
    as_of: Optional[_asked.When] = None,
    totals: Optional[bool] = None,
    query: Optional[str] = None,
) -> Dict[str, Any]:
    """The arguments as the engine takes them."""
    return {
        "query": _asked.text("query", query),
        "metrics": _asked.names("metrics", metrics),
        "by": _asked.names("by", by),
        "grain": _asked.text("grain", grain),
        "range": _asked.time_range(range),
        "filter": _asked.text("filter", filter),
        "as_of": _asked.instant("as_of", as_of),
        "totals": None if totals is None else bool(totals),
    }


class Asker:
    """A book and the data that questions are asked of."""

    def __init__(self, book: _ripplemark.Book, given: Mapping[str, object], progress: Progress = False) -> None:
        self._book = book
        self._progress = progress
        self._data = _ripplemark.Dataset(book)
        for table, source in given.items():
            _data.keep(self._data, table, source)

    def explain(
        self,
        metric: str,
        asked: Dict[str, Any],
        *,
        vs: Versus = "prior",
        at: Place = None,
        period: Period = None,
        all: bool = False,
        digits: Optional[int] = None,
    ) -> Explanations:
        """What moved a metric."""
        place, grain = _place(vs, at, period, all, digits)
        asked = {**asked, "grain": grain or asked["grain"]}
        with telling(self._progress) as tell:
            found = Explanations(_ripplemark.explained(self._book, self._data, _name(metric), asked, place, tell))
        if not len(found):
            raise QueryError(
                f"there is nothing to compare `{metric}` with: no two periods, or no such group; "
                "say all=True or another place"
            )
        return found

    def mix(
        self,
        metric: str,
        dim: str,
        asked: Dict[str, Any],
        *,
        period: Period = None,
        all: bool = False,
        digits: Optional[int] = None,
    ) -> List[MixExplanation]:
        """Whether a ratio moved by mix or by rate."""
        place, _ = _place("prior", None, period, all, digits)
        dim = str(_asked.text("dim", dim))
        with telling(self._progress) as tell:
            return mixes(_ripplemark.mixed(self._book, self._data, _name(metric), dim, asked, place, tell))

    def targets(self, as_of: Optional[_asked.When]) -> Answers[TargetStatus]:
        """Where the targets stand."""
        with telling(self._progress) as tell:
            return targets(_ripplemark.targets(self._book, self._data, _asked.instant("as_of", as_of), tell))

    def findings(self, period: Period, as_of: Optional[_asked.When]) -> Findings:
        """What the rules find."""
        when = _asked.instant("as_of", as_of)
        with telling(self._progress) as tell:
            return findings(_ripplemark.findings(self._book, self._data, _period(period), when, tell))

    def journey(self, stages: Optional[_asked.Names], asked: Dict[str, Any]) -> Journey:
        """The hand-offs."""
        named = _asked.names("stages", stages) or []
        with telling(self._progress) as tell:
            return journey(_ripplemark.journeys(self._book, self._data, named, asked, tell))

    def report(self, asked: Dict[str, Any], period: Period) -> Report:
        """Everything."""
        with telling(self._progress) as tell:
            return Report(*_ripplemark.reported(self._book, self._data, asked, _period(period), tell))


def _name(metric: object) -> str:
    if not isinstance(metric, str):
        raise QueryError(f"metric: expected a name, got {type(metric).__name__}")
    return str(_asked.text("metric", metric))


def _period(value: Period) -> Optional[str]:
    if isinstance(value, int):
        if isinstance(value, bool):
            raise QueryError(f"period: expected a day, a month or a year such as '2017-07', got {value!r}")
        return str(value)
    if isinstance(value, datetime.datetime):
        value = value.date()
    return _asked.instant("period", value)


def _place(
    vs: Versus, at: Place, period: Period, all: bool, digits: Optional[int]
) -> "Tuple[Dict[str, Any], Optional[str]]":
    """What is compared with what, and the grain where the place names a period."""
    if at is not None and not isinstance(at, Mapping):
        raise QueryError(f"at: expected a dict such as {{'region': 'West'}}, got {type(at).__name__}")
    if digits is not None and (isinstance(digits, bool) or not isinstance(digits, int) or not -100 <= digits <= 100):
        raise QueryError(f"digits: expected a whole number from -100 to 100, got {digits!r}")
    grain: Optional[str] = None
    groups: List[Tuple[str, str]] = []
    for name, value in (at or {}).items():
        if name not in GRAINS:
            groups.append((str(_asked.text("at", name)), _words(name, value)))
            continue
        if grain is not None or period is not None:
            raise QueryError(f"at: the period is named twice, by `{grain or 'period'}` and by `{name}`")
        grain, period = name, value  # type: ignore[assignment]
    segment: Optional[Tuple[str, str]] = None
    if isinstance(vs, Mapping):
        if len(vs) != 1:
            raise QueryError(
                f"vs: expected one dimension and its value, such as {{'region': 'East'}}, got {dict(vs)!r}"
            )
        ((dim, value),) = vs.items()
        segment = (str(_asked.text("vs", dim)), _words(dim, value))
    elif vs not in ("prior", "target"):
        raise QueryError(f"vs: expected 'prior', 'target', or a segment such as {{'region': 'East'}}, got {vs!r}")
    if vs == "target" and (at or period is not None or all):
        raise QueryError("vs: a target has days of its own; leave out at, period and all")
    place = {
        "vs": segment,
        "target": vs == "target",
        "groups": groups,
        "period": _period(period),
        "all": bool(all),
        "digits": digits,
    }
    return place, grain


def _words(name: str, value: object) -> str:
    """A coordinate as the engine writes it."""
    if value is None:
        return "(missing)"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime.date):
        return value.isoformat()[:10]
    return str(_asked.text(name, str(value) if isinstance(value, int) else value))  # type: ignore[arg-type]

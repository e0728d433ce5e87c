"""Targets, findings and hand-offs as records: lists that show themselves as tables."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Tuple, TypeVar, Union

from ._figure import NOTHING, Figure, figure, fraction
from ._format import formats
from ._listing import Listing
from ._show import Grid, Mark

T = TypeVar("T")


class Answers(Listing[T]):
    """A list of records with sentences under it."""

    __slots__ = ("notes",)

    notes: List[str]
    """What a reader should know, a sentence each."""

    def __init__(self, items: Sequence[T], what: str, shown: Sequence[str], notes: Sequence[str]) -> None:
        super().__init__(items, what, shown)
        self.notes = list(notes)

    def _grid(self) -> Grid:
        grid = super()._grid()
        grid.notes = [Mark(note) for note in self.notes]
        return grid

    def __repr__(self) -> str:
        return "\n".join([super().__repr__(), *self.notes]) if not len(self) else super().__repr__()


@dataclass(frozen=True)
class TargetPart:
    """A part of a target that is split."""

    by: str
    """The dimension."""
    name: str
    """Its value."""
    owner: str
    share: Figure
    """The part's share of the goal."""
    goal: Figure
    actual: Figure
    expected: Figure
    attainment: Figure
    pace: Figure
    gap: Figure
    gap_to_goal: Figure
    status: Optional[str]
    n: int


@dataclass(frozen=True)
class OwnerGap:
    """What the owners of some parts miss or have beyond what was expected."""

    name: str
    """The teams; `unsplit` for rows that belong to no part."""
    parts: Tuple[str, ...]
    gap: Figure
    """Actual less expected."""


@dataclass(frozen=True)
class TargetStatus:
    """Where a target stands."""

    metric: str
    label: str
    unit: str
    owner: str
    scope: Dict[str, str]
    """Dimensions and values of the part that counts; empty for all rows."""
    start: str
    """First day, `2024-01-01`."""
    due: str
    """Last day."""
    as_of: str
    """The last day that is known; empty where there are no data."""
    measure: str
    """`total` or `level`."""
    path: str
    """`linear` or `glide`."""
    good: str
    """`up` or `down`."""
    elapsed: Figure
    """Share of the days that have passed."""
    goal: Figure
    baseline: Figure
    actual: Figure
    expected: Figure
    """What should have been reached by now."""
    attainment: Figure
    """Actual by goal, mirrored at 1 where less is better."""
    progress: Figure
    """The way made from the baseline of the way to the goal."""
    pace: Figure
    """Actual by expected, mirrored at 1 where less is better."""
    gap: Figure
    """Actual less expected."""
    gap_to_goal: Figure
    """Actual less goal."""
    status: Optional[str]
    """Where it stands; `None` where a number that decides it is missing."""
    n: int
    """Rows behind the actual value."""
    parts: Listing[TargetPart]
    gap_by_owner: Listing[OwnerGap]
    meaning: str
    """SHA-256 of what the metric means, in hex."""
    state: str
    """SHA-256 of the state behind the actual value, in hex."""

    @property
    def name(self) -> str:
        """The metric's name."""
        return self.metric


_FIGURES = "elapsed goal baseline actual expected attainment progress pace gap gap_to_goal".split()
_PART_FIGURES = "share goal actual expected attainment pace gap gap_to_goal".split()


def targets(text: str) -> Answers[TargetStatus]:
    """From the engine's answer."""
    shown = "metric owner start due as_of goal actual attainment expected pace gap status".split()
    return Answers([_target(about) for about in json.loads(text)], "target", shown, [])


def _figures(part: Dict[str, Any]) -> Dict[str, Any]:
    return {name: figure(part[name]) for name in _PART_FIGURES}


def _target(about: Dict[str, Any]) -> TargetStatus:
    parts = [
        TargetPart(
            by=part["by"],
            name=part["key"],
            owner=", ".join(part["owners"]),
            status=part["status"],
            n=part["n"],
            **_figures(part),
        )
        for part in about["parts"]
    ]
    gaps = [
        OwnerGap(", ".join(gap["owners"]) or "unsplit", tuple(gap["parts"]), figure(gap["gap"]))
        for gap in about["gap_by_owner"]
    ]
    same = "metric label unit due as_of measure path good n meaning state".split()
    figures: Dict[str, Any] = {name: figure(about[name]) for name in _FIGURES}
    return TargetStatus(
        owner=", ".join(about["owners"]),
        scope=dict(about["scope"]),
        start=about["from"],
        status=about["status"],
        parts=Listing(parts, "part", ["name", "owner", "goal", "actual", "pace", "gap", "status"]),
        gap_by_owner=Listing(gaps, "owner", ["name", "parts", "gap"]),
        **{name: about[name] for name in same},
        **figures,
    )


@dataclass(frozen=True)
class Finding:
    """Something that somebody has to be told."""

    severity: str
    """`critical`, `warning` or `info`."""
    message: str
    owner: str
    """Teams that have to act."""
    watchers: Tuple[str, ...]
    """Teams that are told as well."""
    rule: str
    metrics: Tuple[str, ...]
    scope: Dict[str, str]
    """Dimensions and values; empty for the whole."""
    period: str
    """`2024-03`; empty without one."""
    values: Dict[str, Union[Figure, str]]
    """What the condition and the message use."""
    id: str
    """The same finding has the same id tomorrow."""
    receipt: Tuple[Dict[str, str], ...]
    """What the values were made of, by metric."""

    @property
    def name(self) -> str:
        """The rule."""
        return self.rule


@dataclass(frozen=True)
class RuleReport:
    """What became of a rule."""

    name: str
    period: str
    as_of: str
    looked_at: int
    """Scopes that were looked at."""
    found: int
    skipped: int
    """Scopes in which the condition has no value."""
    skipped_because: Dict[str, int]
    beyond_top: int
    """Findings that are not listed, because the rule wants only the first few."""
    failure: str
    """Why the rule was stopped; empty if it was not."""


class Findings(Answers[Finding]):
    """What the rules found: most severe first, then in the order of the book."""

    __slots__ = ("rules",)

    rules: Listing[RuleReport]
    """What became of each rule."""


def findings(text: str) -> Findings:
    """From the engine's answer."""
    about = json.loads(text)
    items = [
        Finding(
            severity=found["severity"],
            message=found["message"],
            owner=", ".join(found["owners"]),
            watchers=tuple(found["watchers"]),
            rule=found["rule"],
            metrics=tuple(found["metrics"]),
            scope=dict(found["scope"]),
            period=found["period"],
            values={name: value if isinstance(value, str) else figure(value) for name, value in found["values"]},
            id=found["id"],
            receipt=tuple(found["receipt"]),
        )
        for found in about["findings"]
    ]
    found = Findings(items, "finding", ["severity", "owner", "message", "period", "rule", "watchers"], about["notes"])
    reports = [
        RuleReport(**{**_without(rule, "rule"), "name": rule["rule"], "skipped_because": dict(rule["skipped_because"])})
        for rule in about["rules"]
    ]
    found.rules = Listing(reports, "rule", ["name", "period", "looked_at", "found", "skipped", "failure"])
    return found


def _without(fields: Dict[str, Any], name: str) -> Dict[str, Any]:
    return {key: value for key, value in fields.items() if key != name}


@dataclass(frozen=True)
class Handoff:
    """One hand-off in one group: `entered` is accepted, rejected, ignored, pending and out of order together."""

    name: str
    """The later stage."""
    source: str
    """The earlier stage."""
    owner_from: str
    owner_to: str
    internal: bool
    """True where both owners are the same."""
    entity: Optional[str]
    level: str
    """What the group distinguishes, joined by ","; `total` for nothing."""
    scope: Dict[str, Any]
    period: Optional[datetime.date]
    """First day of the period in which rows entered the earlier stage."""
    entered: Optional[int]
    accepted: Optional[int]
    rejected: Optional[int]
    rejected_by: Dict[str, int]
    """The rejected rows by reason."""
    ignored: Optional[int]
    """Rows whose deadline has passed without an answer."""
    pending: Optional[int]
    """Rows with time left."""
    out_of_order: Optional[int]
    """Rows whose later time is before the earlier one."""
    in_time: Optional[int]
    late: Optional[int]
    overdue: Optional[int]
    within: Figure
    """Share accepted in time, of the rows for which that can be judged."""
    goal: Figure
    """What that share should reach."""
    meets_goal: Optional[bool]
    wait_hours: Figure
    """Mean hours from one stage to the other, of the accepted rows."""
    in_days: bool
    """True if the times are dates, so that hours say more than is known."""
    leak: Optional[int]
    """Ignored and late rows; `None` without a service level."""
    leak_value: Figure
    worth: Figure
    """What one lost row is worth."""
    flags: Tuple[str, ...]
    reasons: Tuple[str, ...]
    """Why there are no counts."""


class Journey(Answers[Handoff]):
    """The hand-offs of a book, by hand-off, group and period."""

    __slots__ = ("as_of", "receipts")

    as_of: Optional[Dict[str, Any]]
    """Up to when the data are known."""
    receipts: List[Dict[str, Any]]
    """What the numbers were made of: one receipt for each program that was run."""


_COUNTS = "entered accepted rejected ignored pending out_of_order in_time late overdue".split()


def journey(text: str) -> Journey:
    """From the engine's answer."""
    about = json.loads(text)
    axes = (["scope"] if about["by"] else []) + (["period"] if about["grain"] else [])
    shown = ["name", "owner_from", "owner_to", *axes]
    shown += "entered accepted rejected ignored pending within goal wait_hours leak leak_value".split()
    found = Journey([_handoff(one) for one in about["handoffs"]], "hand-off", shown, about["notes"])
    found.as_of = about["as_of"]
    found.receipts = about["receipts"]
    return found


def _handoff(about: Dict[str, Any]) -> Handoff:
    counts = about["counts"] or {}
    numbers: Dict[str, Any] = {name: counts.get(name) for name in _COUNTS}
    return Handoff(
        name=about["to"],
        source=about["from"],
        period=None if about["period"] is None else _day(about["period"]),
        rejected_by=dict(counts.get("rejected_by", [])),
        within=_number(about["within_share"], "share"),
        goal=_number(about["goal"], "share"),
        wait_hours=_number(about["mean_wait_hours"], "hours"),
        leak_value=_number(about["leak_value"], None),
        worth=_number(about["worth"], None),
        scope=dict(about["scope"]),
        flags=tuple(about["flags"]),
        reasons=tuple(about["reasons"]),
        **numbers,
        **{name: about[name] for name in "owner_from owner_to internal entity level meets_goal in_days leak".split()},
    )


def _day(text: str) -> Any:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return text


def _number(about: Optional[Dict[str, Any]], unit: Optional[str]) -> Figure:
    if about is None:
        return NOTHING
    value: Optional[float] = about["value"]
    form = formats([value], about["unit"] if unit is None else unit)
    text = "–" if value is None else form.number(value) if unit == "hours" else form.full(value)
    return Figure(value, fraction(about["exact"]), text, "|".join(about.get("reasons", [])) or None)

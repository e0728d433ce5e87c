"""The KPIs of W1 and W2, in a form that no engine owns: each engine's module renders it in its own words.

The books in `books/` say the same in ripplemark's words; the comparison of results says whether they do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

# What aggregates go over. How a measure is written depends on the form of the amounts.
NET = "net"
LIST = "list"
COST = "cost"
HOURS = "hours"
ROWS = "rows"


@dataclass(frozen=True)
class In:
    """`column` is one of `values`."""

    column: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Is:
    """The truth value `column` is `value`."""

    column: str
    value: bool


@dataclass(frozen=True)
class Range:
    """`low` <= `column` < `high`; a side that is None is open. With `closed`, the high side is inside."""

    column: str
    low: float | None
    high: float | None
    closed: bool = False


Test = Union[In, Is, Range]


@dataclass(frozen=True)
class Agg:
    """A sum over the rows that pass all tests; of `ROWS` a count. `count` counts the values of the measure."""

    measure: str
    tests: tuple[Test, ...] = ()
    count: bool = False


@dataclass(frozen=True)
class Op:
    """`+ - * /` between two formulas."""

    op: str
    left: "Formula"
    right: "Formula"


Formula = Union[Agg, Op, float]


@dataclass(frozen=True)
class Kpi:
    """A name and what it is."""

    name: str
    formula: Formula


def _stage(*names: str) -> In:
    return In("stage", names)


def _count(*tests: Test) -> Agg:
    return Agg(ROWS, tests)


def _over(left: Formula, right: Formula) -> Op:
    return Op("/", left, right)


_NEW = Is("is_new", True)
_OLD = Is("is_new", False)
_WON = _stage("won")

_leads, _mqls, _sqls = _count(_stage("lead")), _count(_stage("mql")), _count(_stage("sql"))
_open, _won, _lost = _count(_stage("open")), _count(_WON), _count(_stage("lost"))
_win_rate = _over(_won, Op("+", _won, _lost))
_revenue = Agg(NET, (_WON,))
_list = Agg(LIST, (_WON,))
_cost = Agg(COST)
_avg_deal = _over(_revenue, _won)
_pipeline = Agg(LIST, (_stage("sql", "open"),))
_hours, _answered = Agg(HOURS), Agg(HOURS, count=True)
_fast = Agg(HOURS, (Range("response_hours", None, 24.0, closed=True),), count=True)
_avg_response = _over(_hours, _answered)

SALES: tuple[Kpi, ...] = (
    Kpi("leads", _leads),
    Kpi("mqls", _mqls),
    Kpi("sqls", _sqls),
    Kpi("open", _open),
    Kpi("won", _won),
    Kpi("lost", _lost),
    Kpi("lead_to_mql", _over(_mqls, _leads)),
    Kpi("mql_to_sql", _over(_sqls, _mqls)),
    Kpi("sql_to_won", _over(_won, _sqls)),
    Kpi("win_rate", _win_rate),
    Kpi("revenue", _revenue),
    Kpi("list_revenue", _list),
    Kpi("discount_rate", Op("-", 1.0, _over(_revenue, _list))),
    Kpi("avg_deal", _avg_deal),
    Kpi("pipeline", _pipeline),
    Kpi("coverage", _over(_pipeline, _revenue)),
    Kpi("cost", _cost),
    Kpi("cac_new", _over(Agg(COST, (_NEW,)), _count(_WON, _NEW))),
    Kpi("roi", _over(Op("-", _revenue, _cost), _cost)),
    Kpi("fast_response", _over(_fast, _answered)),
    Kpi("avg_response", _avg_response),
    Kpi("new_revenue", Agg(NET, (_WON, _NEW))),
    Kpi("expansion_revenue", Agg(NET, (_WON, _OLD))),
    Kpi("velocity", _over(Op("*", Op("*", _sqls, _win_rate), _avg_deal), _avg_response)),
)


def aggregates(kpis: tuple[Kpi, ...]) -> list[Agg]:
    """The different aggregates that the formulas need, in the order of their first use."""
    found: dict[Agg, None] = {}

    def walk(formula: Formula) -> None:
        if isinstance(formula, Agg):
            found.setdefault(formula)
        elif isinstance(formula, Op):
            walk(formula.left)
            walk(formula.right)

    for kpi in kpis:
        walk(kpi.formula)
    return list(found)


def columns(kpis: tuple[Kpi, ...], by: tuple[str, ...]) -> list[str]:
    """The columns of the table that the work reads."""
    of_measure = {
        NET: ("amount", "discount"),
        LIST: ("amount",),
        COST: ("cost",),
        HOURS: ("response_hours",),
        ROWS: (),
    }
    needed = {"sold_at", *by}
    for agg in aggregates(kpis):
        needed.update(of_measure[agg.measure])
        needed.update(test.column for test in agg.tests)
    order = ("sold_at region segment channel stage rep amount discount cost response_hours is_new").split()
    return [name for name in order if name in needed]

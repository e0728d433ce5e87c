"""The books of the works: those of W1 and W2 are files, that of W6 is made from its list of filters."""

from __future__ import annotations

from pathlib import Path

from .. import filters
from ..kpis import Agg, In, Is, Test

_FOLDER = Path(__file__).parent


def _quoted(value: str) -> str:
    return f'"{value}"'


def _test(tested: Test) -> str:
    if isinstance(tested, In):
        if len(tested.values) == 1:
            return f"{tested.column} == {_quoted(tested.values[0])}"
        return f"{tested.column} in [{', '.join(map(_quoted, tested.values))}]"
    if isinstance(tested, Is):
        return tested.column if tested.value else f"!{tested.column}"
    # The cost alone is an integer; a number with a point stands beside a float.
    kind = int if tested.column == "cost" else float
    sides = []
    if tested.low is not None:
        sides.append(f"{tested.column} >= {kind(tested.low)!r}")
    if tested.high is not None:
        sides.append(f"{tested.column} < {kind(tested.high)!r}")
    return " && ".join(sides)


def text(work: str, amount: str) -> str:
    """The book of a work, for a form of the amounts."""
    if work in ("W1", "W2"):
        return (_FOLDER / f"sales_{amount}.yaml").read_text(encoding="utf-8")
    head, _ = (_FOLDER / f"sales_{amount}.yaml").read_text(encoding="utf-8").split("metrics:\n")
    lines = []
    for kpi in filters.kpis(count=work == "W6 rows"):
        agg = kpi.formula
        assert isinstance(agg, Agg)
        condition = " && ".join(_test(t) for t in agg.tests)
        kind = "count" if agg.count else "sum"
        fill = "" if agg.count else ", fill_nulls_with: 0"
        what = f"name: {kpi.name}, owner: sales, of: sales, agg: {kind}, expr: amount"
        lines.append(f"  - {{{what}, filter: '{condition}'{fill}}}\n")
    return head + "metrics:\n" + "".join(lines)

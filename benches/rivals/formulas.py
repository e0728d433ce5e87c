"""The formulas of W3 and W4 in the words of engines that take one row, or one cell, at a time.

`python -m rivals.formulas` writes `benches/rows/formulas.json`, which the Rust side reads.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .kpis import SALES, Agg, Formula, Op, aggregates

FILE = Path(__file__).resolve().parents[1] / "rows" / "formulas.json"

_INFIX = (
    'stage == "won" {then} ({net} > 50000.0 {then} {net} * 0.9 {other} {net}) '
    '{other} (region == "EMEA" {then} {high} {other} {low})'
)
_NET = "(amount * (1.0 - discount))"

_RHAI = (
    "let net = amount * (1.0 - discount); "
    'if stage == "won" { if net > 50_000.0 { net * 0.9 } else { net } } '
    'else if region == "EMEA" { max(net * 0.5, 100.0) } else { min(net, 1_000.0) }'
)


def _ternary(high: str, low: str) -> str:
    return _INFIX.format(then="?", other=":", net=_NET, high=high.format(net=_NET), low=low.format(net=_NET))


def _net() -> Any:
    return {"*": [{"var": "amount"}, {"-": [1.0, {"var": "discount"}]}]}


ROW: dict[str, Any] = {
    "ripplemark": _RHAI,
    "rhai": _RHAI,
    "cel": _ternary("max({net} * 0.5, 100.0)", "min({net}, 1000.0)"),
    "zen": _ternary("max([{net} * 0.5, 100.0])", "min([{net}, 1000.0])"),
    "datalogic": {
        "if": [
            {"===": [{"var": "stage"}, "won"]},
            {"if": [{">": [_net(), 50000.0]}, {"*": [_net(), 0.9]}, _net()]},
            {"===": [{"var": "region"}, "EMEA"]},
            {"max": [{"*": [_net(), 0.5]}, 100.0]},
            {"min": [_net(), 1000.0]},
        ]
    },
}


def row(amount: float, discount: float, region: str, stage: str) -> float:
    """The row formula in Python."""
    net = amount * (1.0 - discount)
    if stage == "won":
        return net * 0.9 if net > 50_000.0 else net
    return max(net * 0.5, 100.0) if region == "EMEA" else min(net, 1_000.0)


AGGREGATES = aggregates(SALES)
INPUTS = [f"a{number}" for number in range(len(AGGREGATES))]
_NAMED = dict(zip(AGGREGATES, INPUTS))
# One cell's aggregates: whatever, but none is zero.
CELL = [float(1_000 + 37 * number) for number in range(len(INPUTS))]


def infix(formula: Formula) -> str:
    """A KPI over the inputs, as Rhai, CEL, ZEN and Python read it."""
    if isinstance(formula, Agg):
        return _NAMED[formula]
    if isinstance(formula, float):
        return repr(formula)
    return f"({infix(formula.left)} {formula.op} {infix(formula.right)})"


def jsonlogic(formula: Formula) -> Any:
    """A KPI over the inputs, as JSONLogic."""
    if isinstance(formula, Agg):
        return {"var": _NAMED[formula]}
    if isinstance(formula, float):
        return formula
    assert isinstance(formula, Op)
    return {formula.op: [jsonlogic(formula.left), jsonlogic(formula.right)]}


def made() -> dict[str, Any]:
    """What the file holds."""
    names = dict(zip(INPUTS, CELL))
    return {
        "row": ROW,
        "inputs": names,
        "cell": [
            {
                "name": kpi.name,
                "infix": infix(kpi.formula),
                "jsonlogic": jsonlogic(kpi.formula),
                "value": eval(infix(kpi.formula), {"__builtins__": {}}, dict(names)),
            }
            for kpi in SALES
        ],
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(made(), indent=1) + "\n", encoding="utf-8")
    print(f"wrote {FILE}")

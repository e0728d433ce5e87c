"""Random frames against Python's own exact arithmetic: every cell, bit for bit, totals included.

The expected numbers come from `fractions` over the raw rows; nothing of ripplemark takes part in them.
"""

from __future__ import annotations

import datetime as dt
import math
import random
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pyarrow as pa
import pytest

import ripplemark as rm

BOOK = """
ripplemark: 1
book: {id: oracle, currency: EUR}
teams: {t: T}
tables:
  t:
    time: day
    columns: {g: category, h: bool, a: decimal(2), x: float, k: int, day: date}
metrics:
  - {name: rows, owner: t, agg: count}
  - {name: some, owner: t, expr: 'count_if(k > 0)'}
  - {name: a_sum, owner: t, agg: sum, expr: a}
  - {name: a_avg, owner: t, agg: average, expr: a}
  - {name: a_min, owner: t, agg: min, expr: a}
  - {name: a_max, owner: t, agg: max, expr: a, filter: 'g == "p" || h'}
  - {name: x_sum, owner: t, agg: sum, expr: x}
  - {name: x_avg, owner: t, agg: average, expr: x}
  - {name: x_min, owner: t, agg: min, expr: x}
  - {name: x_max, owner: t, agg: max, expr: x}
  - {name: k_sum, owner: t, agg: sum, expr: k, fill_nulls_with: 0}
  - {name: ak_sum, owner: t, agg: sum, expr: a * k}
  - {name: ratio, owner: t, type: ratio, numerator: a_sum, denominator: k_sum}
  - {name: share, owner: t, type: derived, expr: '1 - a_sum / ak_sum'}
  - {name: mixed, owner: t, type: derived, expr: '(x_sum + a_sum) * some / (rows + 3) - x_avg'}
"""


def total(values):
    there = [Fraction(value) for value in values if value is not None]
    return sum(there) if there else None


def mean(values):
    there = [Fraction(value) for value in values if value is not None]
    return sum(there) / len(there) if there else None


def least(values, pick=min):
    there = [Fraction(value) for value in values if value is not None]
    return pick(there) if there else None


def over(top, bottom):
    return None if top is None or bottom is None or bottom == 0 else top / bottom


def expected(rows):
    """Every metric of some rows, exactly; `None` where there is no value."""
    column = {name: [row[name] for row in rows] for name in ("a", "x", "k")}
    out = {"rows": Fraction(len(rows)), "some": Fraction(sum(1 for k in column["k"] if k is not None and k > 0))}
    out["a_sum"], out["a_avg"], out["a_min"] = total(column["a"]), mean(column["a"]), least(column["a"])
    out["a_max"] = least([row["a"] for row in rows if row["g"] == "p" or row["h"]], max)
    out["x_sum"], out["x_avg"], out["x_min"] = total(column["x"]), mean(column["x"]), least(column["x"])
    out["x_max"] = least(column["x"], max)
    out["k_sum"] = total(column["k"]) or Fraction(0)
    products = [Fraction(a) * k if a is not None and k is not None else None for a, k in zip(column["a"], column["k"])]
    out["ak_sum"] = total(products)
    out["ratio"] = over(out["a_sum"], out["k_sum"])
    quotient = over(out["a_sum"], out["ak_sum"])
    out["share"] = None if quotient is None else 1 - quotient
    if out["x_sum"] is None or out["a_sum"] is None:
        out["mixed"] = None
    else:
        out["mixed"] = (out["x_sum"] + out["a_sum"]) * out["some"] / (out["rows"] + 3) - out["x_avg"]
    return out


def number(dice, kind):
    if dice.random() < 0.12:
        return None
    if kind == "tame":
        return dice.uniform(-1000, 1000)
    if kind == "cancel":
        return dice.choice([1e16, -1e16, 1.0, -1.0, 0.1, 2.0**53, -(2.0**53), 1e-9])
    # Any finite double, subnormals too.
    while True:
        value = math.ldexp(dice.uniform(-2, 2), dice.randrange(-1080, 1000))
        if value != 0:
            return value


def frame(dice):
    kind = dice.choice(["tame", "cancel", "wild"])
    rows = []
    for _ in range(dice.choice([1, 2, 7, 40, 200])):
        rows.append(
            {
                "g": dice.choice(["p", "q", "Ü", None]),
                "h": dice.choice([True, False, None]),
                "a": None if dice.random() < 0.1 else Decimal(dice.randrange(-(10**9), 10**9)) / 100,
                "x": number(dice, kind),
                "k": None if dice.random() < 0.1 else dice.choice([0, 1, -1, dice.randrange(-(10**6), 10**6)]),
                "day": None if dice.random() < 0.05 else dt.date(2016, 12, 1) + dt.timedelta(dice.randrange(120)),
            }
        )
    return rows


SCHEMA = pa.schema(
    [
        ("g", pa.string()),
        ("h", pa.bool_()),
        ("a", pa.decimal128(20, 2)),
        ("x", pa.float64()),
        ("k", pa.int64()),
        ("day", pa.date32()),
    ]
)

BOOK_READ = rm.loads(BOOK, "oracle.yaml")


@pytest.mark.parametrize("seed", range(60))
def test_every_cell(seed):
    dice = random.Random(seed)
    rows = frame(dice)
    by = dice.choice([[], ["g"], ["h", "g"]])
    grain = dice.choice([None, "month"])
    table = pa.Table.from_pylist(rows, SCHEMA)
    source = dice.choice([table, pl.DataFrame(table), table.to_batches(max_chunksize=3)])
    result = BOOK_READ.evaluate(t=source, by=by, grain=grain, totals=True)
    placed = [row for row in rows if grain is None or row["day"] is not None]
    for cell in result:
        inside = [row for row in placed if all(belongs(row, axis, value) for axis, value in cell.at.items())]
        want = expected(inside)[cell.metric]
        where = f"seed {seed}, {cell.metric} at {cell.at}"
        if want is None:
            assert cell.value is None and cell.reasons, where
            continue
        try:
            nearest = float(want)
        except OverflowError:
            assert cell.reasons == ("overflow",), where
            continue
        assert cell.value is not None, f"{where}: {cell.reasons}"
        assert cell.value.hex() == nearest.hex(), where
        if cell.exact is not None:
            assert Fraction(cell.exact) == want, where
    groups = set()
    for depth in range(len(by) + 1):
        for axes in ([*by[:depth], grain] if grain else None, by[:depth]):
            if axes is not None:
                groups |= {(depth, bool(grain in axes), tuple(key(row, axis) for axis in axes)) for row in placed}
    # Every group of every level is there; the total is there even without rows.
    assert len(result) == max(len(groups), 1) * len(result.metrics)


def belongs(row, axis, value):
    return key(row, axis) == value


def key(row, axis):
    return row["day"].replace(day=1) if axis == "month" else row[axis]

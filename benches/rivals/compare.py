"""Two engines' results for the same work: equal counts, and equal numbers up to what adding floats loses."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .kpis import ROWS, Agg
from .work import Work

TOLERANCE = 1e-9


class Different(AssertionError):
    """The results differ; says where."""


def canonical(table: pa.Table, work: Work) -> pa.Table:
    """Rows in the order of their keys, keys as text and days, values as doubles; what is no number is missing."""
    columns = {}
    for name in work.by:
        columns[name] = table[name].cast(pa.string())
    period = table["period"]
    if not pa.types.is_date32(period.type):
        period = period.cast(pa.timestamp("us")) if not pa.types.is_timestamp(period.type) else period
        period = pc.floor_temporal(period, unit="day").cast(pa.timestamp("us")).cast(pa.date32())
    columns["period"] = period
    for kpi in work.kpis:
        values = table[kpi.name].cast(pa.float64(), safe=False)
        values = np.array(values.to_numpy(), dtype=np.float64)
        values[~np.isfinite(values)] = np.nan
        columns[kpi.name] = pa.array(values)
    made = pa.table(columns)
    order = pc.sort_indices(made, [(name, "ascending") for name in [*work.by, "period"]])
    return made.take(order)


def check(ours: pa.Table, theirs: pa.Table, work: Work) -> float:
    """The largest relative difference between two canonical results.

    Raises `Different` if groups differ, if a count differs at all, if one side has a value where the other has none,
    or if numbers differ by more than `TOLERANCE`.
    """
    if ours.num_rows != theirs.num_rows:
        raise Different(f"{ours.num_rows} groups, and {theirs.num_rows}")
    for name in [*work.by, "period"]:
        if not ours[name].equals(theirs[name].cast(ours[name].type)):
            raise Different(f"the groups differ in {name}")
    largest = 0.0
    for kpi in work.kpis:
        a, b = ours[kpi.name].to_numpy(), theirs[kpi.name].to_numpy()
        missing = np.isnan(a)
        if not np.array_equal(missing, np.isnan(b)):
            at = int(np.flatnonzero(missing != np.isnan(b))[0])
            raise Different(f"{kpi.name} in row {at}: {a[at]}, and {b[at]}")
        a, b = a[~missing], b[~missing]
        counts = isinstance(kpi.formula, Agg) and (kpi.formula.count or kpi.formula.measure == ROWS)
        off = np.abs(a - b) / np.maximum(np.maximum(np.abs(a), np.abs(b)), 1.0)
        worst = float(off.max(initial=0.0))
        if worst > (0.0 if counts else TOLERANCE):
            at = int(off.argmax())
            raise Different(f"{kpi.name}: {a[at]!r}, and {b[at]!r}")
        largest = max(largest, worst)
    return largest

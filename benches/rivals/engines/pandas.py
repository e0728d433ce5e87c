"""pandas: a masked column for each aggregate, one groupby; text as Categorical where the data have dictionaries."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from ..kpis import COST, LIST, NET, ROWS, Agg, Formula, In, Is, Test, aggregates
from ..work import Work

STYLES = ("as written",)


def _test(frame: pd.DataFrame, tested: Test) -> pd.Series:
    column = frame[tested.column]
    if isinstance(tested, In):
        return column.isin(tested.values)
    if isinstance(tested, Is):
        return column == tested.value
    passes = column.notna()
    if tested.low is not None:
        passes &= column >= tested.low
    if tested.high is not None:
        passes &= column <= tested.high if tested.closed else column < tested.high
    return passes


def _formula(of: Formula, of_agg: dict[Agg, pd.Series]) -> pd.Series | float:
    if isinstance(of, Agg):
        return of_agg[of]
    if isinstance(of, float):
        return of
    left, right = _formula(of.left, of_agg), _formula(of.right, of_agg)
    return {"+": lambda: left + right, "-": lambda: left - right, "*": lambda: left * right, "/": lambda: left / right}[
        of.op
    ]()


class Engine:
    """What is timed are the masks, the groupby and the formulas."""

    note = ""

    def __init__(self, table: pa.Table, work: Work, amount: str, style: str, source: str, threads: int) -> None:
        self.work = work
        self.amount = amount
        self.frame = table.to_pandas()

    @staticmethod
    def version() -> str:
        """The version of the package."""
        return str(pd.__version__)

    def _column(self, agg: Agg) -> pd.Series:
        frame, cents = self.frame, self.amount == "cents"
        mask = None
        for tested in agg.tests:
            passes = _test(frame, tested)
            mask = passes if mask is None else mask & passes
        if agg.measure == ROWS:
            return mask.astype("int64") if mask is not None else pd.Series(1, index=frame.index)
        if agg.measure == NET:
            whole, divisor = (100, 10_000.0) if cents else (1, 1.0)
            values = frame["amount"] * (whole - frame["discount"]) / divisor
        elif agg.measure == LIST:
            values = frame["amount"] / (100.0 if cents else 1.0)
        elif agg.measure == COST:
            values = frame["cost"] / 100.0
        else:
            values = frame["response_hours"]
        if agg.count:
            values = values.notna()
            return (values & mask if mask is not None else values).astype("int64")
        return values.where(mask) if mask is not None else values

    def run(self) -> pd.DataFrame:
        """The work."""
        work = self.work
        period = self.frame["sold_at"].dt.to_period({"month": "M", "week": "W"}[work.grain])
        keys = [*(self.frame[name] for name in work.by), period.rename("period")]
        columns = {agg: self._column(agg) for agg in aggregates(work.kpis)}
        sums = pd.DataFrame({str(at): column for at, column in enumerate(columns.values())})
        sums = sums.groupby(keys, observed=True).sum()
        of_agg = {agg: sums[str(at)] for at, agg in enumerate(columns)}
        return pd.DataFrame({kpi.name: _formula(kpi.formula, of_agg) for kpi in work.kpis})

    def answer(self, result: pd.DataFrame) -> pa.Table:
        """One row for each group."""
        flat = result.reset_index()
        flat["period"] = flat["period"].dt.start_time
        return pa.Table.from_pandas(flat, preserve_index=False)

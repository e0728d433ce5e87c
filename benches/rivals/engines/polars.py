"""Polars, lazy and streaming; text as Enum where the data have dictionaries."""

from __future__ import annotations

import polars as pl
import pyarrow as pa

from .. import data
from ..kpis import COST, LIST, NET, ROWS, Agg, Formula, In, Is, Test, aggregates
from ..sql import row_part, categories_of, ranges_of, buckets, ends
from ..work import Work

STYLES = ("as written", "shared")
_EVERY = {"month": "1mo", "week": "1w"}


def _test(tested: Test) -> pl.Expr:
    column = pl.col(tested.column)
    if isinstance(tested, In):
        return column == tested.values[0] if len(tested.values) == 1 else column.is_in(list(tested.values))
    if isinstance(tested, Is):
        return column if tested.value else ~column
    parts = []
    if tested.low is not None:
        parts.append(column >= tested.low)
    if tested.high is not None:
        parts.append(column <= tested.high if tested.closed else column < tested.high)
    return parts[0] & parts[1] if len(parts) == 2 else parts[0]


def _all(tests: tuple[Test, ...] | list[pl.Expr]) -> pl.Expr:
    parts = [t if isinstance(t, pl.Expr) else _test(t) for t in tests]
    both = parts[0]
    for part in parts[1:]:
        both = both & part
    return both


def _measure(name: str, amount: str) -> tuple[pl.Expr, float]:
    if name == NET:
        whole = 100 if amount == "cents" else 1
        return pl.col("amount") * (whole - pl.col("discount")), 10_000.0 if amount == "cents" else 1.0
    if name == LIST:
        return pl.col("amount"), 100.0 if amount == "cents" else 1.0
    if name == COST:
        return pl.col("cost"), 100.0
    return pl.col("response_hours"), 1.0


def _aggregate(agg: Agg, amount: str) -> pl.Expr:
    if agg.measure == ROWS:
        return _all(agg.tests).sum() if agg.tests else pl.len()
    column, divisor = _measure(agg.measure, amount)
    kept = column.filter(_all(agg.tests)) if agg.tests else column
    if agg.count:
        return kept.count()
    return _divided(kept.sum(), divisor)


def _divided(total: pl.Expr, divisor: float) -> pl.Expr:
    return total if divisor == 1.0 else total.cast(pl.Float64) / divisor


def _formula(of: Formula, amount: str, named: dict[Agg, str] | None = None) -> pl.Expr:
    if isinstance(of, Agg):
        return pl.col(named[of]) if named else _aggregate(of, amount)
    if isinstance(of, float):
        return pl.lit(of)
    left, right = (
        side.cast(pl.Float64) for side in (_formula(of.left, amount, named), _formula(of.right, amount, named))
    )
    return {"+": left + right, "-": left - right, "*": left * right, "/": left / right}[of.op]


def _keys(work: Work) -> list[pl.Expr]:
    period = pl.col("sold_at").dt.truncate(_EVERY[work.grain]).alias("period")
    return [*(pl.col(name) for name in work.by), period]


def as_written(lazy: pl.LazyFrame, work: Work, amount: str) -> pl.LazyFrame:
    """One aggregation, each KPI written out."""
    selected = [_formula(kpi.formula, amount).alias(kpi.name) for kpi in work.kpis]
    return lazy.group_by(_keys(work)).agg(selected)


def framed(table: pa.Table) -> pl.DataFrame:
    """The table as a frame; dictionaries become Enums, whose values are known beforehand."""
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    enums = [
        pl.col(name).cast(pl.Enum(values))
        for name, values in data.TEXT_COLUMNS.items()
        if name in frame.columns and pa.types.is_dictionary(table.schema.field(name).type)
    ]
    return frame.with_columns(enums)


class Engine:
    """What is timed is `collect(engine="streaming")`."""

    note = ""

    def __init__(self, table: pa.Table, work: Work, amount: str, style: str, source: str, threads: int) -> None:
        if pl.thread_pool_size() != threads:
            raise RuntimeError("POLARS_MAX_THREADS has to be set before polars is loaded")
        self.amount = amount
        self.work = work
        self.lazy = framed(table).lazy()
        self.plan = as_written(self.lazy, work, amount) if style == "as written" else self._shared()

    def _shared(self) -> pl.LazyFrame:
        if self.work.name.startswith("W6"):
            return self._shared_by_ranges()
        aggs = aggregates(self.work.kpis)
        keys = [*self.work.by, "period"]
        columns = sorted({t.column for agg in aggs for t in categories_of(agg)} - set(keys))
        sums = {bare: f"m{number}" for number, bare in enumerate(dict.fromkeys(map(row_part, aggs)))}
        named = {agg: f"a{number}" for number, agg in enumerate(aggs)}
        fine = self.lazy.group_by([*_keys(self.work), *columns]).agg(
            [_aggregate(bare, self.amount).alias(name) for bare, name in sums.items()]
        )
        coarse = fine.group_by(keys).agg(
            [self._added(sums[row_part(agg)], list(map(_test, categories_of(agg)))).alias(named[agg]) for agg in aggs]
        )
        selected = [_formula(kpi.formula, self.amount, named).alias(kpi.name) for kpi in self.work.kpis]
        return coarse.select([*keys, *selected])

    @staticmethod
    def _added(column: str, tests: list[pl.Expr]) -> pl.Expr:
        return pl.col(column).filter(_all(tests)).sum() if tests else pl.col(column).sum()

    def _shared_by_ranges(self) -> pl.LazyFrame:
        keys = [*self.work.by, "period"]
        cut = ends(self.work.kpis)
        families: dict[str, list[tuple[str, Agg]]] = {"": []}
        for kpi in self.work.kpis:
            (agg,) = aggregates((kpi,))
            ranges = ranges_of(agg)
            families.setdefault(ranges[0].column if ranges else "", []).append((kpi.name, agg))
        frames = []
        for column, members in families.items():
            bare = Agg(members[0][1].measure, (), members[0][1].count)
            columns = sorted({t.column for _, agg in members for t in categories_of(agg)} - set(keys))
            more = [pl.col(name) for name in columns]
            if column:
                cuts = pl.lit(pl.Series(cut[column], dtype=pl.Float64))
                more.append(cuts.search_sorted(pl.col(column).cast(pl.Float64), side="right").alias("bucket"))
            # A missing number passes no range.
            lazy = self.lazy.filter(pl.col(column).is_not_null()) if column else self.lazy
            fine = lazy.group_by([*_keys(self.work), *more]).agg(_aggregate(bare, self.amount).alias("m"))
            selected = []
            for name, agg in members:
                tests: list[pl.Expr] = list(map(_test, categories_of(agg)))
                for side in ranges_of(agg):
                    first, last = buckets(side, cut[column])
                    tests.append(pl.col("bucket").is_between(first, last))
                selected.append(self._added("m", tests).alias(name))
            frames.append(fine.group_by(keys).agg(selected))
        joined = frames[0]
        for frame in frames[1:]:
            joined = joined.join(frame, on=keys, how="left")
        # A group all of whose numbers are missing is in the first frame alone.
        return joined.select([*keys, *(pl.col(kpi.name).fill_null(0) for kpi in self.work.kpis)])

    @staticmethod
    def version() -> str:
        """The version of the package."""
        return str(pl.__version__)

    def run(self) -> pl.DataFrame:
        """The work."""
        return self.plan.collect(engine="streaming")

    def answer(self, result: pl.DataFrame) -> pa.Table:
        """One row for each group."""
        return result.to_arrow()



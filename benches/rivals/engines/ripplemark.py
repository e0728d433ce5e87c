"""ripplemark itself, through its Python package: the book is compiled, the table fed, the result made, every time."""

from __future__ import annotations

import inspect

import numpy as np
import pyarrow as pa
import ripplemark as rm

from ..books import text
from ..work import Work

STYLES = ("as written",)


class Engine:
    """The table stays an Arrow table of Python; what is timed is `book.evaluate`."""

    def __init__(self, table: pa.Table, work: Work, amount: str, style: str, source: str, threads: int) -> None:
        self.work = work
        self.table = table
        self.book = rm.loads(text(work.name, amount), f"{work.name}.yaml")
        self.options: dict[str, object] = {}
        self.note = ""
        if "threads" in inspect.signature(self.book.evaluate).parameters:
            self.options["threads"] = threads
        elif threads > 1:
            self.note = "no setting for threads yet: one thread"

    @staticmethod
    def version() -> str:
        """The version of the package."""
        return str(rm.__version__)

    def run(self) -> rm.Result:
        """The work."""
        work = self.work
        return self.book.evaluate(sales=self.table, by=list(work.by), grain=work.grain, **self.options)

    def answer(self, result: rm.Result) -> pa.Table:
        """One row for each group, as rivals have it."""
        long = result.to_arrow()
        names = [kpi.name for kpi in self.work.kpis]
        count = len(names)
        if long["metric"].slice(0, count).to_pylist() != names or long.num_rows % count:
            raise AssertionError("the result is not group by group with all metrics in order")
        first = pa.array(np.arange(0, long.num_rows, count))
        columns = {name: long[name].take(first) for name in work_keys(self.work)}
        values = long["value"].to_numpy().reshape(-1, count)
        columns = {("period" if name == self.work.grain else name): column for name, column in columns.items()}
        return pa.table({**columns, **{name: values[:, at] for at, name in enumerate(names)}})


def work_keys(work: Work) -> list[str]:
    """The columns of the result that tell its rows apart."""
    return [*work.by, work.grain]



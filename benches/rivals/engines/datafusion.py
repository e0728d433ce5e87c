"""DataFusion over the Arrow table, which it keeps as it is: text stays dictionaries where it was."""

from __future__ import annotations

import datafusion
import pyarrow as pa

from .. import sql
from ..work import Work

STYLES = ("as written", "shared")
_BATCH = 8_192


def contextualised(table: pa.Table, threads: int) -> datafusion.SessionContext:
    """A context that has the table as `sales`."""
    config = datafusion.SessionConfig().with_target_partitions(threads).with_batch_size(_BATCH)
    context = datafusion.SessionContext(config)
    # One partition for each thread; in batches of the size it computes in, or it would copy them.
    batches = table.to_batches(max_chunksize=_BATCH)
    share = -(-len(batches) // threads)
    context.register_record_batches("sales", [batches[at : at + share] for at in range(0, len(batches), share)])
    return context


class Engine:
    """What is timed is planning the query and collecting its result."""

    note = ""

    def __init__(self, table: pa.Table, work: Work, amount: str, style: str, source: str, threads: int) -> None:
        self.context = contextualised(table, threads)
        self.query = (sql.as_written if style == "as written" else sql.shared)(work, amount)

    @staticmethod
    def version() -> str:
        """The version of the package."""
        return str(datafusion.__version__)

    def run(self) -> pa.Table:
        """The work."""
        return self.context.sql(self.query).to_arrow_table()

    def answer(self, result: pa.Table) -> pa.Table:
        """One row for each group."""
        return result

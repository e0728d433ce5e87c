"""DuckDB: over a table of its own, text as ENUM where the data have dictionaries, or over the Arrow table."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from .. import data, sql
from ..work import Work

STYLES = ("as written", "shared")
SOURCES = ("native", "arrow")


def connected(table: pa.Table, threads: int, source: str) -> duckdb.DuckDBPyConnection:
    """A connection that has the table as `sales`."""
    connection = duckdb.connect(config={"threads": threads})
    connection.register("given", table)
    if source == "arrow":
        connection.execute("CREATE VIEW sales AS SELECT * FROM given")
        return connection
    columns = []
    for name in table.column_names:
        if pa.types.is_dictionary(table.schema.field(name).type):
            values = ", ".join(f"'{value}'" for value in data.TEXT_COLUMNS[name])
            connection.execute(f"CREATE TYPE {name}_values AS ENUM ({values})")
            columns.append(f"{name}::VARCHAR::{name}_values AS {name}")
        else:
            columns.append(name)
    connection.execute(f"CREATE TABLE sales AS SELECT {', '.join(columns)} FROM given")
    connection.unregister("given")
    return connection


class Engine:
    """What is timed is the query and the fetching of its result as Arrow."""

    note = ""

    def __init__(self, table: pa.Table, work: Work, amount: str, style: str, source: str, threads: int) -> None:
        self.query = (sql.as_written if style == "as written" else sql.shared)(work, amount)
        self.connection = connected(table, threads, source)

    @staticmethod
    def version() -> str:
        """The version of the package."""
        return str(duckdb.__version__)

    def run(self) -> pa.Table:
        """The work."""
        return self.connection.sql(self.query).to_arrow_table()

    def answer(self, result: pa.Table) -> pa.Table:
        """One row for each group."""
        return result

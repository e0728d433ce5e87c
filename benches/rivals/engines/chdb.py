"""chDB (ClickHouse in the process): over a table in memory of its own, text as LowCardinality or as String."""

from __future__ import annotations

import tempfile
from pathlib import Path

import chdb
import pyarrow as pa
import pyarrow.parquet as pq
from chdb import session

from .. import data, sql
from ..work import Work

STYLES = ("as written", "shared")
_KINDS = {"double": "Float64", "int64": "Int64", "bool": "Bool", "timestamp[us]": "DateTime64(6, 'UTC')"}


class Engine:
    """What is timed is the query, its result as Arrow."""

    note = ""

    def __init__(self, table: pa.Table, work: Work, amount: str, style: str, source: str, threads: int) -> None:
        self.session = session.Session()
        # Names of KPIs may be names of columns, which standard SQL tells apart by where they stand.
        self.settings = f"SETTINGS max_threads = {threads}, prefer_column_name_to_alias = 1"
        declared = []
        for field in table.schema:
            kind = _KINDS.get(str(field.type))
            if pa.types.is_dictionary(field.type):
                kind = "LowCardinality(String)"
            elif pa.types.is_string(field.type):
                kind = "String"
            elif pa.types.is_decimal(field.type):
                kind = f"Decimal({field.type.precision}, {field.type.scale})"
            declared.append(f"{field.name} {f'Nullable({kind})' if table[field.name].null_count else kind}")
        self.session.query(f"CREATE TABLE sales ({', '.join(declared)}) ENGINE = Memory")
        with tempfile.TemporaryDirectory(dir=data.cache_folder()) as folder:
            path = Path(folder) / "sales.parquet"
            pq.write_table(table, path)
            self.session.query(f"INSERT INTO sales SELECT * FROM file('{path}', Parquet)")
        query = (sql.as_written if style == "as written" else sql.shared)(work, amount)
        self.query = f"{query}\n{self.settings}"

    @staticmethod
    def version() -> str:
        """The version of the package, and of ClickHouse."""
        return f"{chdb.__version__} ({chdb.engine_version})"

    def run(self) -> pa.Table:
        """The work."""
        result = self.session.query(self.query, "ArrowStream")
        return pa.ipc.open_stream(result.bytes()).read_all()

    def answer(self, result: pa.Table) -> pa.Table:
        """One row for each group."""
        return result

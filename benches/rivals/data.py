"""The sales fact table: made from fixed seeds, written once as Parquet, read in the forms that are compared.

The generator uses whole numbers alone (and one division), so that every machine gets the same bytes of data; their
SHA-256 stands in every result file.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

FULL_ROWS = 20_000_000
QUICK_ROWS = 1_000_000
TEST_ROWS = 20_000

ORDERS = ("time", "shuffled")
TEXTS = ("dictionary", "plain")
AMOUNTS = ("float", "cents", "decimal")

REGIONS = ["ANZ", "APAC", "DACH", "EMEA", "LATAM", "NA", "NORDICS", "UKI"]
SEGMENTS = ["enterprise", "mid", "public", "smb"]
CHANNELS = ["ads", "event", "organic", "outbound", "partner", "referral"]
STAGES = ["churned", "lead", "lost", "mql", "open", "sql", "won"]
REPS = [f"rep-{number:04}" for number in range(2_000)]
TEXT_COLUMNS = {"region": REGIONS, "segment": SEGMENTS, "channel": CHANNELS, "stage": STAGES, "rep": REPS}

# Shares in hundredths: skewed, as sales data are.
_REGION_WEIGHTS = [6, 14, 9, 22, 8, 27, 5, 9]
_SEGMENT_WEIGHTS = [15, 30, 7, 48]
_CHANNEL_WEIGHTS = [25, 8, 27, 18, 10, 12]
_STAGE_WEIGHTS = [4, 34, 11, 20, 9, 13, 9]

_FIRST = np.datetime64("2023-01-01T00:00:00", "us")
_LAST = np.datetime64("2025-01-01T00:00:00", "us")
_CHUNK = 1_000_000
_SEED = 20_260_101


def _weighted(rng: np.random.Generator, rows: int, weights: list[int]) -> np.ndarray:
    codes = np.repeat(np.arange(len(weights), dtype=np.int32), weights)
    return codes[rng.integers(0, len(codes), rows)]


def _chunk(rows: int, first: int, count: int) -> dict[str, pa.Array]:
    """Rows `first` to `first + count` of a table of `rows`, in time order."""
    rng = np.random.Generator(np.random.PCG64([_SEED, first // _CHUNK]))
    # Each row has a stretch of time of its own, so that the order is that of the rows.
    span = int((_LAST - _FIRST).astype(np.int64))
    stretch = max(span // rows, 1)
    begin = (np.arange(first, first + count, dtype=np.int64) * span) // rows
    time = _FIRST.astype(np.int64) + begin + rng.integers(0, stretch, count)

    def text(values: list[str], codes: np.ndarray) -> pa.Array:
        return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(values, pa.string()))

    columns = {
        "sold_at": pa.array(time, pa.timestamp("us")),
        "region": text(REGIONS, _weighted(rng, count, _REGION_WEIGHTS)),
        "segment": text(SEGMENTS, _weighted(rng, count, _SEGMENT_WEIGHTS)),
        "channel": text(CHANNELS, _weighted(rng, count, _CHANNEL_WEIGHTS)),
        "stage": text(STAGES, _weighted(rng, count, _STAGE_WEIGHTS)),
        "rep": text(REPS, rng.integers(0, len(REPS), count).astype(np.int32)),
    }
    # A product of two uniform numbers: many small deals, few big ones; 1.00 to 100,000.00.
    cents = 100 + rng.integers(0, 3_162, count) * rng.integers(0, 3_162, count)
    columns["amount"] = pa.array(cents / 100.0)
    columns["discount"] = pa.array(rng.integers(0, 31, count) / 100.0)
    columns["cost"] = pa.array(rng.integers(0, 500_000, count))
    minutes = rng.integers(0, 5_761, count)
    columns["response_hours"] = pa.array(minutes / 60.0, mask=rng.integers(0, 20, count) == 0)
    columns["is_new"] = pa.array(rng.integers(0, 10, count) < 4)
    return columns


def generate(rows: int, order: str = "time") -> pa.Table:
    """The table, text as dictionaries, amounts as doubles."""
    if order not in ORDERS:
        raise ValueError(f"{order!r} is none of {ORDERS}")
    chunks = [
        pa.table(_chunk(rows, first, min(_CHUNK, rows - first))) for first in range(0, rows, _CHUNK)
    ]
    table = pa.concat_tables(chunks)
    if order == "shuffled":
        places = np.random.Generator(np.random.PCG64(_SEED)).permutation(rows)
        table = table.combine_chunks().take(pa.array(places))
    return table


def cache_folder() -> Path:
    """Where data files are kept: RIPPLEMARK_BENCH_CACHE, or `build/bench-data` of the repository."""
    named = os.environ.get("RIPPLEMARK_BENCH_CACHE")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "build" / "bench-data"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _written(path: Path, write) -> Path:
    # Under another name first: a run that was stopped leaves no half file behind.
    if not path.exists():
        unfinished = path.with_suffix(".unfinished")
        write(unfinished)
        unfinished.rename(path)
    return path


def parquet(rows: int, order: str = "time") -> Path:
    """The Parquet file of the table; made when it is not there."""
    path = cache_folder() / f"sales-{rows}-{order}.parquet"
    return _written(path, lambda to: pq.write_table(generate(rows, order), to, row_group_size=_CHUNK))


def made(rows: int, order: str) -> bool:
    """Whether the Parquet file of the table is there."""
    return (cache_folder() / f"sales-{rows}-{order}.parquet").exists()


def csv(rows: int, order: str = "time") -> Path:
    """The CSV file of the table; made when it is not there."""
    path = cache_folder() / f"sales-{rows}-{order}.csv"

    def write(to: Path) -> None:
        with pq.ParquetFile(parquet(rows, order)) as file:
            writer = None
            for batch in file.iter_batches():
                table = texts(pa.Table.from_batches([batch]), "plain")
                writer = writer or pa.csv.CSVWriter(to, table.schema)
                writer.write_table(table)
            if writer is not None:
                writer.close()

    return _written(path, write)


def texts(table: pa.Table, form: str) -> pa.Table:
    """The table with its text columns as dictionaries (32-bit codes) or as plain strings."""
    if form not in TEXTS:
        raise ValueError(f"{form!r} is none of {TEXTS}")
    kind = pa.dictionary(pa.int32(), pa.string()) if form == "dictionary" else pa.string()
    for name in TEXT_COLUMNS:
        if name in table.column_names:
            table = table.set_column(table.column_names.index(name), name, table[name].cast(kind))
    return table


def amounts(table: pa.Table, form: str) -> pa.Table:
    """The table with `amount` and `discount` as doubles, as whole cents and percents, or as Decimal128."""
    if form not in AMOUNTS:
        raise ValueError(f"{form!r} is none of {AMOUNTS}")
    if form == "float":
        return table
    for name, digits in (("amount", 12), ("discount", 4)):
        if name in table.column_names:
            whole = pc.round(pc.multiply(table[name], 100.0)).cast(pa.int64())
            if form == "decimal":
                kind = pa.decimal128(digits, 2)
                whole = pa.chunked_array([_as_decimal(chunk, kind) for chunk in whole.chunks], kind)
            table = table.set_column(table.column_names.index(name), name, whole)
    return table


def _as_decimal(mantissas: pa.Array, kind: pa.DataType) -> pa.Array:
    """Whole numbers that are not negative and not missing, taken as the mantissas of decimals."""
    words = np.zeros((len(mantissas), 2), dtype="<i8")
    words[:, 0] = mantissas.to_numpy()
    return pa.Array.from_buffers(kind, len(mantissas), [None, pa.py_buffer(words)])


def load(rows: int, order: str, text: str, amount: str, columns: list[str] | None = None) -> pa.Table:
    """The table in memory, in the form that is asked for."""
    table = pq.read_table(parquet(rows, order), columns=columns)
    return amounts(texts(table, text), amount)


def fingerprint(rows: int, order: str) -> str:
    """SHA-256 over the values of the table, column by column."""
    digest = hashlib.sha256()
    table = pq.read_table(parquet(rows, order))
    for name in table.column_names:
        digest.update(name.encode())
        for chunk in table[name].chunks:
            if name in TEXT_COLUMNS:
                # Codes in a file are in the order of appearance; these are in the order of the list.
                chunk = pc.index_in(chunk.cast(pa.string()), pa.array(TEXT_COLUMNS[name]))
            if pa.types.is_boolean(chunk.type):
                chunk = chunk.cast(pa.uint8())
            if chunk.null_count:
                digest.update(np.asarray(chunk.is_null()).tobytes())
                chunk = chunk.fill_null(0)
            digest.update(np.ascontiguousarray(chunk.to_numpy(zero_copy_only=False)).tobytes())
    return digest.hexdigest()

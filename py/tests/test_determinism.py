"""The committed hash of tests/determinism.yaml, from every kind of frame, and in pieces that are merged in any order."""

import csv
import datetime
import decimal
import itertools
import pathlib

import pytest

import ripplemark as rm

pa = pytest.importorskip("pyarrow")

TESTS = pathlib.Path(__file__).resolve().parents[2] / "tests"
HASH = (TESTS / "determinism.sha256").read_text().strip()
FLOATS = ["amount", "discount", "wide", "tiny", "swing", "broken"]


def typed():
    """The rows as typed columns; `dirty` stays text, because some of it is no number."""
    with open(TESTS / "data" / "determinism.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    def column(name, kind, read):
        return pa.array([read(row[name]) if row[name] else None for row in rows], kind)

    def instant(text):
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))

    columns = {
        "region": column("region", pa.string(), str),
        "moment": column("moment", pa.timestamp("us", "UTC"), instant),
        "day": column("day", pa.date32(), datetime.date.fromisoformat),
        "won": column("won", pa.bool_(), lambda text: text.lower() == "true"),
        "units": column("units", pa.int64(), int),
        "price": column("price", pa.decimal128(18, 2), decimal.Decimal),
        "rate": column("rate", pa.decimal128(18, 4), decimal.Decimal),
        "dirty": column("dirty", pa.string(), str),
    }
    columns |= {name: column(name, pa.float64(), float) for name in FLOATS}
    return pa.table(columns)


@pytest.fixture(scope="module")
def book():
    return rm.load(TESTS / "determinism.yaml")


def question(book, facts):
    return book.evaluate(facts=facts, by=["region"], grain="month", totals=True)


def frames():
    table = typed()
    yield "csv", lambda: TESTS / "data" / "determinism.csv"
    yield "pyarrow", lambda: table
    yield "pyarrow batches of 7", lambda: table.to_batches(max_chunksize=7)

    def dictionaries():
        encoded = table["region"].dictionary_encode()
        return table.set_column(0, "region", encoded)

    yield "pyarrow dictionary", dictionaries

    def pandas():
        pd = pytest.importorskip("pandas")
        return table.to_pandas(types_mapper=pd.ArrowDtype)

    yield "pandas", pandas

    def pandas_nan():
        # Plain numpy floats: what is missing arrives as NaN.
        frame = pandas()
        return frame.assign(**{name: frame[name].to_numpy(dtype="float64", na_value=float("nan")) for name in FLOATS})

    yield "pandas with NaN", pandas_nan

    def polars():
        return pytest.importorskip("polars").from_arrow(table)

    yield "polars", polars

    def duckdb():
        connection = pytest.importorskip("duckdb").connect()
        connection.register("facts", table)
        return connection.sql("select * from facts order by random()")

    yield "duckdb, rows in random order", duckdb


@pytest.mark.parametrize(("name", "make"), list(frames()), ids=lambda value: value if isinstance(value, str) else "")
def test_every_frame_gives_the_committed_hash(book, name, make):
    assert question(book, make()).hash == HASH, name


def test_parts_merged_in_every_order(book):
    table = typed()
    program = book.compile(by=["region"], grain="month", totals=True)
    cuts = [0, 100, table.num_rows // 2, table.num_rows]
    states = []
    for start, end in itertools.pairwise(cuts):
        part = rm.Evaluation(program)
        part.feed("facts", table.slice(start, end - start))
        states.append(part.state_bytes())
    for order in itertools.permutations(states):
        whole = rm.Evaluation(program)
        for state in order:
            whole.merge_bytes(state)
        assert whole.finish().hash == HASH

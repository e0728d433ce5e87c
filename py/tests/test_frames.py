"""The same rows from every library give the same bits; what does not fit is refused in words."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

import ripplemark as rm
from conftest import DEAL_METRICS, LEADS, ROWS

QUESTION = {"metrics": DEAL_METRICS, "by": ["region", "vip"], "grain": "month", "totals": True}


def whole_pandas(table):
    """A pandas frame whose integers stay integers where values are missing."""
    return table.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)


def sources(table):
    connection = duckdb.connect()
    connection.register("rows_of_table", table)
    return {
        "pyarrow": table,
        "reader": table.to_reader(max_chunksize=2),
        "batch": table.combine_chunks().to_batches()[0],
        "chunks": pa.concat_tables([table.slice(4), table.slice(0, 1), table.slice(1, 3)]),
        "batches": table.to_batches(max_chunksize=1),
        "generator": (batch for batch in table.to_batches(max_chunksize=2)),
        "pandas": whole_pandas(table),
        "pandas with arrow types": table.to_pandas(types_mapper=pd.ArrowDtype),
        "pandas with an index": whole_pandas(table).set_index("deal_id", drop=False),
        "polars": pl.DataFrame(table),
        "polars in chunks": pl.concat([pl.DataFrame(table.slice(3)), pl.DataFrame(table.slice(0, 3))], rechunk=False),
        "duckdb": connection.sql("select * from rows_of_table"),
        "dict": ROWS,
        "records": table.to_pylist(),
    }


def test_every_library_gives_the_same_bits(book, table):
    hashes = {name: book.evaluate(deals=source, **QUESTION).hash for name, source in sources(table).items()}
    assert set(hashes.values()) == {hashes["pyarrow"]}, hashes
    assert book.evaluate(deals=table.slice(0, 5), **QUESTION).hash != hashes["pyarrow"]


def test_files_give_the_same_bits(book, table, tmp_path):
    expected = book.evaluate(deals=table, **QUESTION).hash
    pyarrow.parquet.write_table(table, tmp_path / "deals.parquet", row_group_size=2)
    pyarrow.csv.write_csv(table, tmp_path / "deals.csv")
    for path in (tmp_path / "deals.parquet", str(tmp_path / "deals.parquet"), tmp_path / "deals.csv"):
        assert book.evaluate(deals=path, **QUESTION).hash == expected
    for part, rows in (("a", table.slice(0, 2)), ("b", table.slice(2))):
        pyarrow.parquet.write_table(rows, tmp_path / f"{part}.parquet")
    assert book.evaluate(deals=sorted(tmp_path.glob("?.parquet")), **QUESTION).hash == expected
    mixed = [tmp_path / "a.parquet", pl.DataFrame(table.slice(2))]
    assert book.evaluate(deals=mixed, **QUESTION).hash == expected


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("nowhere.parquet", None, "there is no such file"),
        ("folder", "folder", "directory"),
        ("empty.csv", b"", "empty"),
        ("cut.parquet", b"PAR1" + b"\0" * 40, "without its end"),
        ("book.xlsx", b"PK\x03\x04" + b"\0" * 40, "Excel"),
        ("latin.csv", "Deal Stage\nGr\xfc\xdfe\n".encode("latin-1"), "UTF-8"),
    ],
)
def test_broken_files(book, tmp_path, name, kind, message):
    path = tmp_path / name
    if kind == "folder":
        path.mkdir()
    elif kind is not None:
        path.write_bytes(kind)
    with pytest.raises(rm.FileError, match=message) as caught:
        book.evaluate(metrics="won", deals=path)
    assert name in str(caught.value)


def test_paths_that_are_none(book):
    for path in ("https://example.org/deals.parquet", "a\0b.csv", "\ud800.csv", ""):
        with pytest.raises(rm.FileError):
            book.evaluate(metrics="won", deals=path)


def test_nan_and_null_are_the_same(book):
    values = [0.5, math.nan, None, 2.0]
    frames = {
        "pandas": pd.DataFrame({"score": [0.5, math.nan, math.nan, 2.0]}),
        "polars": pl.DataFrame({"score": values}),
        "polars without nulls": pl.DataFrame({"score": [0.5, math.nan, math.nan, 2.0]}),
        "pyarrow": pa.table({"score": pa.array(values)}),
    }
    results = [book.evaluate(metrics=["score_sum", "score_mean"], deals=frame) for frame in frames.values()]
    assert len({result.receipt["state"] for result in results}) == 1
    assert {result["score_mean"] for result in results} == {1.25}
    assert {result.quality[0].missing for result in results} == {2}


def test_infinity_is_a_reason_and_never_a_number(book):
    result = book.evaluate(metrics=["score_sum", "score_max"], deals=pl.DataFrame({"score": [1.0, math.inf]}))
    cell = result.cell("score_sum")
    assert cell.value is None and cell.reasons == ("invalid_input",)
    assert result.quality[0].invalid == 1


def test_categories(book, table):
    plain = book.evaluate(metrics="deals", by="region", deals=table).hash
    frame = table.to_pandas()
    frame["region"] = pd.Categorical(frame["region"], categories=["unused", "APAC", "Emea", "EMEA", "AMER"])
    assert book.evaluate(metrics="deals", by="region", deals=frame).hash == plain
    for kind in (pl.Categorical, pl.Enum(["AMER", "EMEA", "Emea", "APAC"])):
        other = pl.DataFrame(table).with_columns(pl.col("region").cast(kind))
        assert book.evaluate(metrics="deals", by="region", deals=other).hash == plain
    for kind in (pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())):
        other = table.set_column(1, "region", table["region"].cast(kind))
        assert book.evaluate(metrics="deals", by="region", deals=other).hash == plain


def test_decimals(book):
    amounts = ["100.10", "0.20", None, "9999999999.99"]
    exact = [None if amount is None else Decimal(amount) for amount in amounts]
    stages = ["Won"] * 4
    columns = [
        pa.array(exact, pa.decimal128(20, 2)),
        pa.array(exact, pa.decimal128(38, 9)),
        pa.array(exact, pa.decimal256(60, 4)),
        pa.array(amounts),
        pa.array([None if amount is None else float(amount) for amount in amounts]),
        pd.Series(exact, dtype=object),
    ]
    cells = []
    for column in columns:
        if isinstance(column, pd.Series):
            frame = pd.DataFrame({"Amount": column, "Deal Stage": stages})
        else:
            frame = pa.table({"Amount": column, "Deal Stage": stages})
        cells.append(book.evaluate(metrics="revenue", deals=frame).cell("revenue"))
    assert {cell.value.hex() for cell in cells} == {float("10000000100.29").hex()}
    assert {cell.exact for cell in cells} == {"10000000100.29"}
    third = book.evaluate(metrics="revenue", deals=pa.table({"Amount": [0.125], "Deal Stage": ["Won"]}))
    assert third.cell("revenue").reason == "invalid_input"


def test_days_and_points_in_time(book):
    naive = [dt.datetime(2017, 7, 3), None, dt.datetime(2017, 8, 1)]
    days = [None if moment is None else moment.date() for moment in naive]
    frames = [
        pa.table({"closed": pa.array(days)}),
        pa.table({"closed": pa.array(["2017-07-03", None, "2017-08-01"])}),
        pd.DataFrame({"closed": pd.Series(naive, dtype="datetime64[ns]")}),
        pd.DataFrame({"closed": pd.Series(naive, dtype="datetime64[us]")}),
        pl.DataFrame({"closed": days}),
        pl.DataFrame({"closed": naive}),
    ]
    results = [book.evaluate(metrics="deals", grain="month", deals=frame) for frame in frames]
    assert len({result.hash for result in results}) == 1
    assert results[0].value("deals", month="2017-07") == 1
    odd = book.evaluate(metrics="deals", grain="month", deals=pd.DataFrame({"closed": [pd.Timestamp("2017-07-03 01:00")]}))
    assert (odd.quality[0].column, odd.quality[0].invalid) == ("closed", 1)


def test_timestamps_of_every_unit_and_zone(book):
    moment = dt.datetime(2017, 7, 3, 22, 30, tzinfo=dt.timezone.utc)
    micros = int(moment.timestamp()) * 1_000_000
    hashes = set()
    for unit, scale in (("s", 1_000_000), ("ms", 1_000), ("us", 1), ("ns", None)):
        ticks = micros * 1000 if scale is None else micros // scale
        for zone in (None, "UTC", "Europe/Berlin"):
            column = pa.array([ticks, None], pa.int64()).cast(pa.timestamp(unit, zone))
            frame = pa.table({"touched": column})
            hashes.add(book.evaluate(metrics="age_hours", deals=frame).hash)
            hashes.add(book.evaluate(metrics="age_hours", deals=pl.DataFrame(frame)).hash)
            hashes.add(book.evaluate(metrics="age_hours", deals=frame.to_pandas()).hash)
    assert len(hashes) == 1


def test_nothing_at_all(book, table):
    empty = table.slice(0, 0)
    everything = pa.table({"Deal Stage": pa.nulls(3), "Amount": pa.nulls(3), "seats": pa.nulls(3)})
    for source in (empty, empty.to_pandas(), pl.DataFrame(empty), [], empty.to_batches()):
        result = book.evaluate(metrics=["deals", "revenue", "win_rate", "per_seat"], deals=source)
        assert result["deals"] == 0 and result["revenue"] == 0 and result["win_rate"] is None
        assert result.cell("win_rate").reason == "zero_denominator"
        assert result.rows_report[0].read == 0
    assert len(book.evaluate(metrics="deals", by="region", grain="month", deals=empty)) == 0
    nulls = book.evaluate(metrics=["deals", "seats", "won"], deals=everything)
    assert nulls["deals"] == 3 and nulls["won"] == 0 and nulls.cell("seats").reason == "empty"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"Deal Stage": ["Won"], "amuont": [1]}, "no column `Amount`.*"),
        ({"Deal Stage": [1], "Amount": [1]}, "`stage`.*expected category"),
        ({"Deal Stage": ["Won"], "Amount": [dt.date(2017, 1, 1)]}, "`amount`.*expected decimal"),
        ({"Deal Stage": ["Won"], "Amount": [[1, 2]]}, "`amount`"),
    ],
)
def test_columns_that_do_not_fit(book, columns, message):
    frame = pa.table(columns)
    for source in (frame, frame.slice(0, 0), pl.DataFrame(frame)):
        with pytest.raises(rm.DataError, match=message):
            book.evaluate(metrics="revenue", deals=source)


def test_integers_that_pandas_made_floats(book, table):
    with pytest.raises(rm.DataError, match="use `Int64`"):
        book.evaluate(metrics="seats", deals=table.to_pandas())


def test_a_column_twice(book):
    frame = pa.Table.from_arrays([pa.array(["Won"]), pa.array(["Lost"])], names=["Deal Stage", "Deal Stage"])
    with pytest.raises(rm.DataError, match="2 columns called"):
        book.evaluate(metrics="won", deals=frame)


def test_unreadable_text_is_counted_and_quoted(book):
    frame = pa.table({"Amount": ["1.00", "n/a", "2.50", "?"], "Deal Stage": ["Won"] * 4})
    result = book.evaluate(metrics="revenue", deals=frame)
    assert result.cell("revenue").reason == "invalid_input"
    report = result.quality[0]
    assert (report.column, report.invalid, report.example_row, report.example) == ("amount", 2, 1, "n/a")
    assert "n/a" in repr(result) and "n/a" in result._repr_html_()


@pytest.mark.parametrize("thing", [5, b"deals.csv", object(), 1.5, [1, 2], [["Won"]], {3}])
def test_things_that_are_no_tables(book, thing):
    with pytest.raises(rm.DataError, match="table `deals`"):
        book.evaluate(metrics="won", deals=thing)


def test_columns_instead_of_tables(book, table):
    for thing in (table["region"], table["region"].chunk(0), pl.Series([1]), pd.Series([1])):
        with pytest.raises(rm.DataError, match="table `deals`"):
            book.evaluate(metrics="won", deals=thing)


def test_lazy_frames_are_told_apart(book, table):
    class Lazy:
        def collect(self):
            raise AssertionError("nobody asked for the data")

    with pytest.raises(rm.DataError, match="collect"):
        book.evaluate(metrics="won", deals=Lazy())


def test_a_stream_can_be_read_once(book, table):
    reader = table.to_reader()
    assert book.evaluate(metrics="won", deals=reader)["won"] == 4
    try:
        again = book.evaluate(metrics="won", deals=reader)
    except rm.DataError:
        return
    assert again["won"] == 0


def test_a_stream_that_breaks_off(book, table):
    def batches():
        yield table.to_batches()[0]
        raise RuntimeError("the cable was pulled")

    reader = pa.RecordBatchReader.from_batches(table.schema, batches())
    with pytest.raises(rm.DataError, match="the cable was pulled"):
        book.evaluate(metrics="won", deals=reader)


def test_errors_of_producers_keep_their_cause(book):
    class Broken:
        def __arrow_c_stream__(self, requested_schema=None):
            raise OSError("no such share")

    class Liar:
        def __arrow_c_stream__(self, requested_schema=None):
            return 5

    with pytest.raises(rm.DataError, match="no such share") as caught:
        book.evaluate(metrics="won", deals=Broken())
    assert isinstance(caught.value.__cause__, OSError)
    with pytest.raises(rm.DataError):
        book.evaluate(metrics="won", deals=Liar())

    class Stopped:
        def __arrow_c_stream__(self, requested_schema=None):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        book.evaluate(metrics="won", deals=Stopped())


def test_damaged_arrow_data(book):
    codes = pa.array([0, 7], pa.int32())
    damaged = pa.DictionaryArray.from_arrays(codes, pa.array(["Won"]), safe=False)
    with pytest.raises(rm.DataError, match="damaged"):
        book.evaluate(metrics="won", deals=pa.table({"Deal Stage": damaged}))
    offsets = pa.py_buffer(np.array([0, 900, 3], np.int32))
    text = pa.StringArray.from_buffers(2, offsets, pa.py_buffer(b"Won"))
    with pytest.raises(rm.DataError):
        book.evaluate(metrics="won", deals=pa.table({"Deal Stage": text}))
    latin = pa.StringArray.from_buffers(1, pa.py_buffer(np.array([0, 1], np.int32)), pa.py_buffer(b"\xff"))
    with pytest.raises(rm.DataError, match="damaged"):
        book.evaluate(metrics="won", deals=pa.table({"Deal Stage": latin}))


def test_other_columns_do_no_harm(book, table):
    frame = whole_pandas(table)
    frame["notes"] = [1, "two", [3], {"four": 4}, None, b"six"]
    assert book.evaluate(deals=frame, **QUESTION).hash == book.evaluate(deals=table, **QUESTION).hash


def test_leads_beside_deals(book, table):
    result = book.evaluate(
        metrics=["won", "visits", "won_per_lead"], by="region", deals=table, leads=LEADS, totals=True
    )
    assert result.value("visits", region="EMEA") == 7
    assert result.value("won_per_lead", region="EMEA") == 1
    assert result["won_per_lead"] == 4 / 3

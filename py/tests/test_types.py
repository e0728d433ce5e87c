"""Every declared type from end to end: the same values from frames, Arrow, Parquet and CSV, and exact decimals back out.

What should come out is computed with Python's own `decimal`, `datetime` and `collections`.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

import ripplemark as rm

BOOK = """
ripplemark: 1
book: {id: types, currency: EUR}
teams: {we: We}
tables:
  t:
    time: day
    columns:
      key: id
      number: id
      kind: {type: category, allowed: [alpha, beta], values: {Beta: beta}}
      open: category
      cents: money
      fine: decimal(9)
      wide: decimal(0)
      whole: int
      share: float
      ok: bool
      day: date
      at: timestamp
    dimensions:
      size: 'if whole > 5 { "large" } else { kind ?? "unknown" }'
    bands:
      worth: {of: cents, edges: [0, 10.5], labels: [debt, little, much]}
metrics:
  - {name: rows, owner: we, of: t, agg: count}
  - {name: cash, owner: we, of: t, agg: sum, expr: cents, unit: money}
  - {name: finest, owner: we, of: t, agg: sum, expr: fine}
  - {name: widest, owner: we, of: t, agg: sum, expr: wide}
  - {name: product, owner: we, of: t, agg: sum, expr: cents * fine}
  - {name: dearest, owner: we, of: t, agg: max, expr: cents}
  - {name: whole_sum, owner: we, of: t, agg: sum, expr: whole}
  - {name: share_sum, owner: we, of: t, agg: sum, expr: share}
  - {name: mean, owner: we, of: t, agg: average, expr: cents}
  - {name: good, owner: we, of: t, expr: 'count_if(ok)'}
  - {name: early, owner: we, of: t, expr: 'count_if(at < timestamp("2017-07-01T00:00:00Z"))'}
  - {name: late, owner: we, of: t, expr: 'count_if(day >= date("2017-07-01"))'}
"""

# Two ids that a double cannot tell apart, and one that 64 bits can just hold.
KEYS = [1234567890123456788, 1234567890123456789, 9223372036854775807, None, 1234567890123456789, 7]

ROWS = {
    "key": [None if key is None else str(key) for key in KEYS],
    "number": KEYS,
    "kind": ["alpha", "Beta", "beta", None, "alpha", "beta"],
    "open": ["a", "", "é ü", None, "a", "NaN"],
    "cents": [Decimal("0.10"), Decimal("0.20"), Decimal("-7.00"), None, Decimal("90071992547409.93"), Decimal("10.50")],
    "fine": [Decimal("0.000000001"), Decimal("1.5"), Decimal("2"), Decimal("3"), None, Decimal("-0.123456789")],
    "wide": [Decimal("9" * 30), Decimal(1), None, Decimal("-" + "9" * 29), Decimal(0), Decimal(5)],
    "whole": [2**63 - 1, 2**63 - 1, 3, None, -(2**63), 6],
    "share": [0.1, 0.2, None, 0.3, 1e16, -1e16],
    "ok": [True, False, None, True, True, False],
    "day": [dt.date(2017, 6, 30), dt.date(2017, 7, 1), None, dt.date(2017, 7, 2), dt.date(1969, 12, 31), dt.date(2017, 7, 1)],
    "at": [
        dt.datetime(2017, 6, 30, 23, 59, 59, 999999),
        dt.datetime(2017, 7, 1),
        None,
        dt.datetime(2017, 7, 1, 0, 0, 0, 1),
        dt.datetime(1969, 12, 31, 23),
        dt.datetime(2017, 6, 1),
    ],
}
SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("number", pa.int64()),
        ("kind", pa.string()),
        ("open", pa.string()),
        ("cents", pa.decimal128(20, 2)),
        ("fine", pa.decimal128(38, 9)),
        ("wide", pa.decimal128(38, 0)),
        ("whole", pa.int64()),
        ("share", pa.float64()),
        ("ok", pa.bool_()),
        ("day", pa.date32()),
        ("at", pa.timestamp("us")),
    ]
)
DIMENSIONS = ["key", "number", "kind", "open", "ok", "day", "whole", "size", "worth"]


@pytest.fixture
def book():
    return rm.loads(BOOK, "types.yaml")


@pytest.fixture
def table():
    return pa.table(ROWS, schema=SCHEMA)


def known(name):
    return [value for value in ROWS[name] if value is not None]


def layouts(table):
    """The same values as other libraries and other Arrow types have them."""
    named = {field.name: i for i, field in enumerate(table.schema)}

    def with_types(**types):
        for name, ty in types.items():
            table_ = with_types.table
            with_types.table = table_.set_column(named[name], name, table_[name].cast(ty))
        return with_types.table

    def cast(**types):
        with_types.table = table
        return with_types(**types)

    dictionary = pa.dictionary(pa.int8(), pa.string())
    pandas = table.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}.get)
    return {
        "pyarrow": table,
        "polars": pl.DataFrame(table),
        "pandas": pandas,
        "pandas with arrow types": table.to_pandas(types_mapper=pd.ArrowDtype),
        "dictionaries": cast(key=dictionary, kind=dictionary, open=dictionary),
        "large and view types": cast(key=pa.large_string(), kind=pa.string_view(), open=pa.large_string()),
        "wide decimals": cast(cents=pa.decimal256(40, 4), fine=pa.decimal256(60, 12)),
        "finer decimals": cast(cents=pa.decimal128(24, 4)),
        "other times": cast(at=pa.timestamp("ns"), day=pa.date64()),
        "text": cast(
            number=pa.string(), cents=pa.string(), fine=pa.string(), wide=pa.string(), whole=pa.string(), day=pa.string()
        ),
        "records": table.to_pylist(),
    }


def test_every_layout_gives_the_same_bits(book, table, tmp_path):
    expected = book.evaluate(t=table, by=DIMENSIONS, totals=True)
    assert len(expected) > 100 and not any("invalid_input" in cell.reasons for cell in expected)
    for name, source in layouts(table).items():
        assert book.evaluate(t=source, by=DIMENSIONS, totals=True).hash == expected.hash, name
    pyarrow.parquet.write_table(table, tmp_path / "t.parquet", row_group_size=2)
    assert book.evaluate(t=tmp_path / "t.parquet", by=DIMENSIONS, totals=True).hash == expected.hash


def test_csv_reads_every_type(book, table, tmp_path):
    # An empty text and a missing one are the same in a CSV file: this one has no empty text.
    filled = table.set_column(3, "open", pa.array(["a", "b", "é ü", None, "a", "NaN"]))
    pyarrow.csv.write_csv(filled, tmp_path / "t.csv")
    from_csv = book.evaluate(t=tmp_path / "t.csv", by=DIMENSIONS, totals=True)
    assert from_csv.hash == book.evaluate(t=filled, by=DIMENSIONS, totals=True).hash


def test_values_are_those_of_python(book, table):
    result = book.evaluate(t=table)
    exact = {name: Decimal(result.cell(name).exact) for name in ("cash", "finest", "widest", "dearest", "whole_sum")}
    assert exact == {
        "cash": sum(known("cents")),
        "finest": sum(known("fine")),
        "widest": sum(map(int, known("wide"))),
        "dearest": max(known("cents")),
        "whole_sum": sum(known("whole")),
    }
    assert result["share_sum"] == 0.6000000000000001 or result["share_sum"] == 0.6
    assert result["good"] == known("ok").count(True)
    assert result["early"] == sum(at < dt.datetime(2017, 7, 1) for at in known("at"))
    assert result["late"] == sum(day >= dt.date(2017, 7, 1) for day in known("day"))
    assert {q.column: q.missing for q in result.quality} == {
        name: values.count(None) for name, values in ROWS.items() if None in values and name not in ("key", "number", "open", "kind")
    }


def test_ids_of_19_digits_stay_distinct(book, table):
    wanted = Counter(None if key is None else str(key) for key in KEYS)
    for column in ("key", "number"):
        for name, source in layouts(table).items():
            result = book.evaluate(metrics="rows", t=source, by=[column])
            assert {cell.at.get(column): cell.value for cell in result} == wanted, (column, name)
    chosen = book.evaluate(metrics="rows", t=table, filter='number == "1234567890123456789" && key == "1234567890123456789"')
    assert chosen["rows"] == 2


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table], ids=["pandas", "polars", "pyarrow"])
def test_a_float_in_an_id_column_is_an_error(book, make):
    frame = make({"number": [1.0, 2.0, float("nan")]})
    with pytest.raises(rm.DataError) as caught:
        book.evaluate(metrics="rows", t=frame, by=["number"])
    message = str(caught.value)
    for part in ("table `t`", "column `number`", "keys are text or integers", "`Int64`"):
        assert part in message, message


def test_a_closed_category_refuses_other_values(book, table):
    strange = table.set_column(2, "kind", pa.array(["alpha", "gamma", "Alpha", None, "Beta", "beta "]))
    result = book.evaluate(metrics="rows", t=strange, by=["kind"])
    assert {cell.at.get("kind"): cell.value for cell in result} == {"alpha": 1, "beta": 1, None: 1}
    assert dict(result.rows_report[0].rejected) == {"invalid_key": 3}
    quality = next(q for q in result.quality if q.column == "kind")
    assert (quality.invalid, quality.missing) == (3, 1)
    # A formula that needs the value has none either.
    assert book.evaluate(metrics="rows", t=strange, by=["size"]).quality[0].invalid == 3


def test_floats_are_taken_as_decimals_one_by_one(book):
    cents = [0.1, 0.2, 10.005, float("nan"), None, 2.0**52]
    result = book.evaluate(metrics="cash", t=pl.DataFrame({"cents": cents}))
    assert result.cell("cash").reasons == ("invalid_input",)
    assert (result.quality[0].invalid, result.quality[0].missing) == (1, 2)
    sound = book.evaluate(metrics="cash", t=pl.DataFrame({"cents": [0.1, 0.2, 4503599627370496.0]}))
    assert sound.cell("cash").exact == "4503599627370496.30"


def test_every_column_may_be_missing(book, table):
    nothing = pa.table({name: pa.nulls(3, ty) for name, ty in zip(SCHEMA.names, SCHEMA.types)})
    untyped = pa.table({name: pa.nulls(3) for name in SCHEMA.names})
    for source in (nothing, untyped, pl.DataFrame(nothing)):
        result = book.evaluate(t=source, by=DIMENSIONS)
        assert [cell.value for cell in result if cell.metric == "rows"] == [3]
        for name in ("cash", "finest", "widest", "dearest", "whole_sum", "share_sum", "mean"):
            cell = next(cell for cell in result if cell.metric == name)
            assert cell.value is None and cell.reasons == ("empty",)
        # Who has no number of employees has no size: the condition is missing.
        assert all(value is None for value in next(iter(result)).at.values())


def test_decimals_leave_as_they_are(book, table, tmp_path):
    metrics = ["rows", "cash", "finest", "dearest", "whole_sum", "mean", "share_sum"]
    result = book.evaluate(metrics=metrics, t=table, by=["worth"], totals=True)
    arrow = result.to_arrow()
    # As many digits as the finest of them.
    assert arrow.schema.field("exact_value").type == pa.decimal128(38, 9)
    pairs = list(zip(arrow["metric"].to_pylist(), arrow["exact"].to_pylist(), arrow["exact_value"].to_pylist()))
    for metric, text, value in pairs:
        whole = text is not None and "/" not in text and metric != "mean"
        assert value == (Decimal(text) if whole else None), (metric, text, value)
    total = next(value for (metric, _, value), level in zip(pairs, arrow["level"].to_pylist()) if (metric, level) == ("cash", "total"))
    assert total == sum(known("cents"))
    assert result.to_polars().schema["exact_value"] == pl.Decimal(38, 9)
    assert result.to_pandas()["exact_value"].dropna().map(type).eq(Decimal).all()
    pyarrow.parquet.write_table(arrow, tmp_path / "result.parquet")
    assert pyarrow.parquet.read_table(tmp_path / "result.parquet")["exact_value"].equals(arrow["exact_value"])
    # Where nothing is a decimal there is no such column.
    assert "exact_value" not in book.evaluate(metrics="share_sum", t=table).to_arrow().column_names
    # A result is data again: nothing is lost on the way.
    again = rm.loads(
        "{ripplemark: 1, book: {id: again}, teams: {we: We}, tables: {r: {columns: {metric: category, level: category,"
        " exact_value: decimal(9)}}}, metrics: [{name: total, owner: we, agg: sum, expr: exact_value,"
        " filter: 'metric == \"cash\" && level == \"worth\"'}]}"
    )
    assert Decimal(again.evaluate(r=arrow).cell("total").exact) == sum(known("cents"))


def test_decimals_that_do_not_fit_are_null_and_stay_in_the_text(book, table):
    arrow = book.evaluate(metrics=["widest", "finest", "product"], t=table).to_arrow()
    by_metric = dict(zip(arrow["metric"].to_pylist(), zip(arrow["exact"].to_pylist(), arrow["exact_value"].to_pylist())))
    # 30 digits before the point and 11 behind it are more than 38.
    assert by_metric["widest"] == (str(sum(map(int, known("wide")))), None)
    assert by_metric["finest"][1] == sum(known("fine"))
    products = [a * b for a, b in zip(ROWS["cents"], ROWS["fine"]) if a is not None and b is not None]
    assert by_metric["product"][1] == sum(products)


def test_rows_that_fail_can_be_left_out():
    text = """{ripplemark: 1, book: {id: errors}, teams: {we: We}, tables: {t: {columns: {a: decimal(2), b: int}}}, metrics: [
      {name: each, owner: we, agg: average, expr: a / b, on_row_error: reject}, {name: total, owner: we, agg: sum, expr: a}]}"""
    frame = pl.DataFrame({"a": ["1.00", "3.00", "x", None, "5.00"], "b": [2, 0, 1, 1, 2]})
    result = rm.loads(text).evaluate(t=frame)
    assert result.cell("each").value == 1.5 and result.cell("each").n == 2
    assert result.cell("total").reasons == ("invalid_input",)
    (errors,) = result.row_errors
    assert (errors.metric, errors.table) == ("each", "t")
    assert errors.rejected == {"zero_denominator": 1, "invalid_input": 1}
    assert result.receipt["row_errors"][0]["metric"] == "each"
    assert result.rows("each", others="row_error").to_arrow()["_why"].to_pylist().count("row_error") == 2


def test_computed_columns_are_told_apart(book, table):
    columns = {column.name: column.computed for column in book.tables[0].columns}
    assert columns["size"] and columns["worth"] and not columns["kind"]
    result = book.evaluate(metrics="rows", t=table, by=["worth"])
    assert [cell.at.get("worth") for cell in result] == ["debt", "little", "much", None]
    assert "size" not in [column.name for column in book.compile(by=["size"]).tables[0].columns]
    numbers = np.array([len(result.rows("rows", worth="much")), result.cell("rows", worth="much").value])
    assert (numbers == 2).all()

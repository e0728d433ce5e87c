"""What a result gives back: values, cells, reports, frames, and tables for people."""

from __future__ import annotations

import datetime as dt
import html.parser
import json
import math
import pickle
import struct

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import ripplemark as rm
from conftest import DEAL_METRICS


@pytest.fixture
def result(book, table) -> rm.Result:
    return book.evaluate(deals=table, metrics=DEAL_METRICS, by="region", grain="month", totals=True)


def test_values(result):
    assert result["deals"] == 5  # the sixth has no close date
    assert result["revenue"] == 108.07
    assert result.value("revenue", region="EMEA") == 100.3
    assert result.value("revenue", region="EMEA", month="2017-07") == 100.1
    assert result.value("revenue", month="2017-08") == 7.97
    assert result.value("revenue", region="APAC", month="2017-09") == 0
    assert result.value("win_rate", region="AMER") == 0
    assert result.value("deals", region=None) == 1
    assert result["score_sum"] == -1e16


def test_periods_in_every_spelling(result):
    for month in ("2017-08", "2017-08-01", "2017-08-31", dt.date(2017, 8, 15), dt.datetime(2017, 8, 1), pd.Timestamp("2017-08-01")):
        assert result.value("deals", month=month) == 2
    for month in ("2018-01", "2017-13", 2017, "2017", "August", 7.5, None):
        with pytest.raises(rm.CellError, match="month: "):
            result.value("deals", month=month)


def test_quarters_weeks_years_days(book, table):
    def value(grain, when):
        return book.evaluate(deals=table, metrics="deals", grain=grain).value("deals", **{grain: when})

    assert value("quarter", "2017-08") == value("quarter", "2017-07") == value("quarter", "2017-09-30") == 5
    assert value("year", 2017) == value("year", "2017") == value("year", "2017-12-31") == 5
    assert value("week", "2017-07-31") == value("week", "2017-08-06") == 2
    assert value("day", "2017-07-31") == 1
    for grain, when in (("quarter", "2017-10"), ("year", 2018), ("week", "2017-07"), ("day", "2017-07"), ("quarter", 2017)):
        with pytest.raises(rm.CellError):
            value(grain, when)


def test_years_that_begin_in_april(table):
    from conftest import BOOK

    book = rm.loads(BOOK.replace("timezone: UTC", "timezone: UTC, first_month_of_year: 4"))
    result = book.evaluate(deals=table, metrics="deals", grain="year")
    assert result.value("deals", year="2018-03-31") == result.value("deals", year="2017-07") == 5
    with pytest.raises(rm.CellError, match="do not begin in January"):
        result.value("deals", year=2017)


def test_cells(result):
    cell = result.cell("win_rate", region="EMEA")
    assert (cell.value, cell.exact, cell.numerator, cell.denominator, cell.n) == (1.0, "1", 2.0, 2.0, 2)
    assert (cell.unit, cell.owner, cell.level, cell.at) == ("share", "Sales", "region", {"region": "EMEA"})
    assert cell.reasons == () and cell.reason is None
    nothing = result.cell("avg_deal", region="APAC")
    assert nothing.value is None and nothing.reasons and nothing.reason == "|".join(nothing.reasons)
    assert len(list(result)) == len(result)
    first = next(iter(result))
    assert result.cell(first.metric, **first.at) == first
    for cell in result:
        assert result.cell(cell.metric, **cell.at) == cell


def test_cells_that_are_not_there(result, book, table):
    with pytest.raises(rm.CellError, match="did you mean `win_rate`"):
        result["winrate"]
    with pytest.raises(rm.CellError, match="did you mean `region`"):
        result.value("won", regoin="EMEA")
    with pytest.raises(rm.CellError, match="did you mean `EMEA`"):
        result.value("won", region="EMEAA")
    for odd in (True, "\ud800", 1.5):
        with pytest.raises(rm.CellError, match="expected text"):
            result.value("won", region=odd)
    with pytest.raises(LookupError, match="no row entered"):
        result.value("won", region="APAC", month="2017-07")
    plain = book.evaluate(deals=table, metrics="won", by="region", grain="month")
    with pytest.raises(rm.CellError, match=r"no total over month here; say month=..., or .*totals=True"):
        plain.value("won", region="EMEA")


def test_other_dimensions(book, table):
    result = book.evaluate(deals=table, metrics="deals", by=["vip", "seats", "closed", "deal_id"], totals=True)
    assert result.value("deals", vip=True) == 3
    with pytest.raises(rm.CellError):
        result.value("deals", vip=1)
    fine = result.value("deals", vip=True, seats=10, closed=dt.date(2017, 7, 3), deal_id="a1")
    assert fine == result.value("deals", vip=True, seats=10, closed="2017-07-03", deal_id="a1") == 1
    with pytest.raises(rm.CellError):
        result.value("deals", seats=2**70)
    keys = book.evaluate(deals=pa.table({"deal_id": [7, 7, 8]}), metrics="deals", by="deal_id")
    assert keys.value("deals", deal_id=7) == keys.value("deals", deal_id="7") == 2


def test_reports(result):
    rows = result.rows_report[0]
    assert (rows.table, rows.at, rows.read, rows.used, rows.rejected) == ("deals", "closed", 6, 5, {"no_time": 1})
    assert rows.watermark == dt.date(2017, 9, 30)
    missing = {report.column: report.missing for report in result.quality}
    assert missing == {"region": 1, "amount": 1, "score": 1, "seats": 1, "vip": 1, "closed": 1}
    assert result.quality == result.quality
    assert "no_time" in repr(result.rows_report)


def test_watermarks_of_points_in_time(table):
    from conftest import BOOK

    book = rm.loads(BOOK.replace("time: closed", "time: touched"))
    result = book.evaluate(deals=table, metrics="deals", grain="day")
    assert result.rows_report[0].watermark == dt.datetime(2017, 7, 3, 12, 30, tzinfo=dt.timezone.utc)


def test_receipts(result, book, table):
    receipt = result.receipt
    assert receipt["result"] == result.hash and len(receipt["state"]) == 64
    assert receipt["metrics"]["revenue"] == book.metrics["revenue"].meaning
    assert receipt["engine"] == rm.__version__
    receipt["result"] = "spoilt"
    assert result.receipt["result"] == result.hash
    again = book.evaluate(deals=table.take([5, 3, 1, 0, 2, 4]), metrics=DEAL_METRICS, by="region", grain="month", totals=True)
    assert again.receipt == result.receipt and again == result and hash(again) == hash(result)


def test_what_changed(book, table):
    ask = {"metrics": DEAL_METRICS, "by": "region", "grain": "month", "totals": True}
    old = book.evaluate(deals=table, **ask)
    same = book.evaluate(deals=table.take([5, 3, 1, 0, 2, 4]), **ask).diff(old)
    assert same.same and not same and repr(same) == "same receipt, same number"
    fewer = table.slice(1)
    new = book.evaluate(deals=fewer, **ask)
    found = new.diff(old)
    about = found.to_dict()
    assert found and not found.same and about["data"] == "changed" and about["definitions"] == []
    read = [row for row in about["rows"] if row["what"] == "read"]
    assert [(row["from"], row["to"]) for row in read] == [(str(table.num_rows), str(fewer.num_rows))]
    cells = about["values"]["changed"] + about["values"]["removed"] + about["values"]["added"]
    assert cells and all(cell["causes"] == ["data"] for cell in cells)
    assert pickle.loads(pickle.dumps(found)) == found and "<pre>" in found._repr_html_()
    with pytest.raises(TypeError, match="expected a Result"):
        new.diff("old")


def test_frames(result):
    arrow = result.to_arrow()
    assert arrow.column_names[:5] == ["metric", "level", "region", "month", "value"]
    assert arrow.num_rows == len(result)
    dicts = result.to_dicts()
    # Arrow has the decimals once more, as decimals.
    assert arrow.drop_columns("exact_value").to_pylist() == dicts
    assert result.to_polars().drop("exact_value").to_dicts() == dicts
    frame = result.to_pandas()
    assert frame["month"].dtype.kind == "M" and len(frame) == len(dicts)
    assert [None if math.isnan(value) else value for value in frame["value"]] == [row["value"] for row in dicts]
    connection = duckdb.connect()
    connection.register("result", result)
    total = connection.sql("select value from result where metric = 'revenue' and level = 'total'").fetchall()
    assert total == [(108.07,)]
    assert json.loads(arrow.schema.metadata[b"ripplemark.receipt"])["result"] == result.hash
    assert pa.schema(result).names == arrow.column_names
    assert pl.DataFrame(result).equals(result.to_polars())


def test_json(result):
    document = json.loads(result.to_json())
    assert len(document["cells"]) == len(result)
    for row, cell in zip(document["cells"], result):
        assert row["metric"] == cell.metric and row["value"] == cell.value
        if cell.value is not None:
            assert float.fromhex(cell.value.hex()) == cell.value
            assert int(row["value_bits"], 16).to_bytes(8, "big") == struct.pack(">d", cell.value)


class Reader(html.parser.HTMLParser):
    """Collects elements and texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements, self.texts, self.attributes = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.texts.append(data)


EVIL = '<script>alert("1")</script>'


def test_html_is_text_and_nothing_else(book):
    name = "\"><img src=x onerror='alert(2)'>\x1b[31m\u202e"
    frame = pa.table({"region": [EVIL, name, "&amp;"], "Amount": ["1", EVIL, "2"], "Deal Stage": ["Won"] * 3})
    result = book.evaluate(deals=frame, metrics=["deals", "revenue"], by="region")
    reader = Reader(result._repr_html_())
    assert not {"script", "img", "a", "link", "iframe"} & set(reader.elements)
    assert not [value for key, value in reader.attributes if key.startswith("on") or key in ("src", "href")]
    assert EVIL in reader.texts and "&amp;" in reader.texts
    assert "http" not in result._repr_html_() and "url(" not in result._repr_html_()
    for shown in (repr(result), result._repr_html_()):
        assert "\x1b" not in shown and "\u202e" not in shown


def test_html_and_text_have_equal_content(result):
    bundle = result._repr_mimebundle_()
    assert bundle["text/html"] == result._repr_html_() and bundle["text/plain"] == repr(result)
    texts = [text for text in Reader(bundle["text/html"]).texts if text.strip() and "{" not in text]
    assert len(texts) > 50
    for text in texts:
        assert text in bundle["text/plain"], text
    words = set(" ".join(texts).split())
    lines = [line for line in bundle["text/plain"].split("\n") if "─" not in line]
    assert set(" ".join(lines).split()) == words


def test_what_people_see(result, book, table):
    text = repr(result)
    assert "win_rate" in text and "Revenue" in text and "EUR · Finance" in text
    assert "100.0%" in text and "108.07" in text
    assert "deals: 6 rows read, 5 used, 1 rejected (no_time 1); placed by closed, latest 2017-09-30" in text
    assert "zero_denominator" in text or "empty" in text
    assert f"receipt {result.hash[:16]}" in text
    assert "missing" in text and "all" in text
    html_page = result._repr_html_()
    assert 'class="rm-total"' in html_page and "exactly 108.07" in html_page and "<i>empty</i>" in html_page
    assert result.metrics["revenue"].unit == "money[EUR]"
    single = repr(book.evaluate(deals=table, metrics=["revenue", "won"]))
    assert single.splitlines()[0].split() == ["metric", "value", "owner", "n"] and "108.07 EUR" in single


def test_marks_of_partial_periods(book, table):
    result = book.evaluate(deals=table, metrics="deals", grain="month", range=("2017-07-10", "2017-09-01"))
    flagged = [cell for cell in result if "partial_period" in cell.flags]
    assert flagged
    assert "◔ partial_period" in repr(result) and "<sup>◔</sup>" in result._repr_html_()


def test_many_rows_and_many_metrics(book):
    frame = pa.table({"deal_id": [f"d{i}" for i in range(5000)], "Amount": ["1"] * 5000, "Deal Stage": ["Won"] * 5000})
    result = book.evaluate(deals=frame, metrics=["deals", "revenue"], by="deal_id")
    assert len(result) == 10_000
    assert "… 4,976 more rows" in repr(result) and repr(result).count("\n") < 40
    assert "… 4,940 more rows" in result._repr_html_() and len(result._repr_html_()) < 60_000
    text = "\n".join(f"  - {{name: m{i}, owner: sales, of: deals, agg: count}}" for i in range(20))
    from conftest import BOOK

    many = rm.loads(BOOK.replace("saved_queries:", text + "\nsaved_queries:"))
    wide = many.evaluate(deals=frame, metrics=[f"m{i}" for i in range(20)], by="deal_id")
    assert "… 99,976 more rows" in repr(wide) and repr(wide).split("\n")[0].split() == ["deal_id", "metric", "value", "owner"]


def test_numbers_by_unit():
    from ripplemark._format import formats

    def shown(values, unit):
        form = formats(values, unit)
        return [form.full(value) for value in values]

    assert shown([0.5, 0.1234], "share") == ["50.0%", "12.3%"]
    assert shown([0.0012], "share") == ["0.12%"]
    assert shown([1234567.891, -0.5], "money[EUR]") == ["1,234,567.89 EUR", "-0.50 EUR"]
    assert shown([1234.0], "money[JPY]") == ["1,234 JPY"]
    assert shown([1.5], "money[KWD]") == ["1.500 KWD"]
    assert shown([12.0, 3.0], "days") == ["12 days", "3 days"]
    assert shown([12.5, 3.0], "days") == ["12.5 days", "3.0 days"]
    assert shown([12.25, 1 / 3], "days") == ["12.25 days", "0.33 days"]
    assert shown([0.0, 0.0], "") == ["0", "0"]
    assert shown([1e300], "") == ["1e+300"]
    assert shown([5e-324], "") == ["4.94066e-324"]
    assert shown([], "share") == []


def test_results_travel(book, table):
    frame = table.set_column(3, "Amount", pa.array(["1", "x", "2", "3", "4", "5"]))
    result = book.evaluate(deals=frame, metrics=DEAL_METRICS, by="region", grain="month", totals=True)
    again = pickle.loads(pickle.dumps(result))
    assert again == result and repr(again) == repr(result) and again.to_json() == result.to_json()
    assert again.quality == result.quality and again.quality[0] is not None

"""Drill-through: the rows behind a number are those that were counted, from every kind of data."""

from __future__ import annotations

import datetime as dt
import html.parser
import pickle

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

import ripplemark as rm
from conftest import DEAL_METRICS, ROWS

MARKS = ["_row", "_table", "_role"]


@pytest.fixture
def result(book, table) -> rm.Result:
    return book.evaluate(deals=table, metrics=DEAL_METRICS, by="region", grain="month", totals=True)


def test_every_cell_of_a_result_has_n_rows_and_comes_back_from_them(book, result):
    for cell in result:
        rows = result.rows(cell.metric, **cell.at)
        counts = rows.counts[0]
        assert counts.read == 6 == counts.counted + sum(counts.others.values())
        assert len(rows) == counts.counted == counts.listed
        base = counts.counted if counts.denominator is None else counts.denominator
        if cell.metric != "per_seat":  # derived: n is the smallest of its inputs'
            assert base == cell.n, cell
        again = book.evaluate(deals=rows, metrics=DEAL_METRICS, by="region", grain="month", totals=True)
        if base:
            assert again.cell(cell.metric, **cell.at).value == cell.value
            assert again.cell(cell.metric, **cell.at).exact == cell.exact


def test_rows_of_a_rate(result):
    rows = result.rows("win_rate", region="EMEA")
    frame = rows.to_pandas()
    assert list(frame.columns) == MARKS + list(ROWS)
    assert list(frame["_row"]) == [0, 2]
    assert list(frame["_role"]) == ["numerator|denominator"] * 2
    assert list(frame["deal_id"]) == ["a1", "a3"]
    (lost,) = result.rows("win_rate", region="AMER", month="2017-07").to_dicts()
    assert lost["_role"] == "denominator" and lost["closed"] == dt.date(2017, 7, 31)
    assert [row["deal_id"] for row in result.rows("deals", region=None).to_dicts()] == ["a4"]


def test_others_say_why(result):
    rows = result.rows("revenue", region="EMEA", month="2017-07", others=True)
    whys = {row["deal_id"]: row["_why"] for row in rows.to_dicts()}
    assert whys == {
        "a1": None,
        "a2": "other_group",
        "a3": "other_period",
        "a4": "other_group",
        "a5": "no_time",
        "a6": "other_group",
    }
    assert rows.counts[0].others == {"no_time": 1, "other_group": 3, "other_period": 1}
    some = result.rows("revenue", region="EMEA", month="2017-07", others=["no_time", "other_period"])
    assert [row["_row"] for row in some.to_dicts()] == [0, 2, 4]
    assert [row["_row"] for row in result.rows("won", region="APAC", others="condition_false").to_dicts()] == [5]
    assert len(result.rows("deals", others=True, limit=2)) == 3
    with pytest.raises(rm.QueryError, match="did you mean `other_group`"):
        result.rows("won", others="other_groups")
    for limit in (-1, True, 2.0, 2**40):
        with pytest.raises(rm.QueryError, match="limit"):
            result.rows("won", limit=limit)


def test_rows_that_failed(book, table):
    text = table.set_column(3, "Amount", pa.array(["100.10", "50.00", "0.2.0", "7.77", None, "9.99"]))
    result = book.evaluate(deals=text, metrics=["revenue"])
    assert result["revenue"] is None and result.cell("revenue").reason == "invalid_input"
    rows = result.rows("revenue", others="value_failed")
    assert rows.counts[0].failed == 1
    assert [(row["_row"], row["_why"], row["Amount"]) for row in rows.to_dicts()][-1] == (2, "value_failed", "0.2.0")


def test_every_kind_of_data(book, table, tmp_path):
    pa.parquet.write_table(table, tmp_path / "deals.parquet")
    pa.csv.write_csv(table, tmp_path / "deals.csv")
    relation = duckdb.connect().from_arrow(table)
    sources = [
        table,
        table.to_pandas(),
        pl.DataFrame(table),
        relation,
        str(tmp_path / "deals.parquet"),
        tmp_path / "deals.csv",
        [table.slice(0, 2), tmp_path / "deals.parquet"],
        table.to_pydict(),
        table.to_pylist(),
    ]
    for source in sources:
        result = book.evaluate(deals=source, metrics=["deals"], by="region")
        rows = result.rows("deals", region="AMER").to_arrow()
        assert rows.column_names == MARKS + list(ROWS), source
        expected = ["a2", "a2", "a5"] if isinstance(source, list) and len(source) == 2 else ["a2", "a5"]
        assert rows["deal_id"].to_pylist() == expected


def test_columns_that_arrow_cannot_carry_are_text(book, pandas_frame):
    pandas_frame["odd"] = [object(), 1, "two", {3}, None, [6]]
    pandas_frame.index = list("uvwxyz")
    result = book.evaluate(deals=pandas_frame, metrics=["deals"], by="region")
    rows = result.rows("deals", region="APAC").to_pandas()
    assert rows["odd"].iloc[0] == "[6]"
    assert list(rows.index) == ["z"]  # the index goes along
    assert pandas_frame["odd"].iloc[1] == 1  # and the frame is as it was


def test_data_that_are_not_at_hand(book, table):
    def pieces():
        yield table

    for source in (pieces(), table.to_reader(), iter([table])):
        result = book.evaluate(deals=source, metrics=["deals"])
        with pytest.raises(rm.DataError, match="hand them over again"):
            result.rows("deals")
        assert len(result.rows("deals", data={"deals": table})) == 6
    result = pickle.loads(pickle.dumps(book.evaluate(deals=table, metrics=["deals"])))
    with pytest.raises(rm.DataError, match="deals"):
        result.rows("deals")
    assert len(result.rows("deals", data={"deals": table})) == 6
    finished = rm.Evaluation(book.compile(metrics=["deals"])).feed("deals", table).finish()
    assert len(finished.rows("deals", data={"deals": table})) == 6


def test_other_data_than_before_are_refused(book, table):
    result = book.evaluate(deals=table, metrics=["deals"])
    with pytest.raises(rm.DataError, match="has 5 rows now, and had 6"):
        result.rows("deals", data={"deals": table.slice(1)})
    with pytest.raises(rm.DataError):
        result.rows("deals", data={"deals": table.drop_columns(["Deal Stage"]).slice(1)})


def test_wrong_cells(result):
    for metric, at in (("sales", {}), ("deals", {"reegion": "EMEA"}), ("deals", {"month": "2018-01"}), ("deals", {"region": 1.5})):
        with pytest.raises(rm.CellError):
            result.rows(metric, **at)
    assert len(result.rows("deals", region="nowhere")) == 0
    assert result.rows("deals", region="nowhere").to_arrow().column_names == MARKS + list(ROWS)


def test_two_tables(book, table, leads):
    result = book.evaluate(deals=table, leads=leads, metrics=["won_per_lead"])
    rows = result.rows("won_per_lead")
    assert rows.tables == ["deals", "leads"]
    with pytest.raises(rm.DataError, match="take one"):
        rows.to_arrow()
    assert set(rows.table("deals").to_pandas()["_role"]) == {"numerator"}
    assert set(rows.table("leads").to_pandas()["_role"]) == {"denominator"}
    assert len(rows) == len(rows.table("deals")) + len(rows.table("leads"))
    with pytest.raises(rm.QueryError):
        rows.table("orders")
    assert "leads: 3 rows read, 3 counted" in repr(rows)


def test_files_with_other_columns(book, table):
    other = table.append_column("note", pa.array(["n"] * 6))
    result = book.evaluate(deals=[table, other], metrics=["deals"])
    rows = result.rows("deals").to_arrow()
    assert rows.num_rows == 12 and rows["note"].null_count == 6
    assert pl.DataFrame(result.rows("deals")).height == 12


def test_looks(result):
    rows = result.rows("win_rate", region="EMEA", month="2017-07", others=True)
    text = repr(rows)
    assert "win_rate at region=EMEA, month=2017-07-01" in text
    assert "deals: 6 rows read, 1 counted (1 in the numerator, 1 in the denominator); not counted: " in text
    bundle = rows._repr_mimebundle_()
    assert bundle["text/plain"] == text

    class Reader(html.parser.HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.tags: "list[str]" = []

        def handle_starttag(self, tag, attributes):
            self.tags.append(tag)

    reader = Reader()
    reader.feed(bundle["text/html"])
    assert reader.tags.count("tr") == 7
    assert "0 counted" in repr(result.rows("deals", region="nowhere"))


def test_text_of_data_is_never_markup(book, table):
    nasty = "<script>alert(1)</script>\x1b[31m"
    data = table.append_column("note", pa.array([nasty] * 6))
    rows = book.evaluate(deals=data, metrics=["deals"]).rows("deals")
    assert "<script>" not in rows._repr_html_() and "\x1b" not in repr(rows)


def test_a_pandas_frame_with_a_timestamp_index(book, pandas_frame):
    pandas_frame.index = pd.date_range("2017-01-01", periods=6, name="seen_at")
    rows = book.evaluate(deals=pandas_frame, metrics=["deals"]).rows("deals")
    assert "seen_at" in rows.to_arrow().column_names

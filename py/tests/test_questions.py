"""What a question may be written as, and what is said of a wrong one."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

import ripplemark as rm


def test_dates_in_every_spelling(book):
    berlin = dt.timezone(dt.timedelta(hours=2))
    spellings = [
        ("2017-07-01", "2017-08-01"),
        [dt.date(2017, 7, 1), dt.date(2017, 8, 1)],
        (pd.Timestamp("2017-07-01"), dt.datetime(2017, 8, 1)),
    ]
    programs = {book.compile(metrics="won", range=spelling).bytes for spelling in spellings}
    assert len(programs) == 1
    points = ["2017-07-01T10:00:00Z", dt.datetime(2017, 7, 1, 12, tzinfo=berlin), pd.Timestamp("2017-07-01 10:00", tz="UTC")]
    assert len({book.compile(metrics="won", as_of=point).bytes for point in points}) == 1
    assert book.compile(metrics="won", range=(None, "2017-08-01")) != book.compile(metrics="won")


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"metrics": ["winrate"]}, "did you mean `win_rate`"),
        ({"metrics": []}, "empty"),
        ({"metrics": [1]}, "expected names"),
        ({"metrics": 7}, "expected names"),
        ({"metrics": "\ud800"}, "not Unicode"),
        ({"metrics": "won", "filter": 'region == "\udfff"'}, "not Unicode"),
        ({"metrics": "won", "as_of": "\ud800"}, "not Unicode"),
        ({"metrics": ["won", "won"]}, "twice"),
        ({"metrics": "won", "by": "regoin"}, "did you mean `region`"),
        ({"metrics": "won", "by": "amount"}, "cannot be grouped by"),
        ({"metrics": "won", "grain": "fortnight"}, "grain: .*fortnight"),
        ({"metrics": "won", "grain": 1}, "grain: expected text"),
        ({"metrics": "won", "range": ("2017-08-01", "2017-07-01")}, "range: the range is empty"),
        ({"metrics": "won", "range": "2017"}, "expected two dates"),
        ({"metrics": "won", "range": ("2017-07-01",)}, "expected two dates, got 1"),
        ({"metrics": "won", "range": (2017, 2018)}, "got int"),
        ({"metrics": "won", "as_of": "yesterday"}, "as_of: .*yesterday"),
        ({"metrics": "won", "as_of": dt.datetime(2017, 1, 1, 12)}, "no time zone"),
        ({"metrics": "won", "as_of": pd.NaT}, "as_of: expected a date"),
        ({"metrics": "won", "filter": "region"}, "no condition"),
        ({"metrics": "won", "filter": 'regoin == "EMEA"'}, "region"),
        ({"metrics": "won", "filter": 5}, "filter: expected text"),
        ({"query": "by_regoin"}, "by_region"),
    ],
)
def test_wrong_questions(book, question, message):
    with pytest.raises(rm.QueryError, match=message):
        book.compile(**question)


def test_problems_of_a_question_are_listed(book):
    with pytest.raises(rm.QueryError) as caught:
        book.compile(metrics=["winrate", "won"], by=["regoin"])
    assert [problem["code"] for problem in caught.value.diagnostics] == ["RM0301", "RM0306"]


def test_filter_and_range_and_as_of(book, table):
    def count(**question):
        return book.evaluate(deals=table, metrics="deals", **question)["deals"]

    assert count() == 6
    assert count(filter='region == "EMEA"') == 2
    assert count(range=("2017-07-01", "2017-08-01")) == 2
    assert count(range=(None, "2017-08-01")) == 2
    assert count(as_of="2017-08-01") == 3
    assert count(filter='region == "EMEA"', range=("2017-08-01", None)) == 1


def test_saved_queries(book, table):
    saved = book.evaluate(query="by_region", deals=table)
    assert saved.hash == book.evaluate(metrics=["revenue", "win_rate"], by="region", totals=True, deals=table).hash
    changed = book.evaluate(query="by_region", deals=table, metrics="revenue", totals=False)
    assert [metric.name for metric in changed.metrics] == ["revenue"] and len(changed) == 4


def test_missing_and_unknown_tables(book, table, leads):
    with pytest.raises(rm.DataError) as caught:
        book.evaluate(metrics=["won", "visits", "won_per_lead"], deals=table)
    text = str(caught.value)
    assert "table `leads` is missing" in text and "`visits`, `won_per_lead`" in text and "metrics=['won']" in text
    with pytest.raises(rm.DataError, match="no table `deal`; did you mean `deals`"):
        book.evaluate(metrics="won", deal=table)
    with pytest.raises(rm.DataError, match="did you mean `metrics`"):
        book.evaluate(metric="won", deals=table)
    with pytest.raises(rm.DataError, match="given twice"):
        book.evaluate(metrics="won", deals=table, data={"deals": table})
    with pytest.raises(rm.DataError, match="is None"):
        book.evaluate(metrics="won", deals=None)
    with pytest.raises(rm.DataError, match="expected a dict"):
        book.evaluate(metrics="won", data=table)
    both = book.evaluate(metrics=["won", "visits", "won_per_lead"], data={"deals": table}, leads=leads)
    assert both["won"] == 4 and both["visits"] == 7
    # A table of the book that the metrics do not read is not looked at.
    assert book.evaluate(metrics="won", deals=table, leads="nowhere.csv")["won"] == 4

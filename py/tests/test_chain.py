"""What moved a number, targets, findings, hand-offs, reports and charts, over a small book whose answers are
computed here once more with Python's fractions."""

from __future__ import annotations

import datetime as dt
import html
import itertools
import pickle
import subprocess
import sys
import threading
from decimal import Decimal
from fractions import Fraction

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import ripplemark as rm

BOOK = """
ripplemark: 1
book: {id: crm, version: 1.0.0, currency: EUR, timezone: UTC}
teams: {sales: Sales, marketing: Marketing, finance: Finance}
tables:
  deals:
    entity: deal
    time: closed
    columns:
      region: category
      won: int
      amount: {type: decimal(2), source: Amount}
      opened: date
      closed: date
      seen: date
metrics:
  - {name: decided, label: Decided, ring: behaviour, owner: marketing, of: deals, agg: count}
  - {name: wins, owner: sales, of: deals, agg: sum, expr: won}
  - {name: win_rate, label: Win rate, ring: conversion, owner: sales, type: ratio, unit: share, numerator: wins, denominator: decided}
  - {name: size, label: Deal size, ring: revenue, owner: finance, of: deals, unit: money, agg: average, expr: amount, filter: won == 1}
  - {name: bookings, label: "<script>alert(1)</script>", ring: revenue, owner: finance, of: deals, unit: money, agg: sum, expr: amount,
     filter: won == 1}
links:
  - {to: bookings, identity: decided * win_rate * size}
stages:
  - {id: opened, of: deals, enters: opened, owner: marketing}
  - {id: met, from: opened, enters: seen, owner: sales, sla: {within: 2d, goal: 0.9, ignored_after: 7d}, leak_value: win_rate * size}
targets:
  - {metric: bookings, goal: 4000, from: 2024-01-01, due: 2024-02-29, owner: sales,
     split: {region: {East: 0.5, West: 0.5}}, owner_by: {region: {East: sales, West: finance}}}
rules:
  - {id: low, scope: region, grain: month, severity: critical, when: 'win_rate.value < 0.5', notify: [marketing],
     say: 'win rate ${win_rate.value} in ${region}'}
saved_queries:
  - {name: monthly, metrics: [bookings, win_rate], by: [region], grain: month}
"""

# region, won, amount, opened, closed, seen
DEALS = [
    ("East", 1, "100.10", (2023, 12, 20), (2024, 1, 3), (2023, 12, 21)),
    ("East", 0, "50.00", (2023, 12, 22), (2024, 1, 9), None),
    ("West", 1, "900.90", (2024, 1, 2), (2024, 1, 20), (2024, 1, 5)),
    ("West", 1, "33.33", (2024, 1, 3), (2024, 1, 31), (2024, 1, 4)),
    ("East", 1, "210.00", (2024, 1, 10), (2024, 2, 3), (2024, 1, 30)),
    ("East", 1, "77.77", (2024, 1, 11), (2024, 2, 4), (2024, 1, 12)),
    ("East", 0, "12.00", (2024, 1, 12), (2024, 2, 10), None),
    ("West", 0, "500.00", (2024, 1, 20), (2024, 2, 20), (2024, 1, 21)),
    ("West", 0, "600.00", (2024, 1, 21), (2024, 2, 21), (2024, 1, 22)),
    ("West", 1, "1500.00", (2024, 1, 22), (2024, 2, 29), (2024, 1, 23)),
    ("West", 0, "1.00", (2024, 2, 25), (2024, 2, 29), None),
]


def day(parts):
    return None if parts is None else dt.date(*parts)


def table(rows=DEALS) -> pa.Table:
    return pa.table(
        {
            "region": [row[0] for row in rows],
            "won": [row[1] for row in rows],
            "Amount": [Decimal(row[2]) for row in rows],
            "opened": [day(row[3]) for row in rows],
            "closed": [day(row[4]) for row in rows],
            "seen": pa.array([day(row[5]) for row in rows], pa.date32()),
            "unused": [f"note {at}" for at in range(len(rows))],
        }
    )


@pytest.fixture
def book() -> rm.Book:
    return rm.loads(BOOK, "crm.yaml")


@pytest.fixture
def deals() -> pa.Table:
    return table()


@pytest.fixture
def result(book: rm.Book, deals: pa.Table) -> rm.Result:
    return book.evaluate(deals=deals, grain="month")


def drivers_of(rows):
    """Volume, rate and size as fractions."""
    won = [Fraction(row[2]) for row in rows if row[1]]
    return [Fraction(len(rows)), Fraction(len(won), len(rows)), sum(won) / len(won)]


def shapley(before, after):
    """By the definition: the mean over all orders in which the drivers may change."""
    parts = [Fraction(0)] * len(before)
    orders = list(itertools.permutations(range(len(before))))
    product = lambda values: values[0] * values[1] * values[2]
    for order in orders:
        now = list(before)
        for at in order:
            was = product(now)
            now[at] = after[at]
            parts[at] += product(now) - was
    return [part / len(orders) for part in parts]


def month(number, rows=DEALS):
    return [row for row in rows if row[4][1] == number]


def test_contributions_are_those_of_the_definition_to_the_bit(result):
    found = result.explain("bookings", at={"month": "2024-02"})
    before, after = drivers_of(month(1)), drivers_of(month(2))
    expected = shapley(before, after)
    assert [driver.contribution.exact for driver in found.drivers] == expected
    assert [driver.contribution.value for driver in found.drivers] == [float(part) for part in expected]
    assert [driver.name for driver in found.drivers] == ["decided", "win_rate", "size"]
    assert found.change.exact == sum(expected) == Fraction("1787.77") - Fraction("1034.33")
    assert found[0].before.exact == Fraction("1034.33") and found[0].after.value == 1787.77
    assert found[0].compared == ("2024-01", "2024-02")
    owners = {part.name: part.contribution.exact for part in found.by_owner}
    assert owners == {"Marketing": expected[0], "Sales": expected[1], "Finance": expected[2]}
    assert found.by_ring["conversion"].contribution.exact == expected[1]


def test_what_is_shown_adds_up(result):
    found = result.explain("bookings", digits=0)
    number = lambda figure: int(figure.shown.replace(",", "").replace("+", "").replace("−", "-").split()[0])
    assert sum(number(driver.contribution) for driver in found.drivers) == number(found.change)


def test_the_book_and_the_result_say_the_same_whatever_the_data_are(book, deals, tmp_path):
    path = tmp_path / "deals.parquet"
    pq.write_table(deals, path)
    asked = {"grain": "month", "period": "2024-02"}
    first = book.explain("bookings", deals=deals, **asked)
    for other in (
        str(path),
        deals.to_pandas(),
        pl.DataFrame(deals),
        [deals.slice(0, 4), deals.slice(4)],
        iter([deals.slice(0, 7), deals.slice(7)]),
    ):
        again = book.explain("bookings", deals=other, **asked)
        assert again.to_dict() == first.to_dict()
    with_objects = deals.to_pandas().assign(odd=[object() for _ in DEALS])
    assert book.explain("bookings", deals=with_objects, **asked).to_dict() == first.to_dict()


def test_segments_are_compared_in_all_time_or_in_one_month(book, deals):
    found = book.explain("bookings", vs={"region": "East"}, at={"region": "West"}, deals=deals)
    east, west = ([row for row in DEALS if row[0] == name] for name in ("East", "West"))
    assert [driver.contribution.exact for driver in found.drivers] == shapley(drivers_of(east), drivers_of(west))
    one = book.explain("bookings", vs={"region": "East"}, at={"region": "West", "month": "2024-02"}, deals=deals)
    assert len(one) == 1
    east, west = (month(2, rows) for rows in (east, west))
    assert [driver.contribution.exact for driver in one.drivers] == shapley(drivers_of(east), drivers_of(west))


def test_a_group_is_chosen_and_all_groups_are_listed(book, deals, result):
    west = result.explain("bookings", at={"region": "West"})
    assert [item.scope for item in west] == ["region = West"]
    rows = [row for row in DEALS if row[0] == "West"]
    assert west.change.exact == drivers_of(month(2, rows))[2] - Fraction("934.23")
    both = book.explain("bookings", grain="month", by="region", deals=deals)
    assert [item.scope for item in both] == ["region = East", "region = West"]
    with pytest.raises(rm.QueryError, match="2 explanations"):
        both.drivers
    assert both.to_pandas()["contribution"].notna().all() and len(both.to_pandas()) == 6
    saved = book.evaluate(query="monthly", deals=deals)
    assert len(saved.explain("bookings")) == 1


def test_the_target_is_compared_with_what_was_reached(book, deals, result):
    found = book.explain("bookings", vs="target", deals=deals)
    gap = book.targets(deals=deals)["bookings"].gap.exact
    assert found.change.exact == gap == sum(driver.contribution.exact for driver in found.drivers)
    saved = book.evaluate(query="monthly", filter='region == "West"', deals=deals)
    for same in (result, saved):
        assert same.explain("bookings", vs="target").to_dict() == found.to_dict()
    with pytest.raises(rm.QueryError, match="days of its own"):
        result.explain("bookings", vs="target", at={"month": "2024-01"})


def test_mix_and_rate_add_up(book, deals):
    (found,) = book.explain_mix("win_rate", "region", grain="month", deals=deals)
    parts = sum(segment.mix.exact + segment.rate.exact for segment in found.segments)
    assert parts == found.mix.exact + found.rate.exact == Fraction(3, 7) - Fraction(3, 4)
    assert found.segments.names == ["East", "West"] and "region" in repr(found)
    assert list(found.to_pandas()["name"]) == ["East", "West"]


def test_questions_that_cannot_be_answered_say_why(book, deals, result):
    with pytest.raises(rm.QueryError, match="does not say what metric `wins`"):
        result.explain("wins")
    with pytest.raises(rm.QueryError, match="no metric `bokings`|bookings"):
        result.explain("bokings")
    with pytest.raises(rm.QueryError, match="which `region` is compared"):
        result.explain("bookings", vs={"region": "East"})
    with pytest.raises(rm.QueryError, match="nothing to compare"):
        result.explain("bookings", at={"region": "North"})
    with pytest.raises(rm.QueryError, match="one dimension"):
        result.explain("bookings", vs={"region": "East", "won": 1})
    with pytest.raises(rm.QueryError, match="expected 'prior'"):
        result.explain("bookings", vs="last year")
    with pytest.raises(rm.QueryError, match="named twice"):
        result.explain("bookings", at={"month": "2024-02", "year": 2024})
    with pytest.raises(rm.QueryError, match="digits"):
        result.explain("bookings", digits=1000)
    with pytest.raises(rm.QueryError, match="grain"):
        book.explain("bookings", deals=deals)
    with pytest.raises(rm.DataError, match="no table `deal`"):
        book.explain("bookings", grain="month", deal=deals)
    with pytest.raises(rm.DataError, match="deals"):
        book.explain("bookings", grain="month")
    with pytest.raises(rm.DataError, match="Amount"):
        book.explain("bookings", grain="month", deals=deals.drop_columns(["Amount"]))
    with pytest.raises(rm.FileError, match="nowhere"):
        book.explain("bookings", grain="month", deals="nowhere.parquet")


def test_data_that_are_gone_are_asked_for(book, deals, result):
    read_once = book.evaluate(deals=iter([deals]), grain="month")
    with pytest.raises(rm.DataError, match="not at hand"):
        read_once.explain("bookings")
    there = read_once.explain("bookings", data={"deals": deals})
    back = pickle.loads(pickle.dumps(result))
    with pytest.raises(rm.DataError, match="not at hand"):
        back.report()
    assert back.explain("bookings", data={"deals": deals}).to_dict() == there.to_dict()
    loose = rm.Evaluation(book.compile(grain="month")).feed("deals", deals).finish()
    with pytest.raises(rm.QueryError, match="ask the book"):
        loose.explain("bookings")


def test_targets_have_exact_gaps_that_add_up(book, deals, result):
    found = book.targets(deals=deals)
    target = found["bookings"]
    actual = sum(Fraction(row[2]) for row in DEALS if row[1])
    assert target.actual.exact == actual and target.goal.exact == 4000
    assert target.as_of == "2024-02-29" and target.elapsed.exact == 1
    assert target.gap.exact == actual - 4000 and target.attainment.exact == actual / 4000
    assert target.status == "missed" and target.owner == "Sales"
    assert sum(gap.gap.exact for gap in target.gap_by_owner) == target.gap.exact
    assert target.gap_by_owner.names == ["Sales", "Finance"]
    assert target.parts["West"].goal.exact == 2000
    halfway = book.targets(as_of=dt.date(2024, 1, 31), deals=deals)["bookings"]
    assert halfway.elapsed.exact == Fraction(31, 60)
    assert result.targets() == found
    assert found.to_pandas().loc[0, "actual"] == float(actual)
    nothing = book.targets()["bookings"]
    assert nothing.actual.value is None and nothing.actual.reason == "no_data" and nothing.status is None


def test_findings_name_owners_and_values(book, deals, result):
    found = book.findings(deals=deals)
    (one,) = found
    assert (one.rule, one.severity, one.owner, one.watchers) == ("low", "critical", "Sales", ("Marketing",))
    assert one.scope == {"region": "West"} and one.period == "2024-02"
    assert one.message == "win rate 25.0 % in West"
    assert one.values["win_rate.value"].exact == Fraction(1, 4)
    assert found.rules["low"].looked_at == 2
    january = book.findings(period="2024-01", deals=deals)
    assert list(january) == [] and repr(january) == "no finding"
    assert book.findings(period=dt.date(2024, 1, 15), deals=deals) == january
    assert result.findings() == found
    assert list(found.to_pandas()["message"]) == [one.message]


def test_the_journey_is_a_partition_with_its_leak(book, deals, result):
    found = book.journey(deals=deals)
    (one,) = found
    as_of = dt.date(2024, 2, 25)
    waits = [(day(row[5]) - day(row[3])).days if row[5] else None for row in DEALS]
    late = sum(1 for wait in waits if wait is not None and 2 < wait <= 7)
    too_late = sum(1 for wait in waits if wait is not None and wait > 7)
    open_for = [(as_of - day(row[3])).days for row in DEALS if row[5] is None]
    pending = sum(1 for days in open_for if days <= 7)
    assert found.as_of["instant"] == as_of.isoformat()
    assert (one.entered, one.late, one.pending) == (len(DEALS), late, pending)
    assert one.ignored == too_late + len(open_for) - pending
    assert one.entered == one.accepted + one.rejected + one.ignored + one.pending + one.out_of_order
    assert one.leak == one.ignored + one.late
    assert one.leak_value.exact == one.leak * one.worth.exact
    known = drivers_of([row for row in DEALS if day(row[4]) <= as_of])
    assert one.worth.exact == known[1] * known[2]
    assert (one.owner_from, one.owner_to, one.source) == ("Marketing", "Sales", "opened")
    by_region = book.journey(by="region", grain="month", deals=deals)
    assert sum(part.entered for part in by_region) == len(DEALS)
    assert {part.scope["region"] for part in by_region} == {"East", "West"}
    assert found["met"].goal.exact == Fraction(9, 10)
    assert result.journey() == found
    assert found.to_pandas().loc[0, "leak"] == one.leak


def test_the_report_is_one_page_a_text_and_a_dict(book, deals, result, tmp_path):
    report = book.report(deals=deals, period="2024-02")
    assert report.html.startswith("<!DOCTYPE html>") and "<script" not in report.html
    assert "&lt;script&gt;alert(1)" in report.html
    about = report.to_dict()
    assert about["asked"]["period"] == "2024-02" and len(about["findings"]) == 1
    shown = {metric["name"]: metric["value"]["value"] for ring in about["rings"] for metric in ring["metrics"]}
    assert shown["bookings"] == 1787.77
    assert "win rate 25.0 % in West" in report.text
    for ending, content in ((".html", report.html), (".txt", report.text)):
        path = tmp_path / f"report{ending}"
        report.save(path)
        assert path.read_text(encoding="utf-8") == content
    report.save(tmp_path / "report.json")
    with pytest.raises(rm.FileError, match=".html"):
        report.save(tmp_path / "report.pdf")
    with pytest.raises(rm.FileError, match="cannot be written"):
        report.save(tmp_path / "missing" / "report.html")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.json", "report.txt"]
    assert result.report(period="2024-02").to_dict() == about
    assert pickle.loads(pickle.dumps(report)).html == report.html


def test_what_notebooks_show_is_safe_and_the_same_everywhere(book, deals, result):
    report = book.report(deals=deals)
    frame = report._repr_html_()
    assert frame.startswith("<iframe ") and 'sandbox=""' in frame
    assert html.unescape(frame.split('srcdoc="')[1].split('"')[0]) == report.html
    (mix,) = book.explain_mix("win_rate", "region", grain="month", deals=deals)
    explained = result.explain("bookings")
    answers = [ask(deals=deals) for ask in (book.targets, book.findings, book.journey)]
    for shown in (book, book.metrics, result, report, explained, explained[0], mix, *answers):
        bundle = shown._repr_mimebundle_()
        assert bundle["text/html"] == shown._repr_html_()
        assert bundle["text/plain"] == repr(shown) and bundle["text/plain"]
        assert "<script" not in bundle["text/html"]
    assert "&lt;script&gt;alert(1)" in explained._repr_html_()
    assert explained._repr_html_().count("background:#") == len(explained.drivers) + len(explained.by_owner)
    assert explained[0].drivers[0].contribution.shown in repr(explained)


def test_a_figure_without_a_number_says_why_and_is_false(book):
    missing = book.targets()["bookings"].gap
    assert not missing and str(missing) == "–" and missing.reason
    assert rm.Figure(0.0) and not rm.Figure(None)


def test_progress_is_told_in_bytes_of_all_files(book, deals, tmp_path):
    paths = []
    for part in range(2):
        paths.append(tmp_path / f"deals{part}.csv")
        table(DEALS[part::2]).to_pandas().to_csv(paths[-1], index=False)
    size = sum(path.stat().st_size for path in paths)
    told = []
    result = book.evaluate(deals=paths, grain="month", progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (size, size) and told == sorted(told)
    assert result == book.evaluate(deals=deals, grain="month")
    told.clear()
    book.report(deals=paths, progress=lambda done, total: told.append((done, total)))
    assert told[-1][0] == told[-1][1] >= size
    assert book.evaluate(deals=paths, grain="month", progress=True) == result
    with pytest.raises(rm.QueryError, match="progress"):
        book.evaluate(deals=paths, progress=3)


def test_a_callback_that_raises_ends_the_work(book, tmp_path):
    path = tmp_path / "deals.csv"
    rows = table().to_pandas().to_csv(index=False).split("\n", 1)
    path.write_text(rows[0] + "\n" + rows[1] * 20_000)

    class Enough(Exception):
        pass

    def stop(done, total):
        raise Enough

    threads = threading.active_count()
    for ask in (book.report, lambda **given: book.explain("bookings", grain="month", **given)):
        with pytest.raises(Enough):
            ask(deals=path, progress=stop)
    assert threading.active_count() == threads


def data_of(chart):
    (rows,) = chart.to_dict()["datasets"].values()
    return rows


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("ask", ["report", "explain", "evaluate"])
def test_ctrl_c_ends_a_question(tmp_path, ask):
    path = tmp_path / "deals.parquet"
    pq.write_table(pa.concat_tables([table(DEALS * 1000)] * 100), path)
    arguments = {"report": "", "explain": "'bookings', grain='month', ", "evaluate": "by='region', "}[ask]
    program = f"""
import os, signal, threading, time
import ripplemark as rm
book = rm.loads({BOOK!r})
began = []
def interrupt(done, total):
    if not began:
        began.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)
try:
    book.{ask}({arguments}deals={str(path)!r}, progress=interrupt)
except KeyboardInterrupt:
    print("stopped", time.monotonic() - began[0] < 5, threading.active_count())
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert run.stdout == "stopped True 1\n", run.stderr


def test_charts_hold_the_numbers(book, deals, result):
    pytest.importorskip("altair")
    chart = result.chart("win_rate")
    spec, values = chart.to_dict(), data_of(chart)
    assert [row["value"] for row in values] == [0.75, 3 / 7]
    assert spec["encoding"]["x"]["type"] == "temporal" and spec["encoding"]["y"]["axis"]["format"] == "%"
    bars = book.evaluate(metrics="bookings", by="region", totals=True, deals=deals).chart()
    assert [row["group"] for row in data_of(bars)] == ["East", "West"]
    steps = data_of(result.explain("bookings").chart())
    assert [step["step"] for step in steps] == ["2024-01", "Decided", "Win rate", "Deal size", "2024-02"]
    assert steps[1]["start"] == steps[0]["end"] == 1034.33 and steps[3]["end"] == steps[4]["end"] == 1787.77
    with pytest.raises(rm.QueryError, match="5 metrics"):
        result.chart()
    with pytest.raises(rm.CellError, match="no metric"):
        result.chart("bokings")


def test_charts_without_altair_say_what_to_install(result, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "altair", None)
    with pytest.raises(rm.Error, match=r"pip install 'ripplemark\[charts\]'"):
        result.chart("win_rate")


def test_threads_ask_at_the_same_time(book, deals):
    answers = []
    work = lambda: answers.append(book.explain("bookings", grain="month", deals=deals).to_dict())
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4 and all(answer == answers[0] for answer in answers)


def test_frames_of_pandas_come_back(result):
    assert isinstance(result.explain("bookings").to_pandas(), pd.DataFrame)

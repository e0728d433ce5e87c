"""The committed comparison with other engines: its tables, its data, its books; small, with the engines that are there.

`make test-bench` runs the whole of it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import ripplemark as rm

BENCHES = Path(__file__).resolve().parents[2] / "benches"
sys.path.insert(0, str(BENCHES))

from rivals import books, compare, contest, data, engines, filters, formulas, kpis, onecolumn, report, sql, table  # noqa: E402
from rivals.work import Form, work  # noqa: E402

ROWS = 3_000


@pytest.fixture(autouse=True, scope="module")
def cache(tmp_path_factory):
    patched = pytest.MonkeyPatch()
    patched.setenv("RIPPLEMARK_BENCH_CACHE", str(tmp_path_factory.mktemp("bench-data")))
    yield
    patched.undo()


def answer(engine, name, style="as written", order="time", text="dictionary", amount="float"):
    made = work(name)
    threads = 1
    if engine == "polars":
        threads = pytest.importorskip("polars").thread_pool_size()
    try:
        kind = engines.load(engine)
    except ImportError:
        pytest.skip(f"{engine} is not installed")
    rows = data.load(ROWS, order, text, amount, made.columns)
    runner = kind(rows, made, amount, style, "native", threads)
    return compare.canonical(runner.answer(runner.run()), made)


@pytest.mark.parametrize("page", table.PAGES, ids=lambda page: page.name)
def test_the_tables_in_the_pages_are_what_their_files_give(page):
    text = page.read_text(encoding="utf-8")
    assert "<!-- rivals: " in text
    assert table.rendered(text) == text


def test_a_table_names_the_cases_in_which_a_rival_wins():
    rival = {"engine": "duckdb", "style": "shared", "source": "native", "shown": "duckdb, shared"}
    form = {"rows": 1_000_000, "order": "time", "text": "dictionary", "amount": "float"}
    contest = {"work": "W1", "form": form, "rival_form": form, "threads": 1, "rival": rival, "ours_median": 1.0}
    contest |= {"their_median": 0.5, "ratio": 0.5}
    found = {"contests": [contest], "rows": 1_000_000, "date": "2026-01-01", "versions": {"duckdb": "2.0.0"}}
    found["machine"] = {"cpu": "a processor", "cpus": 2, "memory_gib": 8.0}
    found["built"] = {"commit": "abc", "changed_since": []}
    assert "**A rival is faster** (× below 1) in: W1, 1 thread: DuckDB shared (0.50 ×)." in table.summary(found)
    won = {**found, "contests": [{**contest, "ratio": 4.0}]}
    assert "No rival was faster" in table.summary(won)
    assert "**4.0 ×**" in table.summary(won)


def test_the_data_are_the_same_everywhere():
    assert data.fingerprint(ROWS, "time") == "be141bb982f71ac0931abf217b8d8bc7600af669d3df6b921c3712533d9217b1"
    assert data.fingerprint(ROWS, "shuffled") == "aa88ae273e91315210328682b51b89a27045747a64bc3a2009de934919be975d"


def test_the_forms_of_the_table_hold_the_same_amounts():
    floats = data.load(ROWS, "time", "dictionary", "float")
    cents = data.load(ROWS, "time", "plain", "cents")
    decimals = data.load(ROWS, "time", "plain", "decimal")
    for name in ("amount", "discount"):
        assert [round(value * 100) for value in floats[name].to_pylist()] == cents[name].to_pylist()
        assert [float(value) for value in decimals[name].to_pylist()] == floats[name].to_pylist()
    assert floats["region"].cast(pa.string()).equals(cents["region"])
    times = floats["sold_at"].to_numpy()
    assert (times[1:] > times[:-1]).all()
    missing = floats["response_hours"].null_count / ROWS
    assert 0.03 < missing < 0.07


@pytest.mark.parametrize("amount", data.AMOUNTS)
def test_the_books_have_the_kpis_of_the_list(amount):
    book = rm.loads(books.text("W1", amount))
    assert list(book.metrics.names) == [kpi.name for kpi in kpis.SALES]


def test_the_committed_filters_are_those_that_the_seed_gives():
    listed = json.loads(filters.FILE.read_text(encoding="utf-8"))
    assert listed == filters.made()
    numeric = [entry for entry in listed if any("from" in test or "below" in test for test in entry["where"])]
    assert (len(listed), len(numeric)) == (200, 100)
    assert {len(entry["where"]) for entry in listed if entry not in numeric} == {1, 2, 3}


OTHERS = [
    ("duckdb", "as written"),
    ("duckdb", "shared"),
    ("polars", "as written"),
    ("polars", "shared"),
    ("datafusion", "as written"),
    ("datafusion", "shared"),
    ("chdb", "as written"),
    ("chdb", "shared"),
    ("pandas", "as written"),
]


@pytest.fixture(scope="module", params=["W1", "W2", "W6", "W6 rows"])
def ours(request):
    return request.param, answer("ripplemark", request.param)


@pytest.mark.parametrize("engine, style", OTHERS)
def test_every_engine_gives_our_result(ours, engine, style):
    name, expected = ours
    compare.check(expected, answer(engine, name, style), work(name))


@pytest.mark.parametrize("form", [{"order": "shuffled"}, {"text": "plain"}, {"amount": "cents"}, {"amount": "decimal"}])
def test_every_form_of_the_table_gives_our_result(form):
    expected = answer("ripplemark", "W1")
    compare.check(expected, answer("ripplemark", "W1", **form), work("W1"))
    compare.check(expected, answer("duckdb", "W1", **form), work("W1"))


def changed(result, name, at, value):
    values = result[name].to_numpy().copy()
    values[at] = value
    return result.set_column(result.column_names.index(name), name, pa.array(values))


def test_a_wrong_result_is_found():
    made, right = work("W1"), answer("ripplemark", "W1")
    at = int(np.argmax(right["won"].to_numpy()))
    wrong = [
        right.slice(1),
        changed(right, "won", at, right["won"][at].as_py() + 1.0),
        changed(right, "revenue", at, right["revenue"][at].as_py() * (1.0 + 1e-8)),
        changed(right, "avg_deal", at, np.nan),
        right.set_column(0, "region", pa.array(["elsewhere"] * right.num_rows)),
    ]
    for result in wrong:
        with pytest.raises(compare.Different):
            compare.check(right, result, made)
    # The last bits are the engine's own business.
    compare.check(right, changed(right, "revenue", at, right["revenue"][at].as_py() * (1.0 + 1e-14)), made)


def test_buckets_are_the_ranges():
    ends = [1.0, 2.0, 3.0]
    for low, high in ((None, 2.0), (1.0, None), (1.0, 3.0), (2.0, 3.0)):
        first, last = sql.buckets(kpis.Range("amount", low, high), ends)
        for value in (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5):
            inside = (low is None or value >= low) and (high is None or value < high)
            bucket = sum(value >= end for end in ends)
            assert inside == (first <= bucket <= last), (low, high, value)


def test_the_committed_formulas_are_those_of_the_list():
    assert json.loads(formulas.FILE.read_text(encoding="utf-8")) == formulas.made()


@pytest.mark.parametrize("engine", ["numpy", "numexpr", "duckdb", "datafusion"])
def test_a_row_formula_gives_the_column_of_python(engine):
    pytest.importorskip(engine)
    rows = data.load(ROWS, "time", "dictionary", "float", onecolumn.COLUMNS)
    found = np.asarray(onecolumn.ENGINES[engine](rows, 1)())
    names = ("amount", "discount", "region", "stage")
    assert found.tolist() == [formulas.row(**{name: row[name] for name in names}) for row in rows.to_pylist()]


def test_a_contest_alternates_and_compares(tmp_path):
    form, answer_of_ours = Form(ROWS), tmp_path / "ours.parquet"
    with contest.Worker(contest.OURS, "W1", form, 1) as ours:
        ours.run()
        ours.answer(answer_of_ours)
        with contest.Worker(contest.OURS, "W1", Form(ROWS, order="shuffled"), 1) as rival:
            outcome = contest.contest(ours, rival, "W1", answer_of_ours, 2)
        assert (len(outcome.ours), len(outcome.theirs), outcome.difference) == (2, 2, 0.0)
        assert outcome.ratio > 0
        with contest.Worker(contest.OURS, "W1", Form(ROWS - 1), 1) as rival, pytest.raises(compare.Different):
            contest.contest(ours, rival, "W1", answer_of_ours, 2)
    with pytest.raises(contest.Failed, match="no engine|nobody"):
        contest.Worker(contest.Entry("nobody"), "W1", form, 1)


def test_the_peak_of_a_process_is_its_own():
    held = bytearray(200 << 20)
    _, small, _ = report._ran([sys.executable, "-S", "-c", "pass"], 1)
    _, large, _ = report._ran([sys.executable, "-S", "-c", "bytearray(300 << 20)"], 1)
    assert len(held) > small and 300 << 20 < large < 400 << 20
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        report._ran([sys.executable, "-S", "-c", "1 / 0"], 1)

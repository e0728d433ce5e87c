"""Programs, states and merging; processes and threads; nothing but our own errors."""

from __future__ import annotations

import copy
import multiprocessing
import os
import pickle
import random
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pyarrow as pa
import pytest

import ripplemark as rm
from conftest import BOOK, DEAL_METRICS, LEADS, ROWS

QUESTION = {"metrics": DEAL_METRICS, "by": ["region"], "grain": "month", "totals": True}


@pytest.fixture
def program(book) -> rm.Program:
    return book.compile(**QUESTION)


def test_programs(book, program):
    assert rm.Program.from_bytes(program.bytes) == program
    assert hash(rm.Program.from_bytes(bytearray(program.bytes))) == hash(program)
    assert program.metrics == DEAL_METRICS and program.dimensions == ["region"]
    table = program.tables["deals"]
    assert [column.source for column in table.columns if column.name == "stage"] == ["Deal Stage"]
    assert "touched" not in [column.name for column in table.columns]
    assert program.hash[:12] in repr(program)
    assert book.compile(**QUESTION).bytes == program.bytes
    assert book.compile(metrics="won") != program and program != 5


def test_damaged_programs(program):
    whole = program.bytes
    for wrong in (b"", b"ripple", whole[:-1], whole + b"\0", whole[:40]):
        with pytest.raises(rm.StateError):
            rm.Program.from_bytes(wrong)
    with pytest.raises(rm.StateError):
        rm.Program.from_bytes("text")
    with pytest.raises(TypeError):
        rm.Program(5)
    dice = random.Random(7)
    for _ in range(300):
        bent = bytearray(whole)
        bent[dice.randrange(len(bent))] ^= 1 << dice.randrange(8)
        try:
            bent_program = rm.Program.from_bytes(bytes(bent))
            rm.Evaluation(bent_program).feed(bent_program.tables.names[0], ROWS).finish()
        except rm.Error:
            pass


def test_pieces_merge_to_the_same_bits(book, table, program):
    whole = book.evaluate(deals=table, **QUESTION)
    parts = [rm.Evaluation(program).feed("deals", table.slice(at, 2)) for at in (4, 0, 2)]
    merged = rm.Evaluation(program)
    for part in parts:
        merged.merge(part)
    by_bytes = rm.Evaluation(program)
    for part in reversed(parts):
        by_bytes.merge_bytes(part.state_bytes())
    assert merged.state_bytes() == by_bytes.state_bytes()
    assert merged.finish().receipt == by_bytes.finish().receipt == whole.receipt
    assert merged.rows_read("deals") == 6 and "deals 6 rows" in repr(merged)
    assert merged.program == program


def test_what_cannot_be_merged(book, table, program):
    one = rm.Evaluation(program).feed("deals", table)
    before = one.state_bytes()
    with pytest.raises(rm.DataError, match="with itself"):
        one.merge(one)
    with pytest.raises(rm.StateError):
        one.merge(rm.Evaluation(book.compile(metrics="won")))
    for wrong in (b"", b"nonsense", before[:-1], before + b"\0", 5, "text"):
        with pytest.raises(rm.StateError):
            one.merge_bytes(wrong)
    with pytest.raises(TypeError):
        one.merge(before)
    with pytest.raises(TypeError):
        rm.Evaluation(program.bytes)
    assert one.state_bytes() == before
    with pytest.raises(rm.DataError, match="did you mean `deals`"):
        one.feed("deal", table)
    with pytest.raises(rm.DataError):
        one.rows_read("leads")


def test_everything_travels(program, table):
    evaluation = rm.Evaluation(program).feed("deals", table)
    for copied in (pickle.loads(pickle.dumps(evaluation)), copy.copy(evaluation)):
        copied.feed("deals", table)
        assert copied.rows_read("deals") == 12 and evaluation.rows_read("deals") == 6
        assert copied.program == program
    assert pickle.loads(pickle.dumps(program)) == program


def part(job):
    program, rows = job
    return rm.Evaluation(program).feed("deals", pa.table(ROWS).slice(*rows))


def whole(book):
    return book.evaluate(deals=ROWS, **QUESTION)


@pytest.mark.parametrize("method", ["spawn", "fork", "forkserver"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_processes(book, program, method):
    expected = whole(book)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
        parts = list(pool.map(part, [(program, (0, 3)), (program, (3, 3))]))
        result = pool.submit(whole, book).result()
    merged = rm.Evaluation(program)
    for each in parts:
        merged.merge(each)
    assert merged.finish() == expected == result


def test_threads_share_books_programs_and_evaluations(book, program, table):
    expected = whole(book)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: whole(book).hash, range(32))) == {expected.hash}
        shared = rm.Evaluation(program)
        list(pool.map(lambda at: shared.feed("deals", table.slice(at, 1)), range(6)))
        assert shared.finish() == expected
        results = list(pool.map(lambda _: expected.value("revenue", region="EMEA"), range(32)))
    assert set(results) == {100.3}


def test_merging_into_each_other_does_not_hang(program, table):
    left, right = (rm.Evaluation(program).feed("deals", table.slice(0, 1)) for _ in range(2))
    start = threading.Barrier(2)

    def merge(into, other):
        start.wait()
        for _ in range(20):
            into.merge(rm.Evaluation(program).merge(other))
            other.rows_read("deals")

    threads = [threading.Thread(target=merge, args=pair, daemon=True) for pair in ((left, right), (right, left))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive()


def test_a_producer_may_use_the_evaluation_it_feeds(program, table):
    evaluation = rm.Evaluation(program)
    seen = []

    def batches():
        for batch in table.to_batches(max_chunksize=2):
            seen.append(evaluation.rows_read("deals"))
            yield batch

    evaluation.feed("deals", pa.RecordBatchReader.from_batches(table.schema, batches()))
    assert seen == [0, 2, 4] and evaluation.rows_read("deals") == 6


def test_other_threads_run_while_one_computes(book):
    rows = 300_000
    frame = pa.table({"Amount": ["12.34"] * rows, "Deal Stage": ["Won"] * rows, "region": [f"r{i % 97}" for i in range(rows)]})
    done = threading.Event()
    worker = threading.Thread(target=lambda: (book.evaluate(deals=frame, metrics="revenue", by="region"), done.set()))
    started = time.perf_counter()
    worker.start()
    ticks = 0
    while not done.is_set():
        time.sleep(0.001)
        ticks += 1
    worker.join()
    elapsed = time.perf_counter() - started
    # A thread that held the interpreter would let this one through a handful of times.
    assert ticks > min(50, elapsed * 100)


def test_nothing_is_imported_that_is_not_used(tmp_path):
    (tmp_path / "deals.csv").write_text("Deal Stage\nWon\n")
    (tmp_path / "acme.yaml").write_text(BOOK)
    script = """
import sys
import ripplemark as rm
r = rm.load("acme.yaml").evaluate(metrics="won", deals="deals.csv")
assert r["won"] == 1 and repr(r) and r._repr_html_() and r.to_dicts() and r.to_json() and r.receipt
heavy = {"pandas", "polars", "pyarrow", "duckdb", "numpy"} & set(sys.modules)
assert not heavy, heavy
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True, env=environment)


def test_two_tables_in_one_program(book):
    program = book.compile(metrics=["won_per_lead"])
    evaluation = rm.Evaluation(program).feed("leads", LEADS).feed("deals", ROWS)
    assert evaluation.finish()["won_per_lead"] == 4 / 3

"""W4: how long one row and one cell take, from Python; and from Rust and C by the programs beside this folder.

Each engine is measured in a process of its own. Answers are compared before they are timed.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import data, engines, formulas
from .contest import limits, pinned
from .machine import ROOT

ROWS = 1_000
_PROGRAM = "program of 24 KPIs over one row"
_CELL = "24 KPI formulas on one cell"
_ROW = "row formula on one row"

Told = dict[str, Any]


def nanoseconds(call: Callable[[], Any]) -> float:
    """Median nanoseconds of a call, over batches that each take some milliseconds."""
    calls = 1
    while True:
        start = time.perf_counter()
        for _ in range(calls):
            call()
        if time.perf_counter() - start > 0.01:
            break
        calls *= 2
    times = []
    for _ in range(15):
        start = time.perf_counter()
        for _ in range(calls):
            call()
        times.append((time.perf_counter() - start) / calls * 1e9)
    return statistics.median(times)


def _timed(what: str, call: Callable[[], Any]) -> Told:
    return {"what": what, "nanoseconds": round(nanoseconds(call), 1)}


def _close(found: float, expected: float) -> None:
    if abs(found - expected) > 1e-9 * max(abs(expected), 1.0):
        raise AssertionError(f"{found!r} where {expected!r} is expected")


def _ripplemark() -> list[Told]:
    import ripplemark as rm

    from .books import text
    from .work import work

    book = rm.loads(text("W1", "float"))
    program = book.compile()
    table = data.load(ROWS, "time", "dictionary", "float", work("W1").columns).combine_chunks()
    won = [at for at, stage in enumerate(table["stage"].to_pylist()) if stage == "won"][0]
    batch = table.slice(won, 1).to_batches()[0]
    row = batch.to_pylist()[0]

    def one() -> Any:
        return rm.Evaluation(program).feed("sales", batch).finish()

    _close(one()["revenue"], row["amount"] * (1.0 - row["discount"]))
    full = rm.Evaluation(program).feed("sales", table)
    metrics = program.metrics

    def read() -> list[Any]:
        result = full.finish()
        return [result[name] for name in metrics]

    assert len(read()) == len(metrics)
    return [
        _timed(f"{_PROGRAM}: fed, finished", one),
        _timed(f"{_PROGRAM}: fed", lambda: rm.Evaluation(program).feed("sales", batch)),
        _timed(f"{_CELL}: finished, 24 values read", read),
    ]


def _row_values() -> list[dict[str, Any]]:
    columns = ["amount", "discount", "region", "stage"]
    return list(data.load(ROWS, "time", "plain", "float", columns).to_pylist())


def _rows_and_cell(
    of_row: Callable[[dict[str, Any]], float] | None, of_cell: Callable[[dict[str, float]], list[float]]
) -> list[Told]:
    told = []
    if of_row is not None:
        rows = _row_values()
        for row in rows:
            _close(of_row(row), formulas.row(**row))
        turn = 0

        def one() -> None:
            nonlocal turn
            of_row(rows[turn % len(rows)])
            turn += 1

        told.append(_timed(_ROW, one))
    listed = formulas.made()
    for found, cell in zip(of_cell(listed["inputs"]), listed["cell"], strict=True):
        _close(found, cell["value"])
    told.append(_timed(_CELL, lambda: of_cell(listed["inputs"])))
    return told


def _python() -> list[Told]:
    compiled = [compile(cell["infix"], cell["name"], "eval") for cell in formulas.made()["cell"]]
    return _rows_and_cell(
        lambda row: formulas.row(**row), lambda names: [eval(code, {"__builtins__": {}}, names) for code in compiled]
    )


def _zen() -> list[Told]:
    import zen

    row = zen.compile_expression(formulas.ROW["zen"])
    cells = [zen.compile_expression(cell["infix"]) for cell in formulas.made()["cell"]]
    return _rows_and_cell(row.evaluate, lambda names: [cell.evaluate(names) for cell in cells])


def _celpy() -> list[Told]:
    import celpy
    from celpy import celtypes

    environment = celpy.Environment()
    own = {
        "max": lambda a, b: celtypes.DoubleType(max(a, b)),
        "min": lambda a, b: celtypes.DoubleType(min(a, b)),
    }

    def program(text: str) -> Any:
        return environment.program(environment.compile(text), functions=own)

    row = program(formulas.ROW["cel"])
    cells = [program(cell["infix"]) for cell in formulas.made()["cell"]]
    return _rows_and_cell(
        lambda values: float(row.evaluate(celpy.json_to_cel(values))),
        lambda names: [float(cell.evaluate(celpy.json_to_cel(names))) for cell in cells],
    )


def _one_row_query(engine: str) -> list[Told]:
    """An engine for many rows, over one."""
    from .work import work

    made = work("W1")
    table = data.load(ROWS, "time", "dictionary", "float", made.columns).slice(0, 1)
    runner = engines.load(engine)(table, made, "float", "as written", "native", 1)
    assert runner.answer(runner.run()).num_rows == 1
    return [_timed(f"{_PROGRAM}: by region, segment and month", runner.run)]


ENGINES: dict[str, Callable[[], list[Told]]] = {
    "ripplemark": _ripplemark,
    "Python itself": _python,
    "zen-engine": _zen,
    "cel-python": _celpy,
    "duckdb": lambda: _one_row_query("duckdb"),
    "polars": lambda: _one_row_query("polars"),
    "datafusion": lambda: _one_row_query("datafusion"),
}


def _from_rust(say: Callable[[str], None]) -> list[Told]:
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "benches" / "target"))
    binary = target / "release" / "rows"
    if not binary.exists():
        say(f"W4 from Rust: skipped, there is no {binary}; `cargo build --release` in benches/rows makes it")
        return []
    told = subprocess.run([*pinned(1), str(binary)], capture_output=True, text=True, check=False)
    if told.returncode:
        say(f"W4 from Rust: {' '.join(told.stderr.splitlines()[-2:])[:300]}")
        return []
    return list(json.loads(told.stdout)["latencies"])


def _from_c(say: Callable[[str], None]) -> list[Told]:
    library = ROOT / "build" / "core-c" / "release" / "libripplemark_core.a"
    compiler = shutil.which("cc") or shutil.which("gcc")
    absent = [] if library.exists() else [str(library)]
    absent += [] if compiler else ["a C compiler"]
    if absent:
        say(f"W4 from C: skipped, there is no {', no '.join(absent)}; `make core-c` makes the library")
        return []
    import ripplemark as rm

    from .books import text

    with tempfile.TemporaryDirectory() as folder:
        program, binary = Path(folder) / "sales.rmprog", Path(folder) / "latency"
        program.write_bytes(rm.loads(text("W1", "float")).compile().bytes)
        source = ROOT / "benches" / "rows" / "latency.c"
        steps = [
            [str(compiler), "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", f"-I{ROOT / 'ffi-c/core/include'}"]
            + [str(source), str(library), "-Wl,--gc-sections", "-o", str(binary)],
            [*pinned(1), str(binary), str(program)],
        ]
        for step in steps:
            told = subprocess.run(step, capture_output=True, text=True, check=False)
            if told.returncode:
                say(f"W4 from C: {' '.join(told.stderr.splitlines()[-2:])[:300]}")
                return []
        return [json.loads(line) for line in told.stdout.splitlines()]


def measured(say: Callable[[str], None]) -> dict[str, Any]:
    """The part W4 of a result file."""
    found: list[Told] = []
    for engine in ENGINES:
        if engine != "Python itself" and not engines.installed(engine):
            say(f"W4 {engine}: skipped, it is not installed")
            continue
        child = subprocess.run(
            [*pinned(1), sys.executable, "-m", "rivals.latency", engine],
            capture_output=True,
            text=True,
            env=limits(1),
            cwd=Path(__file__).resolve().parents[1],
            check=False,
        )
        if child.returncode:
            why = " ".join(child.stderr.strip().splitlines()[-1:])[:300]
            say(f"W4 {engine}: {why}")
            found.append({"from": "Python", "engine": engine, "what": "", "why": why})
            continue
        found += [{"from": "Python", "engine": engine, **told} for told in json.loads(child.stdout.splitlines()[-1])]
    found += _from_rust(say) + _from_c(say)
    for told in found:
        if "nanoseconds" in told:
            say(f"W4 {told['from']} {told['engine']}, {told['what']}: {told['nanoseconds'] / 1000:.2f} µs")
    return {"latencies": found}


if __name__ == "__main__":
    print(json.dumps(ENGINES[sys.argv[1]]()))

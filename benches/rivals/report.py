"""W8: from a CSV or Parquet file to the 24 KPIs of W1 in a file, as a process of its own, with its peak memory.

What is timed is the whole process, from its start to its end: nobody waits for less. Of the Python rivals the seconds
inside, after their imports, are given, too.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import data, engines
from .books import text as book_text
from .contest import limits, pinned
from .machine import ROOT

_KINDS = {
    "sold_at": "TIMESTAMP",
    "amount": "DOUBLE",
    "discount": "DOUBLE",
    "cost": "BIGINT",
    "response_hours": "DOUBLE",
    "is_new": "BOOLEAN",
}


def _duckdb(path: str, to: str, threads: int) -> None:
    import duckdb

    from . import sql
    from .work import work

    connection = duckdb.connect(config={"threads": threads})
    source = f"read_parquet('{path}')"
    if path.endswith(".csv"):
        # The types are given, as the book gives them.
        kinds = {name: _KINDS.get(name, "VARCHAR") for name in _header(path)}
        source = f"read_csv('{path}', header = true, columns = {kinds})"
    query = sql.as_written(work("W1"), "float", source)
    connection.execute(f"COPY ({query}) TO '{to}' (HEADER)")


def _header(path: str) -> list[str]:
    with open(path, encoding="utf-8") as file:
        return [name.strip('"') for name in file.readline().strip().split(",")]


def _polars(path: str, to: str, threads: int) -> None:
    import polars as pl

    from .engines.polars import as_written
    from .work import work

    lazy = pl.scan_parquet(path)
    if path.endswith(".csv"):
        kinds = {"TIMESTAMP": pl.Datetime("us"), "DOUBLE": pl.Float64, "BIGINT": pl.Int64, "BOOLEAN": pl.Boolean}
        schema = {name: kinds[_KINDS[name]] if name in _KINDS else pl.String for name in _header(path)}
        lazy = pl.scan_csv(path, schema=schema)
    as_written(lazy, work("W1"), "float").collect(engine="streaming").write_csv(to)


_INSIDE: dict[str, Callable[[str, str, int], None]] = {"duckdb": _duckdb, "polars": _polars}


def binary() -> Path:
    """The program `ripplemark`: RIPPLEMARK_CLI, or that of the release build."""
    named = os.environ.get("RIPPLEMARK_CLI")
    target = os.environ.get("CARGO_TARGET_DIR")
    return Path(named) if named else (Path(target) if target else ROOT / "target") / "release" / "ripplemark"


# A process begins with the peak memory of the one that started it, so a small one has to stand between. Says seconds,
# bytes at most, and how the command ended.
_LAUNCHER = """
import os, sys, time
start = time.perf_counter()
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, used = os.wait4(child, 0)
seconds = time.perf_counter() - start
with open(sys.argv[1], "w") as file:
    file.write(f"{seconds} {used.ru_maxrss * 1024} {os.waitstatus_to_exitcode(status)}")
"""


def _ran(command: list[str], threads: int) -> tuple[float, int, dict[str, Any]]:
    """Seconds, peak bytes of memory, and what the process said as JSON."""
    with tempfile.NamedTemporaryFile("r", encoding="ascii") as told:
        process = subprocess.run(
            [*pinned(threads), sys.executable, "-I", "-S", "-c", _LAUNCHER, told.name, *command],
            capture_output=True,
            text=True,
            env=limits(threads),
            cwd=Path(__file__).resolve().parents[1],
            check=False,
        )
        seconds, peak, code = (told.read() or "0 0 1").split()
    if int(code):
        raise RuntimeError(" ".join(process.stderr.splitlines()[-1:])[:300] or f"ended with {code}")
    said = process.stdout.strip()
    return float(seconds), int(peak), json.loads(said) if said.startswith("{") else {}


def _command(engine: str, verb: str, path: Path, book: Path, to: Path, threads: int) -> list[str]:
    if engine == "ripplemark":
        asked = [str(binary()), verb, str(book), "--table", f"sales={path}"]
        if verb == "eval":
            return [*asked, "--query", "w1", "--format", "csv", "-o", str(to)]
        return [*asked, "-o", str(to.with_suffix(".html"))]
    return [sys.executable, "-m", "rivals.report", engine, str(path), str(to), str(threads)]


def _answered(engine: str, to: Path) -> float:
    """The revenue of all groups: enough to see that they computed the same."""
    import pyarrow.compute as pc
    import pyarrow.csv

    table = pyarrow.csv.read_csv(to)
    if engine == "ripplemark":
        return float(pc.sum(table.filter(pc.field("metric") == "revenue")["value"]).as_py())
    return float(pc.sum(table["revenue"]).as_py())


def measured(rows: int, rounds: int, say: Callable[[str], None]) -> dict[str, Any]:
    """The part W8 of a result file."""
    if not binary().exists():
        say(f"W8: skipped, there is no {binary()}; `cargo build --release -p ripplemark-cli` makes it")
        return {"skipped": "the program `ripplemark` is not built"}
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder) / "sales.yaml"
        book.write_text(book_text("W1", "float"), encoding="utf-8")
        # A CSV file is read a tenth as fast as a Parquet file; a quarter of the rows says as much.
        for path, count in ((data.parquet(rows), rows), (data.csv(max(rows // 4, 1)), max(rows // 4, 1))):
            kind = path.suffix[1:]
            asked = [("ripplemark", "eval"), ("duckdb", "eval"), ("polars", "eval"), ("ripplemark", "report")]
            times: dict[tuple[str, str], list[tuple[float, int, dict[str, Any]]]] = {}
            totals: dict[str, float] = {}
            for engine, verb in asked * rounds:
                if not engines.installed(engine):
                    continue
                to = Path(folder) / f"{engine}.csv"
                try:
                    ran = _ran(_command(engine, verb, path, book, to, 1), 1)
                except (RuntimeError, ValueError) as failure:
                    say(f"W8 {kind} {engine} {verb}: {failure}")
                    continue
                times.setdefault((engine, verb), []).append(ran)
                if verb == "eval":
                    totals[engine] = _answered(engine, to)
            for (engine, verb), ran_all in times.items():
                ours = totals.get("ripplemark")
                if verb == "eval" and ours is not None and abs(totals[engine] / ours - 1.0) > 1e-9:
                    raise AssertionError(f"W8 {kind}: revenue is {ours} here and {totals[engine]} by {engine}")
                inside = [said["seconds"] for _, _, said in ran_all if "seconds" in said]
                entry = {
                    "file": kind,
                    "bytes": path.stat().st_size,
                    "rows": count,
                    "engine": engine,
                    "verb": verb,
                    "threads": 1,
                    "seconds": [round(seconds, 4) for seconds, _, _ in ran_all],
                    "median": round(statistics.median(seconds for seconds, _, _ in ran_all), 4),
                    "median_inside": round(statistics.median(inside), 4) if inside else None,
                    "peak_bytes": max(peak for _, peak, _ in ran_all),
                }
                say(f"W8 {kind} {engine} {verb}: {entry['median']:.2f} s, peak {entry['peak_bytes'] / 2**20:,.0f} MiB")
                found.append(entry)
    return {"files": found}


if __name__ == "__main__":
    _, _name, _path, _to, _threads = sys.argv
    __import__(_name)
    _start = time.perf_counter()
    _INSIDE[_name](_path, _to, int(_threads))
    print(json.dumps({"seconds": time.perf_counter() - _start}))

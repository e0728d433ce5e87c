"""Workers as the runner holds them, and contests between two of them."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from . import compare
from .work import Form, work as work_of


# Seconds after which a worker that says nothing is given up.
PATIENCE = 900.0


class Failed(RuntimeError):
    """A worker ended, or took too long; says what it printed last."""


@dataclass(frozen=True)
class Entry:
    """Who takes part, and how."""

    engine: str
    style: str = "as written"
    source: str = "native"

    def __str__(self) -> str:
        words = [self.engine]
        if self.source != "native":
            words.append(f"over {self.source.title()}")
        if self.style != "as written":
            words.append(self.style)
        return ", ".join(words)


OURS = Entry("ripplemark")


def limits(threads: int) -> dict[str, str]:
    """What keeps libraries from using more threads than they are given."""
    names = (
        "POLARS_MAX_THREADS OMP_NUM_THREADS OPENBLAS_NUM_THREADS NUMEXPR_NUM_THREADS RAYON_NUM_THREADS "
        "ARROW_NUM_THREADS TOKIO_WORKER_THREADS"
    )
    return {**os.environ, **{name: str(threads) for name in names.split()}}


def pinned(threads: int) -> list[str]:
    """A prefix that keeps a command on as many processors as it has threads."""
    return ["taskset", "-c", ",".join(map(str, range(threads)))] if shutil.which("taskset") else []


class Worker:
    """A process that runs one engine."""

    def __init__(self, entry: Entry, work: str, form: Form, threads: int) -> None:
        asked = {
            "engine": entry.engine,
            "style": entry.style,
            "source": entry.source,
            "work": work,
            "threads": threads,
            "rows": form.rows,
            "order": form.order,
            "text": form.text,
            "amount": form.amount,
        }
        self.entry = entry
        self.errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")
        self.process = subprocess.Popen(
            [*pinned(threads), sys.executable, "-m", "rivals.worker", json.dumps(asked)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            env=limits(threads),
            cwd=Path(__file__).resolve().parents[1],
        )
        try:
            self.about = self._heard()
        except BaseException:
            self.end()
            raise

    def _heard(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        # A rival that never comes back must not hold up the others.
        alarm = threading.Timer(PATIENCE, self.process.kill)
        alarm.start()
        line = self.process.stdout.readline()
        alarm.cancel()
        if not line:
            self.process.wait()
            self.errors.seek(0)
            last = [line for line in self.errors.read().splitlines() if line.strip()][-1:]
            raise Failed(f"{self.entry}: {' '.join(last)[:300] or f'ended with {self.process.returncode}'}")
        return dict(json.loads(line))

    def _told(self, **what: object) -> dict[str, Any]:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(what) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        return self._heard()

    def run(self) -> float:
        """Seconds of one run."""
        heard = self._told(do="run")
        self.about["peak"] = heard["memory"]
        return float(heard["seconds"])

    def answer(self, to: Path) -> float:
        """Writes the result of the last run; the seconds that it took to bring it into the form of rivals."""
        return float(self._told(do="answer", to=str(to))["seconds"])

    def end(self) -> None:
        """Ends the process."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.errors):
            if stream is not None:
                stream.close()

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


@dataclass
class Outcome:
    """What one contest gave."""

    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)
    difference: float | None = None
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """How many times as long the rival takes: the median over rounds, each of which is a pair."""
        return statistics.median(theirs / ours for ours, theirs in zip(self.ours, self.theirs))


def judged(ours: Path, worker: Worker, work: str) -> float:
    """Compares the rival's last result with ours; raises `compare.Different`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "theirs.parquet"
        worker.answer(path)
        return compare.check(pq.read_table(ours), pq.read_table(path), work_of(work))


def contest(ours: Worker, rival: Worker, work: str, answer: Path | None, rounds: int) -> Outcome:
    """First the result, which has to be ours; then rounds in turn: ours, rival, ours, rival.

    Without an `answer` the rival has none to compare. Raises `compare.Different`, or `Failed`.
    """
    outcome = Outcome(about=rival.about)
    rival.run()
    if answer is not None:
        outcome.difference = judged(answer, rival, work)
    ours.run()
    for _ in range(rounds):
        outcome.ours.append(ours.run())
        outcome.theirs.append(rival.run())
    return outcome

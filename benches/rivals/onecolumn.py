"""W3: one row formula over all rows, to a column.

Each engine runs in a process of its own; columns must be equal to the last bit, since every operation rounds once.
Engines that take one row at a time are measured from Rust (`benches/rows`), and from Python in W4.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import data, engines, formulas
from .contest import limits, pinned

COLUMNS = ["region", "stage", "amount", "discount"]
FORMULA = formulas.ROW["ripplemark"]
_NET = "(amount * (1.0 - discount))"
_SQL = (
    f"SELECT CASE WHEN stage = 'won' THEN CASE WHEN {_NET} > 50000.0 THEN {_NET} * 0.9 ELSE {_NET} END "
    f"WHEN region = 'EMEA' THEN greatest({_NET} * 0.5, 100.0) ELSE least({_NET}, 1000.0) END AS x FROM sales"
)


class NotThere(Exception):
    """The engine has no way to do this; says so."""


def _ripplemark(table: Any, threads: int) -> Callable[[], Any]:
    """The place for a call that computes `FORMULA` over `table` to a column of doubles."""
    raise NotThere("there is no call yet that computes a row formula to a column")


def _codes(table: Any, name: str) -> Any:
    """The codes of a text column, in the order of the list of its values."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.index_in(table[name].cast(pa.string()), pa.array(data.TEXT_COLUMNS[name])).to_numpy()


def _code(name: str, value: str) -> int:
    return data.TEXT_COLUMNS[name].index(value)


def _numpy(table: Any, threads: int) -> Callable[[], Any]:
    import numpy as np

    stage, region = _codes(table, "stage"), _codes(table, "region")
    amount, discount = table["amount"].to_numpy(), table["discount"].to_numpy()
    won, emea = _code("stage", "won"), _code("region", "EMEA")

    def run() -> Any:
        net = amount * (1.0 - discount)
        of_won = np.where(net > 50_000.0, net * 0.9, net)
        of_others = np.where(region == emea, np.maximum(net * 0.5, 100.0), np.minimum(net, 1_000.0))
        return np.where(stage == won, of_won, of_others)

    return run


def _numexpr(table: Any, threads: int) -> Callable[[], Any]:
    import numexpr

    numexpr.set_num_threads(threads)
    names = {
        "stage": _codes(table, "stage"),
        "region": _codes(table, "region"),
        "amount": table["amount"].to_numpy(),
        "discount": table["discount"].to_numpy(),
        "won": _code("stage", "won"),
        "emea": _code("region", "EMEA"),
    }
    least = f"where({_NET} < 1000.0, {_NET}, 1000.0)"
    half = f"where({_NET} * 0.5 > 100.0, {_NET} * 0.5, 100.0)"
    text = (
        f"where(stage == won, where({_NET} > 50000.0, {_NET} * 0.9, {_NET}), "
        f"where(region == emea, {half}, {least}))"
    )
    # Without optimisation nothing is reordered, and the last bit stays.
    return lambda: numexpr.evaluate(text, local_dict=names, optimization="none")


def _duckdb(table: Any, threads: int) -> Callable[[], Any]:
    from .engines.duckdb import connected

    connection = connected(table, threads, "native")
    return lambda: connection.sql(_SQL).to_arrow_table()["x"]


def _polars(table: Any, threads: int) -> Callable[[], Any]:
    import polars as pl

    from .engines.polars import framed

    lazy = framed(table).lazy()
    net = pl.col("net")
    plan = lazy.with_columns((pl.col("amount") * (1.0 - pl.col("discount"))).alias("net")).select(
        pl.when(pl.col("stage") == "won")
        .then(pl.when(net > 50_000.0).then(net * 0.9).otherwise(net))
        .when(pl.col("region") == "EMEA")
        .then(pl.max_horizontal(net * 0.5, 100.0))
        .otherwise(pl.min_horizontal(net, 1_000.0))
        .alias("x")
    )
    return lambda: plan.collect(engine="streaming")["x"]


def _datafusion(table: Any, threads: int) -> Callable[[], Any]:
    from .engines.datafusion import contextualised

    context = contextualised(table, threads)
    return lambda: context.sql(_SQL).to_arrow_table()["x"]


ENGINES: dict[str, Callable[[Any, int], Callable[[], Any]]] = {
    "ripplemark": _ripplemark,
    "numpy": _numpy,
    "numexpr": _numexpr,
    "duckdb": _duckdb,
    "polars": _polars,
    "datafusion": _datafusion,
}


def _child(engine: str, rows: int, threads: int, rounds: int) -> dict[str, Any]:
    import numpy as np

    table = data.load(rows, "time", "dictionary", "float", COLUMNS)
    expected = _numpy(table, threads)()
    try:
        run = ENGINES[engine](table, threads)
    except NotThere as reason:
        return {"skipped": str(reason)}
    # The order of rows is the engine's own business where it has several threads.
    found = np.sort(np.asarray(run()))
    if not np.array_equal(found, np.sort(expected)):
        at = int(np.flatnonzero(found != np.sort(expected))[0])
        return {"different": f"{found[at]!r} where {np.sort(expected)[at]!r} is expected"}
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return {"seconds": [round(seconds, 6) for seconds in times], "median": round(statistics.median(times), 6)}


def measured(rows: int, rounds: int, say: Callable[[str], None]) -> dict[str, Any]:
    """The part W3 of a result file."""
    found = []
    for threads in (1, 2):
        for engine in ENGINES:
            if engine != "numpy" and not engines.installed(engine):
                say(f"W3 {engine}: skipped, it is not installed")
                continue
            asked = ["rivals.onecolumn", engine, str(rows), str(threads), str(rounds)]
            child = subprocess.run(
                [*pinned(threads), sys.executable, "-m", *asked],
                capture_output=True,
                text=True,
                env=limits(threads),
                cwd=Path(__file__).resolve().parents[1],
                check=False,
            )
            told = child.stdout.strip().splitlines()[-1:]
            last = " ".join(child.stderr.strip().splitlines()[-1:])[:300]
            outcome = json.loads(told[0]) if told and not child.returncode else {"failed": last}
            shown = f"{outcome['median']:.3f} s" if "median" in outcome else next(iter(outcome.values()))
            say(f"W3 {engine}, {threads} thread(s): {shown}")
            found.append({"engine": engine, "threads": threads, "rows": rows, **outcome})
    return {"formula": FORMULA, "columns": found}


if __name__ == "__main__":
    print(json.dumps(_child(sys.argv[1], *map(int, sys.argv[2:5]))))

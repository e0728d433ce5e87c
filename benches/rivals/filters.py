"""The 200 KPIs of W6, which differ in their filters alone: made once from a fixed seed, kept in `w6_filters.json`.

`python -m rivals.filters` writes the file anew. Book and queries come from the file, not from this module, so that
somebody can put another list into its place.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

from . import data
from .kpis import LIST, Agg, In, Is, Kpi, Range, Test

FILE = Path(__file__).with_name("w6_filters.json")
_CATEGORIES = {name: data.TEXT_COLUMNS[name] for name in ("stage", "channel", "region", "segment")}


def _category(rng: random.Random, column: str) -> dict:
    if column == "is_new":
        return {"column": column, "is": rng.random() < 0.5}
    values = _CATEGORIES[column]
    some = rng.sample(values, rng.randint(1, max(1, len(values) // 2)))
    return {"column": column, "in": sorted(some)}


def _threshold(rng: random.Random, column: str) -> dict:
    # Ends that people choose: round, and many of them.
    steps = {"amount": (500, 160), "discount": (0.01, 30), "cost": (10_000, 50), "response_hours": (0.5, 190)}
    step, count = steps[column]
    low, high = sorted(rng.sample(range(1, count + 1), 2))
    ends = [round(low * step, 2), round(high * step, 2)]
    shape = rng.randrange(3)
    test: dict = {"column": column}
    if shape != 1:
        test["from"] = ends[0]
    if shape != 0:
        test["below"] = ends[1]
    return test


def made() -> list[dict]:
    """The list: 100 combinations of one to three categories, 60 ranges of a number, 40 with a category."""
    rng = random.Random(20_260_101)
    columns = [*_CATEGORIES, "is_new"]
    filters: list[list[dict]] = []

    def add(build) -> None:
        while (tests := build()) in filters:
            pass
        filters.append(tests)

    for _ in range(100):
        add(lambda: [_category(rng, c) for c in sorted(rng.sample(columns, rng.randint(1, 3)))])
    for number in range(100):
        column = ("amount", "discount", "cost", "response_hours")[number % 4]
        with_category = number >= 60
        add(
            lambda: [_threshold(rng, column)]
            + ([_category(rng, rng.choice(["stage", "channel", "is_new"]))] if with_category else [])
        )
    return [{"name": f"k{number:03}", "where": tests} for number, tests in enumerate(filters, 1)]


def _test(written: dict) -> Test:
    if "in" in written:
        return In(written["column"], tuple(written["in"]))
    if "is" in written:
        return Is(written["column"], written["is"])
    return Range(written["column"], written.get("from"), written.get("below"))


def kpis(count: bool = False) -> tuple[Kpi, ...]:
    """The KPIs of the file: sums of `amount`; with `count`, the rows behind them."""
    entries = json.loads(FILE.read_text(encoding="utf-8"))
    return tuple(
        Kpi(entry["name"], Agg(LIST, tuple(_test(test) for test in entry["where"]), count)) for entry in entries
    )


if __name__ == "__main__":
    lines = ",\n".join("  " + json.dumps(entry) for entry in made())
    FILE.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    print(f"wrote {FILE}")

"""Makes tests/data/determinism.csv: rows on which plain float arithmetic would show order, batches and threads.

The seed is fixed and only `random.random` and `getrandbits` are used, whose values Python promises to keep.
Run it only to change the data; the file is committed, and so is the hash of its result.
"""

import csv
import datetime
import math
import pathlib
import random

ROWS = 1300
dice = random.Random(20260)


def below(end):
    return int(dice.random() * end)


def pick(values):
    return values[below(len(values))]


def real(low, high):
    """A double with all 53 bits in use and an exponent between the two."""
    return math.ldexp(1 + dice.getrandbits(52) / 2**52, low + below(high - low + 1)) * pick([1, -1])


def moment():
    """Mostly any microsecond of two years; sometimes one beside a month's end or a change of the clocks in Berlin."""
    edges = [(2022, 12, 31, 23), (2023, 3, 26, 1), (2023, 10, 29, 1), (2023, 2, 28, 23), (2024, 2, 29, 23), (2023, 7, 31, 22)]
    if below(4) == 0:
        return datetime.datetime(*pick(edges)) + datetime.timedelta(microseconds=pick([-1, 0, 1]))
    return datetime.datetime(2022, 11, 1) + datetime.timedelta(microseconds=below(486 * 86_400 * 10**6))


def fixed(digits, units):
    sign, units = ("-" if units < 0 else ""), abs(units)
    return f"{sign}{units // 10**digits}.{units % 10**digits:0{digits}d}"


def maybe(value, chance=12):
    return "" if below(chance) == 0 else value


swings = []


def swing():
    """Terms whose partners come later with the other sign, among small ones."""
    if swings and below(3) == 0:
        return -swings.pop(below(len(swings)))
    if below(2) == 0:
        swings.append(real(900, 1010))
        return swings[-1]
    return real(-60, 20)


def tiny():
    return pick([0.0, -0.0, math.nan, math.ldexp(dice.getrandbits(40), -1074), -math.ldexp(dice.getrandbits(51), -1074), 5e-324, 2.2250738585072014e-308])


rows = []
for number in range(ROWS):
    rows.append(
        {
            "region": maybe(pick(["North", "north", "NORTH", "South", "West", "Ärger", "East, far"])),
            "moment": maybe(moment().isoformat(timespec="microseconds") + "Z", 40),
            "day": maybe((datetime.date(2020, 1, 1) + datetime.timedelta(days=below(1500))).isoformat()),
            "won": maybe(pick(["true", "false"])),
            "units": maybe(pick([below(100), below(10**6) - 500_000, 2**63 - 1, -(2**63), 2**53 + 1])),
            "price": maybe(fixed(2, below(10**7) - 10**5)),
            "rate": maybe(fixed(4, below(10_000))),
            "dirty": maybe(pick([fixed(2, below(10_000))] * 300 + ["12.345"])),
            "amount": maybe(abs(real(-20, 20)) if below(30) else 0.0),
            "discount": maybe(dice.random()),
            "wide": maybe(real(-300, 299)),
            "tiny": maybe(tiny()),
            "swing": maybe(swing()),
            "broken": maybe(pick([dice.random()] * 200 + [math.inf, -math.inf])),
        }
    )

path = pathlib.Path(__file__).parent / "data" / "determinism.csv"
with path.open("w", newline="", encoding="utf-8") as file:
    writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
print(f"{path}: {len(rows)} rows, {path.stat().st_size} bytes")

"""Recomputes every number of tests/determinism.yaml from the CSV and compares it with what ripplemark found.

    python3 tests/determinism_reference.py RESULT.json [DATA.csv]

RESULT.json is what `ripplemark` wrote (`ResultSet::to_json`, or `ripplemark eval --format json`). Nothing of
ripplemark is used here: sums are fractions, a float is rounded once by Python's own integer division, row arithmetic
is Python's float (binary64, nearest even, no fusing), logarithms are 60-digit decimals. Values must be equal in every
bit; where a `ln` is inside, the library's own is allowed one unit in the last place for each logarithm.
"""

import csv
import datetime
import decimal
import json
import math
import pathlib
import struct
import sys
from fractions import Fraction

decimal.getcontext().prec = 60
HERE = pathlib.Path(__file__).parent
MISSING = object()


class Failed(Exception):
    """Why a row or a cell has no value: a set of reasons."""

    def __init__(self, *reasons):
        super().__init__(*reasons)
        self.reasons = frozenset(reasons)


def fixed(digits):
    def read(text):
        value = Fraction(decimal.Decimal(text))
        return value if (value * 10**digits).denominator == 1 else Failed("invalid_input")

    return read


def real(text):
    value = float(text)
    if math.isnan(value):
        return MISSING
    return value if math.isfinite(value) else Failed("invalid_input")


def moment(text):
    stamp = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (stamp - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) // datetime.timedelta(microseconds=1)


READERS = {
    "region": lambda text: {"north": "North", "NORTH": "North"}.get(text, text),
    "moment": moment,
    "day": datetime.date.fromisoformat,
    "won": lambda text: text == "true",
    "units": int,
    "price": fixed(2),
    "rate": fixed(4),
    "dirty": fixed(2),
    **dict.fromkeys(["amount", "discount", "wide", "tiny", "swing", "broken"], real),
}


def last_sunday(year, month):
    day = datetime.date(year, month, 31)
    return day - datetime.timedelta(days=(day.weekday() + 1) % 7)


def berlin_month(micros):
    """First day of the month in Berlin: one hour ahead of UTC, two from 1:00 UTC on the last Sunday of March until
    1:00 UTC on the last Sunday of October."""
    utc = datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=micros)
    edge = datetime.time(1)
    summer = (
        datetime.datetime.combine(last_sunday(utc.year, 3), edge)
        <= utc
        < datetime.datetime.combine(last_sunday(utc.year, 10), edge)
    )
    local = utc + datetime.timedelta(hours=2 if summer else 1)
    return local.date().replace(day=1).isoformat()


def finite(value):
    if not math.isfinite(value):
        raise Failed("overflow")
    return value


def nearest(exact):
    """The double nearest to a fraction; Python rounds the quotient of two integers correctly."""
    try:
        return exact.numerator / exact.denominator
    except OverflowError:
        raise Failed("overflow") from None


def ln(value):
    """The double nearest to the logarithm of a double."""
    if value == 0:
        raise Failed("unbounded")
    if value < 0:
        raise Failed("sign")
    return float(decimal.Decimal(value).ln())


def values(rows, formula, *columns, where=None):
    """The formula's value in each row that has one, and the reasons of the rows that failed."""
    found, reasons = [], set()
    for row in rows:
        if where is not None:
            cell = row[where[0]]
            if isinstance(cell, Failed):
                reasons |= cell.reasons
                continue
            if cell is MISSING or not where[1](cell):
                continue
        cells = [row[column] for column in columns]
        broken = [cell.reasons for cell in cells if isinstance(cell, Failed)]
        if broken:
            reasons = reasons.union(*broken)
        elif not any(cell is MISSING for cell in cells):
            try:
                found.append(formula(*cells))
            except Failed as failed:
                reasons |= failed.reasons
    return found, reasons


class Cell:
    """A value as a fraction, or reasons; the rows behind it; how many units in the last place it may be off."""

    def __init__(self, value, reasons=(), n=0, numerator=None, denominator=None, slack=0):
        self.reasons = frozenset(reasons)
        self.value = None if self.reasons else value
        self.n, self.numerator, self.denominator, self.slack = n, numerator, denominator, slack


def same(value):
    return value


def aggregate(rows, how, formula, *columns, where=None, slack=0):
    found, reasons = values(rows, formula, *columns, where=where)
    if how == "count":
        return Cell(Fraction(len(found)), reasons, len(found))
    if not found and not reasons:
        reasons = {"empty"}
    if reasons:
        return Cell(None, reasons, len(found))
    exact = [Fraction(value) for value in found]
    value = {"sum": sum, "min": min, "max": max, "mean": lambda terms: sum(terms) / len(terms)}[how](exact)
    return Cell(value, (), len(found), slack=slack)


def combine(formula, *parts):
    """A derived metric: exact over its parts; `n` is the smallest."""
    n, reasons = min(part.n for part in parts), frozenset().union(*(part.reasons for part in parts))
    if reasons:
        return Cell(None, reasons, n)
    try:
        return Cell(formula(*(part.value for part in parts)), (), n)
    except ZeroDivisionError:
        return Cell(None, {"zero_denominator"}, n)
    except Failed as failed:
        return Cell(None, failed.reasons, n)


def root_of(exact):
    value = nearest(exact)
    if value < 0:
        raise Failed("sign")
    return Fraction(math.sqrt(value))


def metrics(rows):
    """Every metric of the book over these rows."""
    cells = {}
    cells["facts"] = aggregate(rows, "count", lambda: 1)
    won = aggregate(rows, "count", same, "won", where=("won", same))
    known = aggregate(rows, "count", same, "won")
    share = combine(lambda a, b: a / b, won, known)
    cells["won_share"] = Cell(share.value, share.reasons, known.n, won, known)
    for how in ("sum", "min", "max"):
        cells[f"units_{how}"] = aggregate(rows, how, same, "units")
    # An integer by an integer is rounded once, however large the two are.
    cells["units_real"] = aggregate(rows, "sum", lambda units: units / 3, "units")
    price = aggregate(rows, "sum", same, "price")
    cells["price_sum"] = price if price.reasons != {"empty"} else Cell(Fraction(0), (), 0)
    cells["price_mean"] = aggregate(rows, "mean", same, "price", where=("region", lambda region: region != "West"))
    cells["weighted"] = aggregate(rows, "sum", lambda price, rate: price * rate, "price", "rate")
    cells["discount_share"] = combine(lambda w, p: 1 - w / p, cells["weighted"], cells["price_sum"])
    cells["discount_share_spelt_differently"] = cells["discount_share"]
    cells["dirty_sum"] = aggregate(rows, "sum", same, "dirty")
    leap = datetime.date(2024, 2, 29)
    cells["age"] = aggregate(rows, "mean", lambda day: (leap - day).days, "day")
    net = lambda amount, discount: finite(amount * (1.0 - discount))
    cells["net"] = aggregate(rows, "sum", net, "amount", "discount")
    cells["net_mean"] = aggregate(rows, "mean", net, "amount", "discount")
    for how in ("sum", "min", "max"):
        cells[f"wide_{how}"] = aggregate(rows, how, same, "wide")
    cells["wide_product"] = aggregate(rows, "sum", lambda wide, amount: finite(wide * amount), "wide", "amount")
    cells["wide_fourth"] = aggregate(rows, "sum", lambda w: finite(finite(finite(w * w) * w) * w), "wide")
    cells["tiny_sum"] = aggregate(rows, "sum", same, "tiny")
    cells["tiny_product"] = aggregate(rows, "sum", lambda tiny: tiny * 0.3, "tiny")
    cells["tiny_max"] = aggregate(rows, "max", same, "tiny")
    cells["tiny_count"] = aggregate(rows, "count", same, "tiny", where=("tiny", lambda tiny: tiny > 0))
    cells["swing_sum"] = aggregate(rows, "sum", same, "swing")
    cells["swing_relative"] = combine(lambda a, b: a / b, cells["swing_sum"], cells["net"])
    cells["broken_sum"] = aggregate(rows, "sum", same, "broken")
    cells["roots"] = aggregate(rows, "sum", math.sqrt, "amount")
    positive = [row for row in rows if isinstance(row["amount"], float) and row["amount"] > 0]
    cells["logs"] = aggregate(positive, "sum", ln, "amount", slack=len(positive))
    cells["log_of_all"] = aggregate(rows, "sum", ln, "amount", slack=len(positive))
    cells["root_of_net"] = combine(root_of, cells["net"])
    cells["log_of_price"] = combine(lambda p: Fraction(ln(nearest(p))), cells["price_sum"])
    cells["log_of_price"].slack = 1
    cells["no_denominator"] = combine(lambda p, u: p / (u - u), cells["price_sum"], cells["units_sum"])
    cells["cycle"] = combine(
        lambda f, s, m, a: f * s * m / a, cells["facts"], cells["won_share"], cells["net_mean"], cells["age"]
    )
    return cells


def bits(value):
    return struct.unpack("<q", struct.pack("<d", value))[0]


def steps(a, b):
    """Doubles between two doubles."""
    line = lambda x: bits(x) if bits(x) >= 0 else -(bits(x) & (2**63 - 1))
    return abs(line(a) - line(b))


def difference(cell, expected):
    """What is wrong with a cell of ripplemark, or None."""
    reasons, value = expected.reasons, None
    if not reasons:
        try:
            value = nearest(expected.value)
        except Failed as failed:
            reasons = failed.reasons
    if sorted(cell["reason"]) != sorted(reasons):
        return f"reasons {sorted(reasons)}"
    if cell["n"] != expected.n:
        return f"n {expected.n}"
    for name in ("numerator", "denominator"):
        part = getattr(expected, name)
        if part is not None and cell[name] != nearest(part.value):
            return f"{name} {part.value}"
    if value is None:
        return None if cell["value_bits"] is None else "no value"
    if cell["value_bits"] is None:
        return f"value {value.hex()}"
    found = struct.unpack(">d", bytes.fromhex(cell["value_bits"]))[0]
    # Each logarithm may be off by one unit in its own last place, which is at most that of 64.
    if expected.slack == 0 and bits(found) != bits(value):
        return f"value {value.hex()}, got {found.hex()}"
    if expected.slack == 1 and steps(found, value) > 1:
        return f"value {value.hex()} within one step, got {found.hex()}"
    if expected.slack > 1 and abs(Fraction(found) - expected.value) > expected.slack * Fraction(2) ** -48:
        return f"value {value.hex()} within rounding of the logarithms, got {found.hex()}"
    if cell["exact"] is not None and Fraction(cell["exact"]) != expected.value:
        return f"exactly {expected.value}"
    return None


def main(result_path, data_path):
    rows = []
    with open(data_path, newline="", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            rows.append({name: READERS[name](text) if text else MISSING for name, text in line.items()})
    timed = [row for row in rows if row["moment"] is not MISSING]
    for row in timed:
        row["month"] = berlin_month(row["moment"])
    groups = {}
    for row in timed:
        region = None if row["region"] is MISSING else row["region"]
        for level, key in (
            ("region,month", (region, row["month"])),
            ("month", (None, row["month"])),
            ("region", (region, None)),
            ("total", (None, None)),
        ):
            groups.setdefault((level, *key), []).append(row)
    expected = {key: metrics(members) for key, members in groups.items()}

    result = json.loads(pathlib.Path(result_path).read_text(encoding="utf-8"))
    compared, exact, wrong = 0, 0, []
    seen = set()
    for cell in result["cells"]:
        key = (cell["level"], cell["region"], cell["month"])
        seen.add((key, cell["metric"]))
        reference = expected[key][cell["metric"]]
        compared += 1
        exact += reference.slack == 0
        problem = difference(cell, reference)
        if problem:
            wrong.append(f"{key} {cell['metric']}: expected {problem}: {cell}")
    lacking = {(key, name) for key, cells in expected.items() for name in cells} - seen
    [report] = result["rows"]
    counts = (report["read"], report["used"], dict(report["rejected"]))
    if counts != (len(rows), len(timed), {"no_time": len(rows) - len(timed)}):
        wrong.append(f"rows: {counts}")
    for line in wrong[:20]:
        print(line)
    failed = len(wrong) + len(lacking)
    print(f"{compared} cells compared, {exact} of them bit for bit, {len(lacking)} lacking, {len(wrong)} wrong")
    print(f"determinism_reference: {compared - len(wrong)} passed, {failed} failed, 0 skipped")
    return 0 if compared > 0 and failed == 0 else 1


if __name__ == "__main__":
    data = sys.argv[2] if len(sys.argv) > 2 else HERE / "data" / "determinism.csv"
    sys.exit(main(sys.argv[1], data))

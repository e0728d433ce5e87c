"""Amounts in several currencies and their rates by day, converted with Python's fractions, decimals and time zones.

    python3 tests/currency_oracle.py > tests/data/currency.json

Writes the data and what has to come out; tests/currency.rs compares. Nothing of ripplemark is used here. To be run again
only when the cases change.
"""

import bisect
import datetime as dt
import json
import random
from decimal import ROUND_HALF_UP, Decimal, getcontext
from fractions import Fraction
from zoneinfo import ZoneInfo

getcontext().prec = 80
dice = random.Random(20260301)
BERLIN = ZoneInfo("Europe/Berlin")
START = dt.date(2026, 3, 1)
DAYS = 60  # The clocks change on March 29.


def day(n):
    return START + dt.timedelta(days=n)


# Rates: from the day on, until the next. Francs have none before the tenth day, crowns never.
rates = []
for code, around, first in [("EUR", "1.084210", -30), ("JPY", "0.006731", -5), ("CHF", "1.120000", 10), ("GBP", "1.27", -1)]:
    n = first
    while n < DAYS:
        rate = Decimal(around) * (1 + Decimal(dice.randrange(-50_000, 50_000)) / 1_000_000)
        rates.append({"currency": code, "day": str(day(n)), "rate": str(rate.quantize(Decimal("0.000001")))})
        n += dice.choice([1, 1, 1, 2, 3, 7])
dice.shuffle(rates)

deals = []
for number in range(600):
    moment = dt.datetime(2026, 3, 1, tzinfo=dt.timezone.utc) + dt.timedelta(
        days=dice.randrange(DAYS - 2), hours=dice.choice([0, 12, 21, 22, 23]), microseconds=dice.randrange(3_600_000_000)
    )
    deals.append(
        {
            "deal": f"d{number}",
            "region": dice.choice(["north", "south", "west"]),
            "currency": dice.choice(["EUR", "EUR", "JPY", "CHF", "GBP", "USD", "USD", "SEK" if number > 20 else "EUR", None]),
            "amount": None if dice.random() < 0.05 else str(Decimal(dice.randrange(-10**6, 10**9)) / 100),
            "opened": None if dice.random() < 0.05 else str(day(dice.randrange(DAYS))),
            "closed_at": None if dice.random() < 0.05 else int(moment.timestamp() * 1_000_000) + moment.microsecond % 1,
        }
    )
lines = [{"deal": f"d{dice.randrange(620)}"} for _ in range(900)]

known = {}
for row in rates:
    known.setdefault(row["currency"], []).append((row["day"], Fraction(row["rate"])))
for spells in known.values():
    spells.sort()


def look(currency, on):
    """The rate, or why there is none."""
    if currency is None:
        return "key_missing"
    if currency not in known:
        return "unmatched"
    if on is None:
        return "no_time"
    at = bisect.bisect_right(known[currency], (on, Fraction(10**9))) - 1
    return known[currency][at][1] if at >= 0 else "outside"


def local(micros):
    if micros is None:
        return None
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc) + dt.timedelta(microseconds=micros)
    return str(moment.astimezone(BERLIN).date())


def converted(deal, on):
    if deal["amount"] is None or deal["currency"] is None:
        return None
    amount = Fraction(deal["amount"])
    if deal["currency"] == "USD":
        return amount
    rate = look(deal["currency"], on)
    return None if isinstance(rate, str) else amount * rate


def cents(value):
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return Fraction(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))


def told(value):
    if value is None:
        return None
    return {"exact": f"{value.numerator}/{value.denominator}", "value": repr(float(value))}


def total(values):
    values = [value for value in values if value is not None]
    return sum(values, Fraction(0)) if values else None


def groups(rows, deal_of):
    return {region: [deal_of(row) for row in rows if deal_of(row) and deal_of(row)["region"] == region]
            for region in ["north", "south", "west"]}


by_name = {deal["deal"]: deal for deal in deals}
expected = {}
for region, own in groups(deals, lambda deal: deal).items():
    closed = [converted(deal, local(deal["closed_at"])) for deal in own]
    opened = [converted(deal, deal["opened"]) for deal in own]
    there = [value for value in closed if value is not None]
    expected[region] = {
        "usd": told(total(closed)),
        "short": told(total(closed)),
        "cents": told(total(cents(value) for value in there)),
        "at_opening": told(total(opened)),
        "mean": told(total(closed) / len(there)),
        "drift": told(total(closed) / total(opened)),
        "largest": told(max(there)),
        "in_dollars": told(total(Fraction(d["amount"]) for d in own if d["amount"] and d["currency"] == "USD")),
    }
for region, own in groups(lines, lambda line: by_name.get(line["deal"])).items():
    expected[region]["by_lines"] = told(total(converted(deal, local(deal["closed_at"])) for deal in own))

counts = {}
for name, on in [("closed_at", lambda deal: local(deal["closed_at"])), ("opened", lambda deal: deal["opened"])]:
    counts[name] = dict.fromkeys(["matched", "key_missing", "unmatched", "no_time", "outside"], 0)
    for deal in deals:
        if deal["currency"] == "USD":
            continue
        found = look(deal["currency"], on(deal))
        why = found if isinstance(found, str) else "matched"
        counts[name][why] += 1
        first = {"unmatched": "example", "outside": "outside_example"}.get(why)
        if first:
            counts[name].setdefault(first, f'"{deal["currency"]}" on {on(deal) or "(no time)"}')

print(json.dumps({"rates": rates, "deals": deals, "lines": lines, "expected": expected, "counts": counts}, indent=0))

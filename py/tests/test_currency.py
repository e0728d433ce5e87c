"""Units in Python, and amounts in several currencies against decimals and fractions, to the bit."""

from __future__ import annotations

import datetime as dt
import pickle
import random
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pytest

import ripplemark as rm

BOOK = """
ripplemark: 1
book: {id: currencies, currency: USD}
teams: {finance: Finance, sales: Sales}
tables:
  deals:
    entity: deal
    columns:
      region: category
      currency: category
      amount: money[currency]
      closed: date
      seats: {type: int, unit: seats}
  fx_rates: {columns: {currency: category, day: date, rate: decimal(6)}}
rates:
  fx: {table: fx_rates, from: currency, to: USD, date: day, rate: rate}
metrics:
  - {name: usd, owner: finance, of: deals, agg: sum, expr: 'convert(amount, currency, closed, "USD")'}
  - {name: cents, owner: finance, of: deals, expr: 'sum(round(convert(amount, currency, closed, "USD"), 2))'}
  - {name: seats, owner: sales, of: deals, agg: sum, expr: seats}
  - {name: won, owner: sales, of: deals, agg: count, unit: win}
  - {name: per_seat, owner: finance, expr: usd / seats}
  - {name: size, owner: finance, expr: usd / won}
  - {name: rate, owner: sales, of: deals, unit: '%', expr: 100 * count_if(seats > 5) / count()}
"""

DAY = dt.date(2026, 1, 1)
CODES = ["EUR", "JPY", "CHF"]


def tables(dice):
    rates = []
    for code in CODES:
        day = dice.randrange(-3, 4)
        while day < 30:
            rates.append((code, DAY + dt.timedelta(day), Decimal(dice.randrange(1, 10**7)) / 10**6))
            day += dice.choice([1, 1, 2, 5])
    dice.shuffle(rates)
    deals = [
        (
            dice.choice(["north", "south", None]),
            dice.choice([*CODES, "USD", "XXX", None]),
            dice.choice([None, *[Decimal(dice.randrange(-(10**7), 10**9)) / 100] * 9]),
            dice.choice([None, *[DAY + dt.timedelta(dice.randrange(30))] * 9]),
            dice.randrange(10),
        )
        for _ in range(dice.choice([1, 40, 500]))
    ]
    return deals, rates


def arrow(rows, fields):
    return pa.table([pa.array(column, kind) for column, (_, kind) in zip(zip(*rows), fields)], names=[n for n, _ in fields])


def convert(amount, code, day, rates):
    if amount is None or code is None:
        return None
    if code == "USD":
        return Fraction(amount)
    holding = [(since, rate) for own, since, rate in rates if own == code and day is not None and since <= day]
    return Fraction(amount) * Fraction(max(holding)[1]) if holding else None


def cents(value):
    """Half away from zero."""
    hundredths = abs(value) * 100 + Fraction(1, 2)
    return Fraction(hundredths.numerator // hundredths.denominator, 100) * (1 if value >= 0 else -1)


def as_fraction(text):
    return Fraction(text) if text is not None else None


@pytest.mark.parametrize("seed", range(40))
def test_random_amounts_against_fractions(seed):
    dice = random.Random(seed)
    deals, rates = tables(dice)
    decimals, money = pa.decimal128(38, 6), pa.decimal128(20, 2)
    data = {
        "fx_rates": arrow(rates, [("currency", pa.string()), ("day", pa.date32()), ("rate", decimals)]),
        "deals": arrow(
            deals,
            [("region", pa.string()), ("currency", pa.string()), ("amount", money), ("closed", pa.date32()), ("seats", pa.int64())],
        ),
    }
    result = rm.loads(BOOK).evaluate(metrics=["usd", "cents", "per_seat"], by=["region"], data=data)
    for region in {deal[0] for deal in deals}:
        own = [deal for deal in deals if deal[0] == region]
        there = [value for value in (convert(a, c, d, rates) for _, c, a, d, _ in own) if value is not None]
        seats = sum(deal[4] for deal in own)
        total = sum(there, Fraction(0)) if there else None
        wanted = {
            "usd": total,
            "cents": sum(map(cents, there), Fraction(0)) if there else None,
            "per_seat": total / seats if there and seats else None,
        }
        for name, number in wanted.items():
            cell = result.cell(name, region=region)
            assert as_fraction(cell.exact) == number, (region, name)
            assert cell.value == (None if number is None else float(number)), (region, name)
    report = result.lookups[0]
    assert report.path == "fx[currency, closed]"
    known = [code for _, code, *_ in deals if code in CODES]
    assert report.matched + report.no_time + report.outside == len(known)
    assert report.unmatched == sum(code == "XXX" for _, code, *_ in deals)
    assert report.key_missing == sum(code is None for _, code, *_ in deals)
    assert report.example is None or report.example.startswith('"XXX" on ')
    assert pickle.loads(pickle.dumps(result)).lookups == result.lookups


def test_units_are_shown():
    book = rm.loads(BOOK)
    units = {metric.name: metric.unit for metric in book.metrics}
    assert units == {
        "usd": "money[USD]",
        "cents": "money[USD]",
        "seats": "seats",
        "won": "win",
        "per_seat": "money[USD] / seats",
        "size": "money[USD] / win",
        "rate": "percent",
    }
    columns = {column.name: column.unit for column in book.tables["deals"].columns}
    assert columns == {"region": None, "currency": None, "amount": "money[currency]", "closed": None, "seats": "seats"}
    deals = pa.table({"region": ["n"], "currency": ["USD"], "amount": ["1234.5"], "closed": [DAY], "seats": [8]})
    rates = pa.table({"currency": ["EUR"], "day": [DAY], "rate": ["1.1"]})
    html = book.evaluate(data={"deals": deals, "fx_rates": rates})._repr_html_()
    for part in ["1,234.50 USD / win", "154.31 USD / seats", "1,234.50 USD<", "100 %"]:
        assert part in html, (part, html)


def test_what_cannot_be_added_is_refused():
    more = "  - {name: nonsense, owner: sales, expr: usd + won}\n  - {name: mixed, owner: sales, of: deals, expr: sum(amount)}\n"
    with pytest.raises(rm.BookError) as refused:
        rm.loads(BOOK + more)
    assert [problem["code"] for problem in refused.value.diagnostics] == ["RM0260", "RM0261"]
    assert "`+` between money[USD] and win" in str(refused.value)

"""One book with every type, and rows that exercise it, for all tests."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import ripplemark as rm

BOOK = """
ripplemark: 1
book: {id: acme, version: 2.1.0, currency: EUR, timezone: UTC}
teams: {sales: Sales, finance: Finance, marketing: Marketing}
tables:
  deals:
    entity: deal
    time: closed
    description: one row for each closed deal
    columns:
      deal_id: id
      region: {type: category, values: {Emea: EMEA}}
      stage: {type: category, source: Deal Stage}
      amount: {type: decimal(2), source: Amount}
      score: float
      seats: int
      vip: bool
      closed: date
      touched: timestamp
  leads:
    time: seen
    columns: {region: category, seen: date, visits: int}
metrics:
  - {name: deals, owner: sales, of: deals, agg: count, ring: behaviour}
  - {name: won, owner: sales, of: deals, expr: 'count_if(stage == "Won")'}
  - name: revenue
    label: Revenue
    owner: finance
    of: deals
    ring: revenue
    unit: money
    agg: sum
    expr: amount
    filter: 'stage == "Won"'
    fill_nulls_with: 0
    description: what customers signed for
  - {name: win_rate, owner: sales, type: ratio, ring: conversion, unit: share, numerator: won, denominator: deals}
  - {name: avg_deal, owner: sales, of: deals, agg: average, expr: amount, filter: 'stage == "Won"', unit: money}
  - {name: score_sum, owner: marketing, of: deals, agg: sum, expr: score}
  - {name: score_mean, owner: marketing, of: deals, agg: average, expr: score}
  - {name: score_min, owner: marketing, of: deals, agg: min, expr: score}
  - {name: score_max, owner: marketing, of: deals, agg: max, expr: score}
  - {name: seats, owner: sales, of: deals, agg: sum, expr: seats}
  - {name: vips, owner: sales, of: deals, expr: 'count_if(vip)'}
  - {name: age_hours, owner: sales, of: deals, agg: average, expr: 'hours_between(touched, touched + hours(3))', unit: hours}
  - {name: per_seat, owner: finance, type: derived, expr: 'revenue / seats'}
  - {name: visits, owner: marketing, of: leads, agg: sum, expr: visits}
  - {name: leads, owner: marketing, of: leads, agg: count}
  - {name: won_per_lead, owner: [sales, marketing], type: derived, unit: share, expr: 'won / leads'}
saved_queries:
  - {name: by_region, metrics: [revenue, win_rate], by: [region], totals: true}
"""

DEAL_METRICS = ["deals", "won", "revenue", "win_rate", "avg_deal", "score_sum", "score_mean", "seats", "vips", "per_seat"]

ROWS = {
    "deal_id": ["a1", "a2", "a3", "a4", "a5", "a6"],
    "region": ["EMEA", "AMER", "Emea", None, "AMER", "APAC"],
    "Deal Stage": ["Won", "Lost", "Won", "Won", "Won", "Lost"],
    "Amount": [Decimal("100.10"), Decimal("50.00"), Decimal("0.20"), Decimal("7.77"), None, Decimal("9.99")],
    "score": [0.1, 0.2, 0.3, None, 1e16, -1e16],
    "seats": [10, 20, 30, 40, None, 60],
    "vip": [True, False, None, True, True, False],
    "closed": [
        dt.date(2017, 7, 3),
        dt.date(2017, 7, 31),
        dt.date(2017, 8, 1),
        dt.date(2017, 8, 15),
        None,
        dt.date(2017, 9, 30),
    ],
    "touched": [dt.datetime(2017, 7, 3, 12, 30)] * 6,
}
LEADS = {
    "region": ["EMEA", "EMEA", "AMER"],
    "seen": [dt.date(2017, 7, 1), dt.date(2017, 8, 2), dt.date(2017, 7, 4)],
    "visits": [3, 4, None],
}


@pytest.fixture
def book() -> rm.Book:
    return rm.loads(BOOK, "acme.yaml")


@pytest.fixture
def table() -> pa.Table:
    return pa.table(ROWS)


@pytest.fixture
def leads() -> pa.Table:
    return pa.table(LEADS)


@pytest.fixture
def pandas_frame(table: pa.Table) -> pd.DataFrame:
    return table.to_pandas()


@pytest.fixture
def polars_frame(table: pa.Table) -> pl.DataFrame:
    return pl.DataFrame(table)

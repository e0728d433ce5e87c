"""Random tables that look into each other, against joins by DuckDB: every cell, to the last digit.

DuckDB joins, pandas knows nothing of it, and sums are of integers, so that the oracle is exact by itself.
"""

from __future__ import annotations

import datetime as dt
import pickle
import random

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

import ripplemark as rm

BOOK = """
ripplemark: 1
book: {id: joined}
teams: {t: T}
tables:
  facts:
    time: day
    columns:
      a: {type: id, source: A}
      b: int
      c: {type: category, values: {x: X, y: X}}
      day: date
      n: int
    lookups:
      place: {table: places, by: [a, b], columns: [{area: zone}]}
      label: {table: labels, by: c}
      rank: {table: ranks, by: a, columns: [grade]}
  places:
    key: [a, b]
    columns: {a: id, b: int, z: id, zone_no: int}
    lookups: {zone: {table: zones, by: z, columns: [{zone: name}]}}
  zones: {key: z, columns: {z: id, name: category}}
  labels: {key: c, columns: {c: {type: category, values: {one: X}}, title: category, weight: int}}
  ranks:
    key: a
    valid_from: since
    valid_to: ends
    columns: {a: id, since: date, ends: date, grade: category}
metrics:
  - {name: rows, owner: t, of: facts, agg: count}
  - {name: n, owner: t, of: facts, agg: sum, expr: n, fill_nulls_with: 0}
  - {name: weight, owner: t, of: facts, agg: sum, expr: label.weight * n, fill_nulls_with: 0}
  - {name: zone_no, owner: t, of: facts, agg: max, expr: place.zone_no}
"""

JOIN = """
with facts as (select *, case c when 'x' then 'X' when 'y' then 'X' else c end as cc from fact),
     label as (select *, case c when 'one' then 'X' else c end as cc from labels),
     rank as (select *, coalesce(ends, lead(since) over (partition by a order by since), date '9999-01-01') as until
              from ranks where since is distinct from ends)
select z.name as area, l.title as title, r.grade as grade, count(*) as rows,
       coalesce(sum(f.n), 0) as n, coalesce(sum(f.n * l.weight), 0) as weight, max(p.zone_no) as zone_no
from facts f
left join places p on p.a = cast(f."A" as varchar) and p.b = f.b
left join zones z on z.z = p.z
left join label l on l.cc = f.cc
left join rank r on r.a = cast(f."A" as varchar) and f.day >= r.since and f.day < r.until
group by all
"""

DAY = dt.date(2020, 1, 1)


def maybe(dice, value, share=0.1):
    return None if dice.random() < share else value


def ranks(dice):
    """For each key some spells that do not overlap, in any order, with and without an end."""
    rows = []
    for a in range(6):
        day = dice.randrange(30)
        for _ in range(dice.randrange(4)):
            length = dice.randrange(0, 20)
            ends = maybe(dice, DAY + dt.timedelta(day + length), 0.3)
            rows.append((str(a), DAY + dt.timedelta(day), ends, dice.choice("pqr")))
            day += length + dice.choice([0, 0, 3]) + (1 if ends is None or length == 0 else 0)
    dice.shuffle(rows)
    return pd.DataFrame(rows, columns=["a", "since", "ends", "grade"])


def tables(dice):
    pairs = [(str(a), b) for a in range(6) for b in range(4)]
    dice.shuffle(pairs)
    places = [(a, b, maybe(dice, str(dice.randrange(5))), dice.randrange(100)) for a, b in pairs[: dice.randrange(24)]]
    places += [(None, 1, "1", 1000), ("1", None, "1", 1000)]
    zones = [(str(z), dice.choice(["north", "south", "Ü"])) for z in dice.sample(range(5), 3)]
    labels = [(c, title, dice.randrange(-5, 5)) for c, title in dice.sample([("one", "first"), ("z", "last"), ("w", None)], 2)]
    fact = [
        (
            maybe(dice, dice.randrange(8)),
            maybe(dice, dice.randrange(5)),
            maybe(dice, dice.choice(["x", "y", "X", "z", "w", "v"])),
            maybe(dice, DAY + dt.timedelta(dice.randrange(70))),
            maybe(dice, dice.randrange(-1000, 1000)),
        )
        for _ in range(dice.choice([0, 1, 30, 400]))
    ]
    return {
        "fact": arrow(fact, [("A", pa.int32()), ("b", pa.int64()), ("c", pa.string()), ("day", pa.date32()), ("n", pa.int64())]),
        "places": arrow(places, [("a", pa.string()), ("b", pa.int16()), ("z", pa.string()), ("zone_no", pa.int64())]),
        "zones": arrow(zones, [("z", pa.string()), ("name", pa.string())]),
        "labels": arrow(labels, [("c", pa.string()), ("title", pa.string()), ("weight", pa.int64())]),
        "ranks": pa.Table.from_pandas(
            ranks(dice),
            schema=pa.schema([("a", pa.string()), ("since", pa.date32()), ("ends", pa.date32()), ("grade", pa.string())]),
        ),
    }


def arrow(rows, fields):
    columns = list(zip(*rows)) or [()] * len(fields)
    return pa.table([pa.array(column, type) for column, (_, type) in zip(columns, fields)], names=[n for n, _ in fields])


def layout(dice, table):
    """The same rows in other layouts: dictionaries, pieces, integers as ids."""
    for i, field in enumerate(table.schema):
        if field.type == pa.string() and dice.random() < 0.5:
            table = table.set_column(i, field.name, table.column(i).dictionary_encode())
    if dice.random() < 0.5 and table.num_rows > 3:
        cut = dice.randrange(1, table.num_rows)
        return [table.slice(0, cut), table.slice(cut)]
    return table


@pytest.mark.parametrize("seed", range(60))
def test_random_tables_against_a_database(seed):
    dice = random.Random(seed)
    data = tables(dice)
    connection = duckdb.connect()
    for name, table in data.items():
        connection.register(name, table)
    wanted = {row[:3]: row[3:] for row in connection.execute(JOIN).fetchall()}
    book = rm.loads(BOOK)
    given = {("facts" if name == "fact" else name): layout(dice, table) for name, table in data.items()}
    result = book.evaluate(by=["area", "label.title", "grade"], data=given)
    groups = len(result) // 4
    assert groups == len(wanted)
    for key, numbers in wanted.items():
        at = dict(zip(["area", "label.title", "grade"], key))
        for metric, number in zip(["rows", "n", "weight", "zone_no"], numbers):
            cell = result.cell(metric, **at)
            assert (None if cell.exact is None else int(cell.exact)) == number, (key, metric)
    for report in result.lookups:
        looked = report.matched + report.key_missing + report.unmatched + report.no_time + report.outside
        # Places look their zone up when the first fact needs it.
        facts = data["fact"].num_rows
        assert looked == (facts if report.table == "facts" or facts == 0 else data["places"].num_rows)
    place = next(r for r in result.lookups if r.path == "place")
    assert place.rows_without_key == 2 and (place.example is None) == (place.unmatched == 0)
    assert [r.path for r in pickle.loads(pickle.dumps(result)).lookups] == [r.path for r in result.lookups]


def test_tables_to_be_fed_are_listed_and_missing_ones_are_told():
    book = rm.loads(BOOK)
    program = book.compile(metrics=["n"], by=["area"])
    assert [(table.name, table.lookup) for table in program.tables] == [("zones", True), ("places", True), ("facts", False)]
    assert rm.Program.from_bytes(program.bytes).tables.names == program.tables.names
    assert set(book.metrics["weight"].tables) == {"facts", "labels"}
    assert book.tables["places"].key == ("a", "b")
    assert {c.name: c.lookup for c in book.tables["facts"].columns}["label.title"] == "label"
    facts = pd.DataFrame({"A": ["1"], "b": [1], "c": ["x"], "day": [DAY], "n": [5]})
    with pytest.raises(rm.DataError, match="table `zones` is missing; needed by what `by` or `filter` look up"):
        book.evaluate(metrics=["n"], by=["area"], facts=facts)
    # Without the dimension nothing else is needed.
    assert book.evaluate(metrics=["n"], facts=facts)["n"] == 5


def test_a_key_that_stands_twice_is_an_error_with_its_rows():
    book = rm.loads(BOOK)
    facts = pd.DataFrame({"A": ["1"], "b": [1], "c": ["x"], "day": [DAY], "n": [5]})
    labels = pd.DataFrame({"c": ["one", "X"], "title": ["a", "b"], "weight": [1, 2]})
    with pytest.raises(rm.DataError, match=r'table `labels`.* the key "X" stands in row 1 and in row 2'):
        book.evaluate(metrics=["weight"], facts=facts, labels=labels)

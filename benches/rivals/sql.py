"""The KPIs as SQL: as somebody writes them in a BI tool, and once more with the work shared by hand."""

from __future__ import annotations

from .kpis import COST, HOURS, LIST, NET, ROWS, Agg, Formula, In, Is, Kpi, Range, Test, aggregates
from .work import Work

_NUMBERS = ("amount", "discount", "cost", "response_hours")


def number(value: float) -> str:
    """A number as a literal that all dialects read as a double, or as an integer."""
    return repr(value)


def test(tested: Test) -> str:
    """A condition."""
    if isinstance(tested, In):
        if len(tested.values) == 1:
            return f"{tested.column} = '{tested.values[0]}'"
        return f"{tested.column} IN ({', '.join(repr(value) for value in tested.values)})"
    if isinstance(tested, Is):
        return tested.column if tested.value else f"NOT {tested.column}"
    sides = []
    if tested.low is not None:
        sides.append(f"{tested.column} >= {number(tested.low)}")
    if tested.high is not None:
        sides.append(f"{tested.column} {'<=' if tested.closed else '<'} {number(tested.high)}")
    return " AND ".join(sides)


def measure(name: str, amount: str) -> tuple[str, str]:
    """What is added up, and by what the sum is divided."""
    if name == NET:
        return ("amount * (100 - discount)", " / 10000.0") if amount == "cents" else ("amount * (1 - discount)", "")
    if name == LIST:
        return "amount", " / 100.0" if amount == "cents" else ""
    if name == COST:
        return "cost", " / 100.0"
    return {HOURS: "response_hours", ROWS: "*"}[name], ""


def aggregate(agg: Agg, amount: str, tests: tuple[Test, ...] | None = None) -> str:
    """An aggregate with its FILTER."""
    argument, divisor = measure(agg.measure, amount)
    tests = agg.tests if tests is None else tests
    where = f" FILTER (WHERE {' AND '.join(test(t) for t in tests)})" if tests else ""
    if agg.count or agg.measure == ROWS:
        return f"COUNT({argument}){where}"
    return f"COALESCE(SUM({argument}){where}, 0){divisor}"


def formula(of: Formula, amount: str, named: dict[Agg, str] | None = None) -> str:
    """A formula over aggregates, or over columns that hold them already."""
    if isinstance(of, Agg):
        return named[of] if named else aggregate(of, amount)
    if isinstance(of, float):
        return number(of)
    sides = []
    for side in (of.left, of.right):
        text = formula(side, amount, named)
        sides.append(f"CAST({text} AS DOUBLE)" if isinstance(side, Agg) else f"({text})")
    # Nobody wants an error, or infinity, where there is nothing to divide by.
    return f"{sides[0]} / NULLIF({sides[1]}, 0)" if of.op == "/" else f"{sides[0]} {of.op} {sides[1]}"


def period(grain: str) -> str:
    """The period of a row."""
    return f"DATE_TRUNC('{grain}', sold_at)"


def as_written(work: Work, amount: str, table: str = "sales") -> str:
    """One query, each KPI written out."""
    selected = [f"{formula(kpi.formula, amount)} AS {kpi.name}" for kpi in work.kpis]
    keys = ", ".join(work.by)
    lines = ",\n  ".join([keys, f"{period(work.grain)} AS period", *selected])
    return f"SELECT\n  {lines}\nFROM {table}\nGROUP BY {keys}, {period(work.grain)}"


def categories_of(agg: Agg) -> tuple[Test, ...]:
    return tuple(t for t in agg.tests if not isinstance(t, Range))


def ranges_of(agg: Agg) -> tuple[Range, ...]:
    return tuple(t for t in agg.tests if isinstance(t, Range))


def row_part(agg: Agg) -> Agg:
    """The part of an aggregate that rows decide: without the categories that are added up later."""
    return Agg(agg.measure, ranges_of(agg), agg.count)


def _partial(
    name: str, keys: list[str], more: list[str], grain: str, sums: dict[Agg, str], amount: str, table: str
) -> str:
    lines = [*keys, f"{period(grain)} AS period", *more]
    grouped = [*keys, period(grain), *(column.split(" AS ")[0] for column in more)]
    lines += [f"{aggregate(agg, amount)} AS {column}" for agg, column in sums.items()]
    return f"{name} AS (\nSELECT {', '.join(lines)}\nFROM {table}\nGROUP BY {', '.join(grouped)})"


def shared(work: Work, amount: str, table: str = "sales") -> str:
    """What a careful engineer writes: rows are grouped finer, once, and the KPIs are added up from that."""
    if work.name.startswith("W6"):
        return _shared_by_ranges(work, amount, table)
    aggs = aggregates(work.kpis)
    keys = list(work.by)
    columns = sorted({t.column for agg in aggs for t in categories_of(agg)} - set(keys))
    sums = {bare: f"m{number}" for number, bare in enumerate(dict.fromkeys(map(row_part, aggs)))}
    named = {agg: f"a{number}" for number, agg in enumerate(aggs)}
    fine = _partial("fine", keys, columns, work.grain, sums, amount, table)
    grouped = ", ".join([*keys, "period"])
    coarse = ", ".join(f"{_added(sums[row_part(agg)], categories_of(agg))} AS {named[agg]}" for agg in aggs)
    selected = ",\n  ".join(f"{formula(kpi.formula, amount, named)} AS {kpi.name}" for kpi in work.kpis)
    return (
        f"WITH {fine},\ncoarse AS (\nSELECT {grouped}, {coarse}\nFROM fine\nGROUP BY {grouped})\n"
        f"SELECT {grouped},\n  {selected}\nFROM coarse"
    )


def _added(column: str, tests: tuple[Test, ...]) -> str:
    where = f" FILTER (WHERE {' AND '.join(test(t) for t in tests)})" if tests else ""
    return f"COALESCE(SUM({column}){where}, 0)"


def ends(kpis: tuple[Kpi, ...]) -> dict[str, list[float]]:
    """For each column of numbers, the ends of all ranges over it, in order."""
    found: dict[str, set[float]] = {}
    for kpi in kpis:
        for agg in aggregates((kpi,)):
            for side in ranges_of(agg):
                found.setdefault(side.column, set()).update(x for x in (side.low, side.high) if x is not None)
    return {column: sorted(found[column]) for column in _NUMBERS if column in found}


def buckets(tested: Range, of: list[float]) -> tuple[int, int]:
    """The buckets inside a range, first and last: bucket i holds what i of the ends do not exceed."""
    first = 0 if tested.low is None else of.index(tested.low) + 1
    last = len(of) if tested.high is None else of.index(tested.high)
    return first, last


def bucket(column: str, of: list[float]) -> str:
    """How many of the ends a number reaches, by halving; a missing number has no bucket."""

    def halve(low: int, high: int) -> str:
        if low == high:
            return str(low)
        middle = (low + high) // 2
        return f"CASE WHEN {column} < {number(of[middle])} THEN {halve(low, middle)} ELSE {halve(middle + 1, high)} END"

    return f"CASE WHEN {column} IS NULL THEN -1 ELSE {halve(0, len(of))} END"


def _shared_by_ranges(work: Work, amount: str, table: str) -> str:
    """W6: one finer grouping for the categories, and one for each column of numbers, cut at the ends of all ranges."""
    keys = list(work.by)
    grouped = ", ".join([*keys, "period"])
    cut = ends(work.kpis)
    families: dict[str, list[Kpi]] = {"": []}
    for kpi in work.kpis:
        (agg,) = aggregates((kpi,))
        ranges = ranges_of(agg)
        families.setdefault(ranges[0].column if ranges else "", []).append(kpi)
    parts, joined = [], []
    for number_, (column, members) in enumerate(families.items()):
        aggs = [aggregates((kpi,))[0] for kpi in members]
        bare = Agg(aggs[0].measure, (), aggs[0].count)
        categories = sorted({t.column for agg in aggs for t in categories_of(agg)} - set(keys))
        more = [*categories, *([f"{bucket(column, cut[column])} AS bucket"] if column else [])]
        parts.append(_partial(f"fine{number_}", keys, more, work.grain, {bare: "m"}, amount, table))
        selected = []
        for kpi, agg in zip(members, aggs):
            tests = [test(t) for t in categories_of(agg)]
            for side in ranges_of(agg):
                first, last = buckets(side, cut[column])
                tests.append(f"bucket BETWEEN {first} AND {last}")
            selected.append(f"COALESCE(SUM(m) FILTER (WHERE {' AND '.join(tests)}), 0) AS {kpi.name}")
        name = f"coarse{number_}"
        parts.append(
            f"{name} AS (\nSELECT {grouped}, {', '.join(selected)}\nFROM fine{number_}\nGROUP BY {grouped})"
        )
        joined.append(name)
    names = ", ".join([*(f"coarse0.{key} AS {key}" for key in [*keys, "period"]), *(kpi.name for kpi in work.kpis)])
    joins = "\n".join(
        f"JOIN {name} ON {' AND '.join(f'coarse0.{key} = {name}.{key}' for key in [*keys, 'period'])}"
        for name in joined[1:]
    )
    return f"WITH {', '.join(parts)}\nSELECT {names}\nFROM coarse0\n{joins}"

"""Random formulas with their units, found by measuring: nothing here knows a rule of units.

    python3 tests/units_oracle.py > tests/data/units.json

If prices are told in cents instead of dollars, every dollar value is a hundred times what it was, and so a result in
dollars by kilogram has to be, too. A formula makes sense exactly if changing any base unit multiplies its result by a
power of the factor; the power is the exponent of that unit. So each formula is computed with its values in changed units,
and what comes out is compared. Where two sides have to be in one unit (a sum, a comparison, a minimum), any positive
combination of both stands for the operator, so that nothing cancels by accident. tests/units.rs compares with what
ripplemark says. To be run again only when the cases change.
"""

import json
import math
import random
from decimal import Decimal, getcontext

getcontext().prec = 60
dice = random.Random(1729)

BASES = ["money[USD]", "money[EUR]", "kg", "seats"]
# Columns: name, exponents. Two of each kind, so that sums are not of the same column twice.
COLUMNS = {
    "price": (1, 0, 0, 0),
    "cost": (1, 0, 0, 0),
    "preis": (0, 1, 0, 0),
    "kosten": (0, 1, 0, 0),
    "weight": (0, 0, 1, 0),
    "load": (0, 0, 1, 0),
    "seats": (0, 0, 0, 1),
    "chairs": (0, 0, 0, 1),
    "tariff": (1, 0, -1, 0),
    "area": (0, 0, 2, -1),
    "part": (0, 0, 0, 0),
}
# Of one size, so that in no sum one side is lost beside the other.
VALUES = {name: 1 + Decimal(dice.randrange(10**9)) / 10**9 for name in COLUMNS}
NONE = (0, 0, 0, 0)


def add(a, b, sign=1):
    return tuple(x + sign * y for x, y in zip(a, b))


# A formula is (text, function of the values); `sides` collects pairs that must be in one unit though no result shows it.


class Formula:
    def __init__(self, text, value, sides=()):
        self.text, self.value, self.sides = text, value, list(sides)


def leaf(unit, rows):
    names = [name for name, own in COLUMNS.items() if own == unit]
    if names:
        name = dice.choice(names)
        if rows:
            return Formula(name, lambda v: v[name])
        call = dice.choice(["sum", "sum", "average", "min", "max"])
        return Formula(f"{call}({name})", lambda v: v[name])
    if unit == NONE and not rows:
        return Formula("count()", lambda v: Decimal(1))
    at = next((i for i, exponent in enumerate(unit) if exponent), None)
    if at is None:
        return Formula("part", lambda v: v["part"])
    one = tuple(int(i == at) for i in range(4))
    base = leaf(one, rows)
    rest = leaf(add(unit, one, -1 if unit[at] > 0 else 1), rows)
    if unit[at] > 0:
        return Formula(f"({base.text} * {rest.text})", lambda v: base.value(v) * rest.value(v))
    return Formula(f"({rest.text} / {base.text})", lambda v: rest.value(v) / base.value(v))


def other(unit):
    """Now and then another unit than the one that is meant."""
    if dice.random() < 0.12:
        return add(unit, dice.choice([(1, 0, 0, 0), (-1, 1, 0, 0), (0, 0, 1, -1), (0, 0, 0, 2)]))
    return unit


def some_unit():
    return dice.choice([*set(COLUMNS.values()), (0, 0, 0, 0), (1, 0, 0, -1), (0, 1, -1, 0)])


def same(a, b, frame, weight):
    """Whatever wants one unit on both sides: a positive combination does, too."""
    return Formula(frame(a.text, b.text), lambda v: a.value(v) + weight * b.value(v), a.sides + b.sides)


def make(unit, depth, rows):
    if depth == 0:
        return leaf(unit, rows)
    kind = dice.choice("+ + - * * / / literal literal2 min ?? if neg round square clamp root agg block abs".split())
    if rows and kind == "agg" or kind == "root" and rows:
        kind = "+"
    if kind in ("+", "-"):
        a, b = make(unit, depth - 1, rows), make(other(unit), depth - 1, rows)
        return same(a, b, lambda x, y: f"({x} {kind} {y})", Decimal(3) / 7)
    if kind in ("*", "/"):
        part = some_unit()
        a, b = make(add(unit, part, -1 if kind == "*" else 1), depth - 1, rows), make(part, depth - 1, rows)
        sides = a.sides + b.sides
        if kind == "*":
            return Formula(f"({a.text} * {b.text})", lambda v: a.value(v) * b.value(v), sides)
        return Formula(f"({a.text} / {b.text})", lambda v: a.value(v) / b.value(v), sides)
    if kind == "literal":
        a, factor = make(unit, depth - 1, rows), dice.choice(["2", "0.5", "1000"])
        return Formula(f"({factor} * {a.text})", lambda v: Decimal(factor) * a.value(v), a.sides)
    if kind == "literal2":
        a = make(add(NONE, unit, -1), depth - 1, rows)
        return Formula(f"(12 / {a.text})", lambda v: 12 / a.value(v), a.sides)
    if kind in ("min", "??", "clamp"):
        a, b = make(unit, depth - 1, rows), make(other(unit), depth - 1, rows)
        frames = {
            "min": lambda x, y: f"{dice.choice(['min', 'max'])}({x}, {y})",
            "??": lambda x, y: f"({x} ?? {y})",
            "clamp": lambda x, y: f"clamp({x}, 0, {y})",
        }
        return same(a, b, frames[kind], Decimal(5) / 3)
    if kind == "if":
        asked = some_unit()
        left, right = make(asked, depth - 1, rows), make(other(asked), 0, rows)
        a, b = make(unit, depth - 1, rows), make(other(unit), 0, rows)
        sign = dice.choice([">", "<=", "=="])
        found = same(a, b, lambda x, y: f"(if ({left.text}) {sign} ({right.text}) {{ {x} }} else {{ {y} }})", Decimal(2))
        found.sides += [*left.sides, *right.sides, lambda v: left.value(v) + 11 * right.value(v)]
        return found
    if kind == "square" and all(exponent % 2 == 0 for exponent in unit):
        a = make(tuple(exponent // 2 for exponent in unit), depth - 1, rows)
        return Formula(f"{a.text} ** 2" if a.text[0] == "(" else f"({a.text}) ** 2", lambda v: a.value(v) ** 2, a.sides)
    if kind == "root":
        a = make(unit, depth - 1, rows)
        text = f"sqrt({a.text} * {a.text})"
        return Formula(text, lambda v: (a.value(v) * a.value(v)).sqrt(), a.sides)
    if kind == "agg":
        a = make(unit, depth - 1, True)
        return Formula(f"{dice.choice(['sum', 'average', 'max'])}({a.text})", a.value, a.sides)
    if kind == "block" and not rows:
        a, b = make(unit, depth - 1, rows), make(other(unit), 0, rows)
        return same(a, b, lambda x, y: f"{{ let own = {x}; own + {y} }}", Decimal(1) / 9)
    call = {"neg": "-({})", "round": "round({})", "abs": "abs({})"}.get(kind, "abs({})")
    a = make(unit, depth - 1, rows)
    return Formula(call.format(a.text), a.value, a.sides)


def exponents(value):
    """The power of each base unit, or `None` where a change of one does not multiply the result by a power."""
    plain = value(VALUES)
    powers = []
    for at in range(4):
        found = set()
        for factor in (Decimal(2), Decimal(10), Decimal("0.03")):
            scaled = {name: v * factor ** COLUMNS[name][at] for name, v in VALUES.items()}
            power = float((value(scaled) / plain).ln() / factor.ln())
            if not math.isclose(power, round(power), rel_tol=0, abs_tol=1e-12):
                return None
            found.add(round(power))
        if len(found) > 1:
            return None
        powers.append(found.pop())
    return powers


cases, seen = [], set()
while len(cases) < 1500:
    formula = make(some_unit(), dice.choice([1, 2, 2, 3, 3, 4]), False)
    if formula.text in seen or len(formula.text) > 400:
        continue
    seen.add(formula.text)
    powers = exponents(formula.value)
    if powers is not None and any(exponents(side) is None for side in formula.sides):
        powers = None
    if powers is not None and max(map(abs, powers)) > 12:
        continue
    unit = None if powers is None else {base: power for base, power in zip(BASES, powers) if power}
    cases.append({"formula": formula.text, "unit": unit})
print(json.dumps(cases, indent=0))

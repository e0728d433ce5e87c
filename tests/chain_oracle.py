"""Random changes with their contributions, by the definition itself: all orders in which the drivers can move.

    python3 tests/chain_oracle.py [TREES]

Writes JSON that tests/chain.rs compares with what ripplemark finds. Nothing of ripplemark is used here: numbers are
`fractions.Fraction`, formulas are nested tuples, and a contribution is the mean over all n! orders of what the formula
did when the driver moved.
"""

import itertools
import json
import random
import sys
from collections import Counter
from fractions import Fraction
from functools import cache

TREES = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
dice = random.Random(20171231)


# Formulas: ("number", x), ("leaf", i), ("neg", a), ("+", a, b) …


def evaluate(tree, values):
    kind = tree[0]
    if kind == "number":
        return tree[1]
    if kind == "leaf":
        return values[tree[1]]
    parts = [evaluate(part, values) for part in tree[1:]]
    if kind == "neg":
        return -parts[0]
    a, b = parts
    return a + b if kind == "+" else a - b if kind == "-" else a * b if kind == "*" else a / b


def leaves(tree):
    if tree[0] == "leaf":
        return {tree[1]}
    return set().union(*(leaves(part) for part in tree[1:] if isinstance(part, tuple)))


def denominators(tree):
    for part in tree[1:]:
        if isinstance(part, tuple):
            yield from denominators(part)
    if tree[0] == "/":
        yield tree[2]


def steps(tree):
    if tree[0] == "number":
        return [{"number": str(tree[1])}]
    if tree[0] == "leaf":
        return [{"leaf": tree[1]}]
    return [step for part in tree[1:] for step in steps(part)] + [tree[0]]


def mixed(before, after, moved):
    return [after[i] if i in moved else before[i] for i in range(len(before))]


def subsets(items):
    items = sorted(items)
    return (set(some) for size in range(len(items) + 1) for some in itertools.combinations(items, size))


def players(tree, before, after):
    """Drivers that cannot move one by one, because a denominator would be 0 on the way, are one player."""
    groups = [{leaf} for leaf in range(len(before))]
    for denominator in denominators(tree):
        moving = {leaf for leaf in leaves(denominator) if before[leaf] != after[leaf]}
        zero = False
        for some in subsets(moving):
            try:
                zero |= evaluate(denominator, mixed(before, after, some)) == 0
            except ZeroDivisionError:
                pass
        if zero:
            touched = [group for group in groups if group & moving]
            groups = [group for group in groups if not group & moving] + [set().union(*touched)]
    return sorted(groups, key=min)


@cache
def marginals(n):
    """How often each step (who has moved already, who moves) occurs among all orders."""
    counts = Counter()
    for order in itertools.permutations(range(n)):
        for at, player in enumerate(order):
            counts[frozenset(order[:at]), player] += 1
    return sum(counts.values()) // n if n else 1, counts


def contributions(tree, before, after):
    groups = players(tree, before, after)
    moving = [group for group in groups if any(before[i] != after[i] for i in group) and group & leaves(tree)]
    known = {}

    def f(some):
        if some not in known:
            known[some] = evaluate(tree, mixed(before, after, set().union(*(moving[p] for p in some))))
        return known[some]

    orders, counts = marginals(len(moving))
    sums = [Fraction(0)] * len(moving)
    for (some, player), count in counts.items():
        sums[player] += count * (f(some | {player}) - f(some))
    shares = {min(group): total / orders for group, total in zip(moving, sums)}
    return [(sorted(group), shares.get(min(group), Fraction(0))) for group in groups]


def double(number):
    try:
        return (number.numerator / number.denominator + 0.0).hex()
    except OverflowError:
        return None


def value():
    """Zeros and negatives are frequent on purpose, and so are equal sizes that cancel."""
    kind = dice.randrange(8)
    if kind == 0:
        return Fraction(0)
    if kind < 5:
        return Fraction(dice.randint(-3, 3))
    if kind == 5:
        return Fraction(dice.randint(-9, 9), dice.randint(1, 9))
    return Fraction(dice.randint(-(10**dice.randint(1, 12)), 10**9), 10 ** dice.randint(0, 4))


def tree(depth, n):
    kind = dice.randrange(15)
    if depth <= 0:
        return ("number", value()) if dice.randrange(9) == 0 else ("leaf", dice.randrange(n))
    if kind == 0:
        return tree(0, n)
    if kind == 1:
        return ("neg", tree(depth - 1, n))
    if kind == 2:
        # A share of two: where one takes all from the other, it is 0 / 0 on the way.
        part = ("leaf", dice.randrange(n))
        return ("/", part, (dice.choice("++-"), part, ("leaf", dice.randrange(n))))
    operator = dice.choice(["+", "+", "-", "*", "*", "*", "/", "/"])
    return (operator, tree(depth - 1, n), tree(depth - 1, n))


def text(number):
    return None if number is None else str(number)


def case(most):
    n = dice.randint(1, most)
    formula = tree(dice.randint(2, 5), n)
    before, after = [value() for _ in range(n)], [value() for _ in range(n)]
    if dice.randrange(4) == 0:
        # What one driver loses another one wins: sums pass through 0 on the way.
        before = [Fraction(dice.randint(-1, 3)) for _ in range(n)]
        after = before[1:] + before[:1]
    for leaf in range(n):
        kind = dice.randrange(25)
        if kind == 0:
            before[leaf] = None
        elif kind == 1:
            after[leaf] = None
        elif kind == 2 and dice.randrange(4) == 0:
            before[leaf] = after[leaf] = None
        elif kind < 6:
            after[leaf] = before[leaf]
    made = {"steps": steps(formula), "before": [text(x) for x in before], "after": [text(x) for x in after]}
    missing = [i for i in sorted(leaves(formula)) if before[i] is None and after[i] is None]
    if missing:
        return made | {"undefined": missing}
    filled = [i for i in range(n) if (before[i] is None) != (after[i] is None)]
    first = [b if a is None else a for a, b in zip(before, after)]
    second = [a if b is None else b for a, b in zip(before, after)]
    # Not in the formula, and without a value: never read.
    first, second = ([Fraction(0) if x is None else x for x in side] for side in (first, second))
    ends, broken = {}, []
    for name, side in (("first", first), ("second", second)):
        try:
            ends[name] = str(evaluate(formula, side))
        except ZeroDivisionError:
            broken.append({"first": "before", "second": "after"}[name])
    if broken:
        return made | {"zero_denominator": broken}
    shares = [
        {"leaves": group, "exact": str(exact), "hex": double(exact), "filled": group[0] in filled}
        for group, exact in contributions(formula, first, second)
    ]
    return made | ends | {"shares": shares}


def rounding():
    n = dice.randint(0, 7)
    exponent = dice.randint(-4, 4)
    unit = Fraction(10) ** exponent
    # Halves and thirds of the unit, so that ties occur.
    parts = [Fraction(dice.randint(-40, 40), dice.choice([1, 2, 3, 4, 10])) * unit for _ in range(n)]
    total = round(sum(parts, Fraction(0)) / unit)
    shown = [part // unit for part in parts]
    by_loss = sorted(range(n), key=lambda i: (shown[i] - parts[i] / unit, i))
    for i in by_loss[: total - sum(shown)]:
        shown[i] += 1
    scale = "1e%d" % exponent
    from decimal import Decimal

    texts = [format(Decimal(units) * Decimal(scale), "f") for units in shown]
    return {"exponent": exponent, "parts": [str(p) for p in parts], "units": shown, "texts": texts, "total": total}


def rounded_double():
    kind = dice.randrange(4)
    number = Fraction(dice.getrandbits(dice.randint(1, 200)) + 1, dice.getrandbits(dice.randint(1, 200)) + 1)
    if kind == 0:
        number *= Fraction(2) ** dice.randint(-1150, 1100)
    elif kind == 1:
        # Half way between two doubles, or next to it.
        odd = (dice.getrandbits(53) | 1 << 53) * 2 + 1
        number = Fraction(odd) * Fraction(2) ** dice.randint(-1140, 960) + dice.choice([0, 1, -1]) * Fraction(1, 2**1300)
    elif kind == 2:
        # Around the smallest subnormals.
        number = Fraction(dice.randint(0, 9), dice.randint(1, 9)) * Fraction(2) ** -1074
    number *= dice.choice([1, -1])
    shown = double(number)
    return {"number": str(number), "hex": "0x0.0p+0" if shown == "-0x0.0p+0" else shown}


def segments():
    made = []
    for _ in range(dice.randint(1, 6)):
        sides = []
        for _ in range(2):
            absent = dice.randrange(5) == 0
            sides.append(None if absent else (value(), Fraction(dice.randint(0, 9)) if dice.randrange(3) else value()))
        made.append(sides)
    wholes = [sum((s[side][1] for s in made if s[side]), Fraction(0)) for side in (0, 1)]
    out = {"segments": [[None if s is None else [str(x) for x in s] for s in sides] for sides in made]}
    if 0 in wholes:
        names = ("before", "after")
        return out | {"zero_denominator": [names[side] for side in (0, 1) if wholes[side] == 0]}
    totals = [sum((s[side][0] for s in made if s[side]), Fraction(0)) / wholes[side] for side in (0, 1)]
    middle = sum(totals) / 2
    effects = []
    for sides in made:
        weights = [Fraction(0) if s is None else s[1] / whole for s, whole in zip(sides, wholes)]
        ratios = [None if s is None or s[1] == 0 else s[0] / s[1] for s in sides]
        if ratios == [None, None]:
            ratios = [Fraction(0), Fraction(0)]
        ratios = [ratios[1 - side] if ratio is None else ratio for side, ratio in enumerate(ratios)]
        mix = (weights[1] - weights[0]) * (sum(ratios) / 2 - middle)
        rate = sum(weights) / 2 * (ratios[1] - ratios[0])
        effects.append([mix, rate])
    change = totals[1] - totals[0]
    rest = change - sum(map(sum, effects))
    rate = sum(effect[1] for effect in effects)
    return out | {
        "change": str(change),
        "effects": [[str(x) for x in effect] for effect in effects],
        "unexplained": str(rest),
        "simpson": rate * change < 0,
    }


def main():
    # Six drivers at most in most trees: all 720 orders; a few with eight. Changes that have no contributions come on top.
    trees, found = [], 0
    while found < TREES:
        made = case(8 if found % 50 == 0 else 6)
        moving = sum(share["exact"] != "0" for share in made.get("shares", []))
        if moving < 2 and dice.randrange(10):
            continue
        trees.append(made)
        found += "shares" in made
    print(
        json.dumps(
            {
                "trees": trees,
                "rounding": [rounding() for _ in range(TREES)],
                "doubles": [rounded_double() for _ in range(TREES)],
                "segments": [segments() for _ in range(TREES)],
            }
        )
    )


main()

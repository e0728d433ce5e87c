"""Random rules over random rows, with the scopes in which they fire: writes tests/data/findings.json.

Conditions are reckoned with Python's fractions and three-valued logic; nothing here knows ripplemark. Run it again after
a change of the language of conditions: python3 tests/rule_oracle.py
"""

import datetime
import json
import pathlib
import random
from fractions import Fraction as F

rng = random.Random(20260723)
REGIONS = [None, "APAC", "EMEA", "NA"]
START = datetime.date(2024, 1, 15)


def month_of(day):
    return day.year * 12 + day.month - 1


def metric_values(rows):
    """value, n, num, den of each metric over these rows; None where there is no value."""
    amounts = [F(a, 100) for _, _, a in rows if a is not None]
    won = sum(a > 0 for a in amounts)
    return {
        "deals": {"value": F(len(rows))},
        "total": {"value": sum(amounts, F(0)) if amounts else None},
        "rate": {
            "value": F(won, len(rows)) if rows else None,
            "n": F(len(rows)),
            "num": F(won) if rows else "?",
            "den": F(len(rows)) if rows else "?",
        },
    }


FACETS = [
    ("deals", "value"), ("deals", "prior"), ("total", "value"), ("total", "prior"),
    ("rate", "value"), ("rate", "prior"), ("rate", "n"), ("rate", "num"), ("rate", "den"),
]


def number(depth):
    if depth == 0 or rng.random() < 0.3:
        if rng.random() < 0.35:
            word = rng.choice(["0", "1", "0.5", "2", "0.1", "7.25", "12"])
            return ("num", F(word)), word
        metric, facet = rng.choice(FACETS)
        return ("facet", metric, facet), f"{metric}.{facet}"
    kind = rng.choice(["+", "-", "*", "/", "??", "neg", "min", "abs", "if"])
    (a, x), (b, y) = number(depth - 1), number(depth - 1)
    if kind == "neg":
        return ("neg", a), f"(-({x}))"
    if kind == "abs":
        return ("abs", a), f"abs({x})"
    if kind == "min":
        return ("min", a, b), f"min({x}, {y})"
    if kind == "if":
        c, z = truth(depth - 1)
        return ("if", c, a, b), f"(if {z} {{ {x} }} else {{ {y} }})"
    return (kind, a, b), f"({x} {kind} {y})"


def truth(depth):
    if depth == 0 or rng.random() < 0.3:
        op = rng.choice(["<", "<=", ">", ">=", "==", "!="])
        (a, x), (b, y) = number(max(depth - 1, 0)), number(0)
        return (op, a, b), f"{x} {op} {y}"
    kind = rng.choice(["&&", "||", "!", "is_null", "region"])
    if kind == "is_null":
        a, x = number(0)
        return ("is_null", a), f"is_null({x})"
    if kind == "region":
        wanted = rng.choice(["EMEA", "NA"])
        return ("region", wanted), f'region == "{wanted}"'
    a, x = truth(depth - 1)
    if kind == "!":
        return ("!", a), f"!({x})"
    b, y = truth(depth - 1)
    return (kind, a, b), f"(({x}) {kind} ({y}))"


def value(tree, facts):
    op, *args = tree
    if op == "num":
        return args[0]
    if op == "facet":
        return facts[tuple(args)]
    if op == "region":
        return None if facts["region"] is None else facts["region"] == args[0]
    if op == "if":
        c = value(args[0], facts)
        return None if c is None else value(args[1] if c else args[2], facts)
    if op == "??":
        a = value(args[0], facts)
        return value(args[1], facts) if a is None else a
    if op == "is_null":
        return value(args[0], facts) is None
    vs = [value(arg, facts) for arg in args]
    if op in ("&&", "||"):
        stop = op == "||"
        return stop if stop in vs else None if None in vs else not stop
    if None in vs:
        return None
    a = vs[0]
    if op == "neg":
        return -a
    if op == "abs":
        return abs(a)
    if op == "!":
        return not a
    b = vs[1]
    if op == "/":
        return a / b if b else None
    return {
        "+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "min": lambda: min(a, b),
        "<": lambda: a < b, "<=": lambda: a <= b, ">": lambda: a > b, ">=": lambda: a >= b,
        "==": lambda: a == b, "!=": lambda: a != b,
    }[op]()


def case(n):
    rows = []
    for _ in range(rng.randrange(1, 22)):
        day = START + datetime.timedelta(days=rng.randrange(0, 90))
        amount = None if rng.random() < 0.15 else rng.randrange(-300, 1500)
        rows.append((day, rng.choice(REGIONS), amount))
    as_of = None if rng.random() < 0.5 else START + datetime.timedelta(days=rng.randrange(20, 110))
    known = as_of or max(day for day, _, _ in rows)
    month = month_of(known + datetime.timedelta(days=1)) - 1
    seen = [row for row in rows if row[0] <= known]
    by_scope = rng.random() < 0.8
    rules = []
    for _ in range(4):
        tree, text = truth(3)
        if "." not in text.replace("0.", ""):
            continue
        used = {m for m, _ in FACETS if m in text}
        if not used or (not by_scope and "region" in text):
            continue
        current = [row for row in seen if month_of(row[0]) == month]
        before = [row for row in seen if month_of(row[0]) == month - 1]
        scopes = sorted({row[1] for row in current + before}, key=lambda r: (r is not None, r)) if by_scope else ["*"]
        fired, skipped = [], 0
        for scope in scopes:
            of = lambda rows: [row for row in rows if scope in ("*", row[1])]
            now, then = metric_values(of(current)), metric_values(of(before))
            facts = {"region": None if scope == "*" else scope}
            for metric, facet in FACETS:
                if facet == "prior":
                    facts[metric, facet] = then[metric]["value"] if before else None
                else:
                    facts[metric, facet] = now[metric][facet]
            if "?" in facts.values() and ("num" in text or "den" in text):
                # A quotient without a denominator: whether its parts are values is not the question here.
                fired = None
                break
            result = value(tree, facts)
            if result is None:
                skipped += 1
            elif result:
                fired.append(scope)
        if fired is not None:
            rules.append({"when": text, "fired": fired, "skipped": skipped, "looked_at": len(scopes)})
    if not rules:
        return None
    return {
        "number": n, "rows": [[d.isoformat(), r, a] for d, r, a in rows], "as_of": as_of and as_of.isoformat(),
        "period": f"{month // 12}-{month % 12 + 1:02}", "scope": by_scope, "rules": rules,
    }


cases = [c for c in (case(n) for n in range(160)) if c]
path = pathlib.Path(__file__).parent / "data" / "findings.json"
path.write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
rules = [rule for c in cases for rule in c["rules"]]
print(len(cases), "cases", len(rules), "rules,", sum(bool(r["fired"]) for r in rules), "fire,",
      sum(bool(r["skipped"]) for r in rules), "skip")

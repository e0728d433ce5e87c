"""Random targets with their exact results, reckoned with Python's fractions: writes tests/data/targets.json.

Nothing here knows ripplemark: rows are summed with fractions, days are counted with datetime, and the formulas are
those of docs/SPEC.md in another shape. Run it again after a change of the formulas: python3 tests/target_oracle.py
"""

import datetime
import json
import pathlib
import random
from fractions import Fraction as F

DAY = datetime.timedelta(days=1)
REGIONS = ["APAC", "EMEA", "NA", None]
rng = random.Random(20260722)


def text(x):
    return None if x is None else f"{x.numerator}/{x.denominator}"


def month_bounds(day):
    first = day.replace(day=1)
    return first, (first + 40 * DAY).replace(day=1)


class Metric:
    """total: sum of amounts; average: sum over count; won: share of rows with a positive amount."""

    def __init__(self, kind):
        self.kind = kind

    def of(self, rows):
        amounts = [F(row[2], 100) for row in rows if row[2] is not None]
        if self.kind == "total":
            return sum(amounts, F(0))
        if self.kind == "average":
            return sum(amounts, F(0)) / len(amounts) if amounts else None
        return F(sum(a > 0 for a in amounts), len(rows)) if rows else None


def better(actual, other, good):
    """Actual measured by another number, 1 where they are equal, more where it is better."""
    if actual is None or other is None or other == 0:
        return None
    plain = (good == "up") == (other > 0)
    return actual / other if plain else 2 - actual / other


def judge(actual, goal, base, has_base, s, is_total, good):
    if is_total:
        expected = None if goal is None else goal * s
    elif not has_base:
        expected = goal
    else:
        expected = None if base is None or goal is None else base * (1 - s) + goal * s
    diff = lambda a, b: None if a is None or b is None else a - b
    met = None if actual is None or goal is None else (actual >= goal if good == "up" else actual <= goal)
    pace = better(actual, expected, good)
    if s == 0:
        status = "not_started"
    elif met is None:
        status = None
    elif s == 1:
        status = "reached" if met else "missed"
    elif is_total and good == "up" and met and goal > 0:
        status = "reached"
    elif expected is None:
        status = None
    elif expected == 0:
        off = actual if good == "up" else -actual
        status = "on_track" if off >= 0 else "behind"
    else:
        status = "on_track" if pace >= 1 else "at_risk" if pace >= F(9, 10) else "behind"
    progress = None
    if has_base and None not in (actual, goal, base) and goal != base:
        progress = (actual - base) / (goal - base)
    return {
        "actual": text(actual),
        "goal": text(goal),
        "expected": text(expected),
        "attainment": text(better(actual, goal, good)),
        "progress": text(progress),
        "pace": text(pace),
        "gap": text(diff(actual, expected)),
        "gap_to_goal": text(diff(actual, goal)),
        "status": status,
    }


def case(number):
    kind = rng.choice(["total", "total", "average", "won"])
    metric = Metric(kind)
    good = rng.choice(["up", "up", "down"])
    start = datetime.date(2024, 1, 1) + rng.randrange(60) * DAY
    length = rng.choice([1, 2, 7, 30, 61, 91])
    due = start + (length - 1) * DAY
    rows = []
    for _ in range(rng.randrange(0, 25)):
        day = start + rng.randrange(-70, length + 20) * DAY
        amount = None if rng.random() < 0.1 else rng.randrange(-300, 2000)
        rows.append([day.isoformat(), rng.choice(REGIONS), amount])
    as_of = None if rng.random() < 0.3 else start + rng.randrange(-3, length + 10) * DAY
    known = as_of
    if known is None and rows:
        known = max(datetime.date.fromisoformat(row[0]) for row in rows)
    over = kind != "total" and rng.random() < 0.3
    base_kind = rng.choice(["none", "none", "number", "month", "days"])
    base_days, base_word = None, None
    if base_kind == "month":
        first, _ = month_bounds(start)
        first, end = month_bounds(first - DAY)
        base_days, base_word = (first, end - DAY), first.strftime("%Y-%m")
    elif base_kind == "days":
        last = start - rng.randrange(1, 20) * DAY
        first = last - rng.randrange(0, 30) * DAY
        base_days, base_word = (first, last), {"from": first.isoformat(), "until": last.isoformat()}
    elif base_kind == "number":
        base_word = rng.choice(["0", "0.5", "3.25", "10"])
    def between(rows, first, last, region):
        days = lambda row: datetime.date.fromisoformat(row[0])
        return [
            row for row in rows
            if first <= days(row) <= last and days(row) <= known and (region == "*" or row[1] == region)
        ]

    def base_of(region):
        if base_kind == "none":
            return None
        if base_kind == "number":
            return F(base_word)
        if known is None or base_days[1] > known:
            return None
        return metric.of(between(rows, *base_days, region))

    if known is None:
        return None
    last = min(known, due)
    s = F(max(0, (last - start).days + 1), length)

    def actual_of(region):
        if last < start:
            return None
        if over:
            first, _ = month_bounds(last + DAY)
            first, end = month_bounds(first - DAY)
            return metric.of(between(rows, first, end - DAY, region))
        return metric.of(between(rows, start, last, region))

    goal_number = F(rng.choice([-500, 0, 30, 250, 1000, 20000]), 100)
    reached = actual_of("*")
    if reached and s and rng.random() < 0.6:
        # Near what is needed, so that every status occurs.
        near = reached / (s if kind == "total" else 1) * F(rng.randrange(80, 120), 100)
        goal_number = F(round(near * 100), 100)
    goal_word = f"{float(goal_number)}"
    builds = base_kind != "none" and rng.random() < 0.5
    if builds:
        goal_word = f"baseline + {goal_word}" if goal_number >= 0 else f"baseline - {-float(goal_number)}"

    def goal_of(base):
        if not builds:
            return goal_number
        return None if base is None else base + goal_number

    has_base = base_kind != "none"
    whole_base = base_of("*")
    whole_goal = goal_of(whole_base)
    whole = judge(actual_of("*"), whole_goal, whole_base, has_base, s, kind == "total", good)
    parts, gaps = [], None
    split = None
    if kind == "total" and rng.random() < 0.6:
        cuts = sorted(rng.sample(range(1, 20), 2))
        shares = [F(cuts[0], 20), F(cuts[1] - cuts[0], 20), F(20 - cuts[1], 20)]
        split = {region: text(share) for region, share in zip(["NA", "EMEA", "APAC"], shares)}
        gaps = {}
        for region, share in zip(["NA", "EMEA", "APAC"], shares):
            base = whole_base * share if base_kind == "number" else base_of(region)
            goal = None if whole_goal is None else whole_goal * share
            part = judge(actual_of(region), goal, base, has_base, s, True, good)
            parts.append({"key": region, **part})
            if part["gap"] is not None:
                owner = "Sales" if region == "EMEA" else "Marketing"
                gaps[owner] = gaps.get(owner, F(0)) + F(part["gap"])
        if whole["gap"] is not None:
            rest = F(whole["gap"]) - sum(gaps.values(), F(0))
            if rest:
                gaps["unsplit"] = rest
        gaps = {owner: text(gap) for owner, gap in gaps.items()} if whole["gap"] is not None else {}
    return {
        "number": number, "kind": kind, "good": good, "from": start.isoformat(), "due": due.isoformat(),
        "rows": rows, "as_of": as_of and as_of.isoformat(), "over": "month" if over else None,
        "baseline": base_word, "goal": goal_word, "split": split,
        "elapsed": text(s), "whole": whole, "parts": parts, "gaps": gaps,
    }


cases = [c for c in (case(n) for n in range(280)) if c]
path = pathlib.Path(__file__).parent / "data" / "targets.json"
path.write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
print(len(cases), "cases")

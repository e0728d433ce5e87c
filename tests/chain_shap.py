"""Contributions against those of the package `shap`, within the error of its floats.

    python3 tests/chain_shap.py CASES.json

CASES.json is what tests/chain.rs wrote: formulas, two states, and what ripplemark found. `shap.explainers.Exact` with
one background row, the first state, enumerates the same subsets. Ends with status 77 where `shap` is not installed.
"""

import json
import sys

try:
    import numpy as np
    import shap
except ImportError as missing:
    print(f"no {missing.name}")
    sys.exit(77)


def model(steps):
    def run(rows):
        stack = []
        for step in steps:
            if isinstance(step, dict):
                column = rows[:, step["leaf"]] if "leaf" in step else np.full(len(rows), step["number"])
                stack.append(column.astype(float))
            elif step == "neg":
                stack.append(-stack.pop())
            else:
                b, a = stack.pop(), stack.pop()
                stack.append({"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}[step](a, b))
        return stack.pop()

    return run


cases = json.load(open(sys.argv[1]))
worst = 0.0
for case in cases:
    before, after = np.array([case["before"]]), np.array([case["after"]])
    masker = shap.maskers.Independent(before, max_samples=1)
    run = model(case["steps"])
    found = shap.explainers.Exact(run, masker)(after).values[0]
    ours = np.array(case["contributions"])
    size = max(np.abs(part).max() for part in (ours, found, run(before), run(after)))
    if size == 0:
        continue
    worst = max(worst, float(np.abs(found - ours).max() / size))
print(f"{len(cases)} changes, largest difference {worst:.1e} of the largest number")
sys.exit(0 if cases and worst < 1e-9 else 1)

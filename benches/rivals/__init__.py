"""ripplemark and other engines on the same work, in one run.

`python -m rivals.run` measures, `python -m rivals.table` shows; docs/BENCHMARKS.md says how and what it means.
"""

"""Tables for people, from a result file: `python -m rivals.table FILE` puts them into README.md and docs/BENCHMARKS.md.

A table stands between two marks, the first of which names its file; with `--check` nothing is written, and the exit
code says whether what stands there is what the file gives. Nothing but the standard library is needed for that.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", ROOT / "docs" / "BENCHMARKS.md")
_MARKS = re.compile(r"(<!-- rivals: (summary|all) of )(\S+)( -->\n)(.*?)(<!-- /rivals -->)", re.DOTALL)

_WORK = {
    "W1": "24 KPIs by region, segment, month (768 groups)",
    "W2": "24 KPIs by rep, week (210,000 groups)",
    "W6": "200 KPIs of different filters, 768 groups",
}
_NAMES = {
    "duckdb": "DuckDB",
    "polars": "Polars",
    "datafusion": "DataFusion",
    "chdb": "chDB",
    "pandas": "pandas",
    "numpy": "numpy",
    "numexpr": "numexpr",
    "ripplemark": "ripplemark",
}

Result = dict[str, Any]


def _seconds(value: float) -> str:
    if value >= 100:
        return f"{value:.0f} s"
    return f"{value:.1f} s" if value >= 10 else f"{value:.2f} s" if value >= 0.1 else f"{value * 1000:.1f} ms"


def _times(ratio: float) -> str:
    return f"{ratio:.0f} ×" if ratio >= 20 else f"{ratio:.1f} ×" if ratio >= 2 else f"{ratio:.2f} ×"


def _name(engine: str) -> str:
    return _NAMES.get(engine, engine)


def _rival(rival: Result) -> str:
    words = [_name(rival["engine"])]
    if rival["source"] == "arrow":
        words.append("over Arrow")
    return " ".join(words)


def _style(rival: Result) -> str:
    return "shared" if rival["style"] == "shared" else "as written"


def _threads(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"


def _form(form: Result) -> str:
    words = []
    if form["order"] != "time":
        words.append(str(form["order"]))
    if form["text"] != "dictionary":
        words.append("plain text")
    if form["amount"] != "float":
        words.append({"cents": "cents as integers", "decimal": "Decimal128"}[form["amount"]])
    return ", ".join(words)


def _case(contest: Result) -> str:
    words = [contest["work"], _form(contest["form"]), _threads(contest["threads"])]
    return ", ".join(word for word in words if word)


def _meetings(found: Result) -> list[Result]:
    """Contests with rivals: neither plain reading nor ripplemark on another form of the table."""
    return [c for c in found["contests"] if c["rival"]["engine"] not in ("read", "ripplemark")]


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |\n"


def _rows(count: int) -> str:
    return f"{count / 1e6:g} M" if count >= 1_000_000 else f"{count:,}"


def summary(found: Result) -> str:
    """The table of the README: for each case ripplemark and the best rivals."""
    groups: dict[str, list[Result]] = {}
    for contest in _meetings(found):
        if contest["form"]["rows"] == found["rows"]:
            groups.setdefault(_case(contest), []).append(contest)
    text = _line(["work", "ripplemark", "best rival, as users write it", "", "best rival, work shared by hand", ""])
    text += _line(["---"] * 6)
    seen = set()
    for case, contests in groups.items():
        work = contests[0]["work"]
        shown = case if work in seen else case.replace(work, f"{work}: {_WORK[work]}", 1)
        seen.add(work)
        cells = []
        for style in ("as written", "shared"):
            of_style = [c for c in contests if c["rival"]["style"] == style]
            if not of_style:
                cells += ["", ""]
                continue
            best = min(of_style, key=lambda c: float(c["ratio"]))
            cells += [f"{_rival(best['rival'])} {_seconds(best['their_median'])}", f"**{_times(best['ratio'])}**"]
        ours = sorted(c["ours_median"] for c in contests)[len(contests) // 2]
        text += _line([shown, _seconds(ours), *cells])
    return text + "\n" + _said(found) + "\n" + _losses(found)


def _said(found: Result) -> str:
    machine, built = found["machine"], found["built"]
    names = ("duckdb", "polars", "datafusion", "chdb", "pandas")
    versions = ", ".join(f"{_name(name)} {found['versions'][name]}" for name in names if name in found["versions"])
    changed = " with changes" if built["changed_since"] else ""
    load = max(machine.get("load_before", 0.0), machine.get("load_after", 0.0))
    # A run alone on two processors has a load of about one or two.
    busy = f" **The machine was busy with other work (load {load:.0f}): ratios are rough, seconds mean nothing.**"
    return (
        f"{_rows(found['rows'])} rows, {found['date']}, {machine['cpu']}, {machine['cpus']} processors, "
        f"{machine['memory_gib']} GiB; ripplemark {built['commit']}{changed}, {versions}. "
        "× is how many times as long the rival takes, the median over alternating rounds."
        f"{busy if load > machine['cpus'] + 1 else ''}\n"
    )


def _losses(found: Result) -> str:
    lost = [c for c in _meetings(found) if c["ratio"] < 1.0]
    if not lost:
        return "No rival was faster in any case that was run.\n"
    by_case: dict[str, list[str]] = {}
    for contest in sorted(lost, key=lambda c: float(c["ratio"])):
        case = _case(contest)
        if contest["form"]["rows"] != found["rows"]:
            case += f", {_rows(contest['form']['rows'])} rows"
        shown = f"{_rival(contest['rival'])} {_style(contest['rival'])} ({_times(contest['ratio'])})"
        by_case.setdefault(case, []).append(shown)
    told = "; ".join(f"{case}: {', '.join(names)}" for case, names in sorted(by_case.items()))
    return f"**A rival is faster** (× below 1) in: {told}.\n"


def everything(found: Result) -> str:
    """All that a file holds, for docs/BENCHMARKS.md."""
    return "\n".join(part for part in (_said(found), _losses(found), *(make(found) for make in _PARTS)) if part)


def _contests(found: Result) -> str:
    text = "### W1, W2, W6\n\n"
    text += _line(["work", "rows", "rival", "written", "ripplemark", "rival", "×", "rival's memory"])
    text += _line(["---"] * 8)
    for c in _meetings(found):
        text += _line(
            [
                _case(c),
                _rows(c["form"]["rows"]),
                _rival(c["rival"]),
                _style(c["rival"]),
                _seconds(c["ours_median"]),
                _seconds(c["their_median"]),
                _times(c["ratio"]),
                f"{c['resident_peak'] / 2**30:.1f} GiB",
            ]
        )
    notes = sorted({c["ours_note"] for c in _meetings(found) if c["ours_note"]})
    if notes:
        text += "\nOf ripplemark with two threads: " + "; ".join(notes) + ".\n"
    return text if _meetings(found) else ""


def _own(found: Result) -> str:
    own = [c for c in found["contests"] if c["rival"]["engine"] == "ripplemark"]
    read = [c for c in found["contests"] if c["rival"]["engine"] == "read"]
    if not own and not read:
        return ""
    text = "### ripplemark by itself\n\n" + _line(["W1, 1 thread", "seconds", "× the time of ordered f64 with dictionaries"])
    text += _line(["---"] * 3)
    for c in own:
        text += _line([_form(c["rival_form"]), _seconds(c["their_median"]), _times(c["ratio"])])
    for c in read:
        text += f"\nReading every byte of the columns once takes {_seconds(c['their_median'])}: {c['work']} goes at "
        text += f"{c['ratio']:.2f} of the rate of memory ({_seconds(c['ours_median'])}).\n"
    for c in {c["work"]: c for c in _meetings(found) if c["threads"] == 1}.values():
        text += f"\nThe result of {c['work']} as an Arrow table takes {_seconds(c['ours_to_arrow'])} more.\n"
    return text


def _one_column(found: Result) -> str:
    part = found.get("W3")
    if not part:
        return ""
    text = f"### W3: one row formula to a column\n\n```rhai\n{part['formula']}\n```\n\n"
    text += _line(["engine", "threads", "rows", "time", "ns a row"]) + _line(["---"] * 5)
    for c in part["columns"]:
        if "median" in c:
            each = c["median"] / c["rows"] * 1e9
            cells = [_rows(c["rows"]), _seconds(c["median"]), f"{each:.1f}"]
        else:
            cells = ["", c.get("skipped") or c.get("failed") or c.get("different") or "", ""]
        text += _line([_name(c["engine"]), str(c["threads"]), *cells])
    return text


def _latency(found: Result) -> str:
    part = found.get("W4")
    if not part or not part.get("latencies"):
        return ""
    text = "### W4: latency\n\n" + _line(["from", "engine", "what", "µs"]) + _line(["---"] * 4)
    for c in part["latencies"]:
        shown = f"{c['nanoseconds'] / 1000:.2f}" if "nanoseconds" in c else str(c.get("why", ""))
        text += _line([c["from"], _name(c["engine"]), c["what"], shown])
    return text


def _files(found: Result) -> str:
    part = found.get("W8")
    if not part or not part.get("files"):
        return ""
    text = "### W8: from a file to the 24 KPIs of W1 in a file\n\n"
    text += _line(["file", "engine", "whole process", "without starting Python", "peak memory"]) + _line(["---"] * 5)
    for c in part["files"]:
        text += _line(
            [
                f"{c['file']}, {_rows(c['rows'])} rows, {c['bytes'] / 2**20:,.0f} MiB",
                _name(c["engine"]) + (f" {c['verb']}" if c["engine"] == "ripplemark" else ""),
                _seconds(c["median"]),
                _seconds(c["median_inside"]) if c["median_inside"] else "",
                f"{c['peak_bytes'] / 2**20:,.0f} MiB",
            ]
        )
    return text


def _skipped(found: Result) -> str:
    lines = []
    for entry in found["skipped"]:
        who = entry.get("engine") or entry["rival"]["shown"]
        where = f", {_case(entry)}" if "threads" in entry else ""
        lines.append(f"- {who}{where}: {entry['why']}\n")
    return "Not measured:\n\n" + "".join(lines) if lines else ""


_PARTS: tuple[Callable[[Result], str], ...] = (_contests, _own, _one_column, _latency, _files, _skipped)
_KINDS = {"summary": summary, "all": everything}


def rendered(page: str, file: str | None = None) -> str:
    """A page with its tables made anew, from the files that it names or from another one."""

    def table(found: re.Match[str]) -> str:
        named = file or found[3]
        result = json.loads((ROOT / "benches" / "results" / named).read_text(encoding="utf-8"))
        return found[1] + named + found[4] + _KINDS[found[2]](result) + found[6]

    return _MARKS.sub(table, page)


def main() -> int:
    """Writes the tables, or checks them; 1 if one is not what its file gives."""
    asked = argparse.ArgumentParser(prog="python -m rivals.table", description=__doc__)
    asked.add_argument("file", nargs="?", help="a file in benches/results; left out, those that the pages name")
    asked.add_argument("--check", action="store_true", help="write nothing, tell what differs")
    asked.add_argument("--print", action="store_true", dest="printed", help="print the tables of the file alone")
    given = asked.parse_args()
    if given.printed:
        print(everything(json.loads(Path(given.file).read_text(encoding="utf-8"))))
        return 0
    wrong = 0
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        made = rendered(text, Path(given.file).name if given.file else None)
        if made != text and given.check:
            print(f"{page.relative_to(ROOT)}: the table is not what its file gives; run `make bench-tables`")
            wrong = 1
        elif made != text:
            page.write_text(made, encoding="utf-8")
            print(f"wrote {page.relative_to(ROOT)}")
    return wrong


if __name__ == "__main__":
    sys.exit(main())

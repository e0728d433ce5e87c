"""The comparison: `python -m rivals.run --quick` or `--full`, written to a dated file under `benches/results`."""

from __future__ import annotations

import argparse
import datetime
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from . import compare, data, engines, latency, machine, onecolumn, report
from .cases import Case, cases
from .contest import OURS, Entry, Failed, Outcome, Worker, contest, judged
from .work import Form

RESULTS = Path(__file__).resolve().parents[1] / "results"
PARTS = ("W1", "W2", "W3", "W4", "W6", "W8")


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def _form(form: Form) -> dict[str, Any]:
    return {"rows": form.rows, "order": form.order, "text": form.text, "amount": form.amount}


def _entry(entry: Entry) -> dict[str, str]:
    return {"engine": entry.engine, "style": entry.style, "source": entry.source, "shown": str(entry)}


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "ours_seconds": [round(seconds, 6) for seconds in outcome.ours],
        "their_seconds": [round(seconds, 6) for seconds in outcome.theirs],
        "ours_median": round(statistics.median(outcome.ours), 6),
        "their_median": round(statistics.median(outcome.theirs), 6),
        "ratio": round(outcome.ratio, 4),
        "largest_difference": outcome.difference,
        "version": outcome.about["version"],
        "note": outcome.about["note"],
        "resident_after_load": outcome.about["memory"],
        "resident_peak": outcome.about["peak"],
    }


class Run:
    """What has been measured so far."""

    def __init__(self, rounds: int) -> None:
        self.rounds = rounds
        self.contests: list[dict[str, Any]] = []
        self.skipped: list[dict[str, Any]] = []
        self._seen: set[str] = set()

    def _absent(self, engine: str) -> bool:
        if engines.installed(engine):
            return False
        if engine not in self._seen:
            self._seen.add(engine)
            _say(f"{engine}: skipped, it is not installed")
            self.skipped.append({"engine": engine, "why": "not installed"})
        return True

    def case(self, case: Case) -> None:
        """All contests of a case."""
        _say(case.title)
        with tempfile.TemporaryDirectory() as folder, Worker(OURS, case.work, case.form, case.threads) as ours:
            ours.run()
            answer = Path(folder) / "ours.parquet"
            to_rivals_form = ours.answer(answer)
            for entry in case.rivals:
                self._meet(case, ours, answer, to_rivals_form, entry, case.form)
            for form in case.own:
                self._meet(case, ours, answer, to_rivals_form, OURS, form)

    def _meet(
        self, case: Case, ours: Worker, answer: Path, to_rivals_form: float, entry: Entry, form: Form
    ) -> None:
        if self._absent(entry.engine):
            return
        about = {
            "work": case.work,
            "form": _form(case.form),
            "threads": case.threads,
            "rival": _entry(entry),
            "rival_form": _form(form),
        }
        try:
            with Worker(entry, case.work, form, case.threads) as rival:
                # 200 filters take some engines minutes.
                rounds = min(self.rounds, 3) if case.work == "W6" else self.rounds
                outcome = contest(ours, rival, case.work, None if entry.engine == "read" else answer, rounds)
        except (Failed, compare.Different) as failure:
            _say(f"  {entry}: {failure}")
            self.skipped.append({**about, "why": str(failure)})
            return
        found = {**about, **_outcome(outcome), "ours_note": ours.about["note"]}
        found["ours_to_arrow"] = round(to_rivals_form, 6)
        shown = str(entry) if form == case.form else f"{entry} ({form})"
        _say(f"  {shown}: {found['their_median']:.3f} s, ours {found['ours_median']:.3f} s, ratio {found['ratio']:.2f}")
        self.contests.append(found)

    def counts(self, form: Form) -> dict[str, Any]:
        """Whether the rows behind each KPI of W6 are those that rivals count."""
        work = "W6 rows"
        _say(f"{work}, {form.rows:,} rows: compared, not timed")
        agreed = []
        with tempfile.TemporaryDirectory() as folder, Worker(OURS, work, form, 1) as ours:
            ours.run()
            answer = Path(folder) / "ours.parquet"
            ours.answer(answer)
            for entry in (Entry("duckdb"), Entry("polars"), Entry("polars", "shared"), Entry("datafusion", "shared")):
                if self._absent(entry.engine):
                    continue
                try:
                    with Worker(entry, work, form, 1) as rival:
                        rival.run()
                        judged(answer, rival, work)
                except (Failed, compare.Different) as failure:
                    _say(f"  {entry}: {failure}")
                    about = {"work": work, "form": _form(form), "rival": _entry(entry)}
                    self.skipped.append({**about, "why": str(failure)})
                else:
                    agreed.append(str(entry))
        return {"work": work, "form": _form(form), "agreed": agreed}


def _arguments() -> argparse.Namespace:
    asked = argparse.ArgumentParser(prog="python -m rivals.run", description=__doc__)
    size = asked.add_mutually_exclusive_group(required=True)
    size.add_argument("--full", action="store_true", help=f"{data.FULL_ROWS:,} rows, five rounds, all forms: hours")
    size.add_argument("--quick", action="store_true", help=f"{data.QUICK_ROWS:,} rows, three rounds")
    size.add_argument("--test", action="store_true", help=f"{data.TEST_ROWS:,} rows, one round: does it run at all?")
    asked.add_argument("--only", action="append", choices=PARTS, help="these works alone; may be given several times")
    asked.add_argument("--rows", type=int, help="another number of rows")
    asked.add_argument("--rounds", type=int, help="another number of rounds")
    asked.add_argument("--threads", type=int, choices=(1, 2), help="only contests with so many threads")
    asked.add_argument("--rival", action="append", help="these engines alone; may be given several times")
    asked.add_argument("--add", action="store_true", help="keep what the file has of other works, if built the same")
    asked.add_argument("--to", type=Path, help="the file to write; otherwise DATE-MACHINE.json in benches/results")
    return asked.parse_args()


def _fitting(to: Path, found: dict[str, Any]) -> dict[str, Any]:
    """The file as it is, if it was made from the same."""
    before = dict(json.loads(to.read_text(encoding="utf-8")))
    for part in ("built", "versions", "rows", "rounds"):
        if before[part] != found[part]:
            raise SystemExit(f"{to} was made with other {part}: {before[part]}, and not {found[part]}")
    return before


def _added(before: dict[str, Any], found: dict[str, Any], only: list[str]) -> dict[str, Any]:
    """The file as it was, with what was found of the works that were asked for."""
    both = {**before, **found}
    for name in ("contests", "counts", "skipped"):
        kept = [entry for entry in before[name] if str(entry.get("work", "-")).split()[0] not in only]
        both[name] = kept + [entry for entry in found[name] if entry not in kept]
    loads = {name: max(before["machine"][name], found["machine"][name]) for name in ("load_before", "load_after")}
    both["machine"] = {**found["machine"], **loads}
    both["data"] = {**before["data"], **found["data"]}
    both["command"] = f"{before['command']}; {found['command']}"
    return both


def main() -> int:
    """Runs what is asked for; 1 if a result differed from ours."""
    asked = _arguments()
    rows = asked.rows or (data.FULL_ROWS if asked.full else data.QUICK_ROWS if asked.quick else data.TEST_ROWS)
    rounds = asked.rounds or (5 if asked.full else 3 if asked.quick else 1)
    only = asked.only or list(PARTS)
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    # Of the small sizes nobody shall take the file for a result.
    size = "" if asked.full else "-quick" if asked.quick else "-test"
    to = asked.to or RESULTS / f"{today}-{machine.name()}{size}.json"
    found: dict[str, Any] = {
        "format": 1,
        "date": today,
        "command": "python -m rivals.run " + " ".join(sys.argv[1:]),
        "machine": machine.about(),
        "built": machine.built(),
        "versions": machine.versions(),
        "rows": rows,
        "rounds": rounds,
    }
    run = Run(rounds)
    found |= {"data": {}, "contests": run.contests, "counts": [], "skipped": run.skipped}

    def write() -> None:
        found["machine"]["load_after"] = machine.about()["load_before"]
        written = _added(before, found, only) if before else found
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")

    before = _fitting(to, found) if asked.add else {}
    # What has been measured is written at once: a full run takes hours, and something may end it.
    for case in cases(rows, not asked.full):
        if case.work not in only or asked.threads not in (None, case.threads):
            continue
        if asked.rival:
            kept = tuple(entry for entry in case.rivals if entry.engine in asked.rival)
            case = Case(case.work, case.form, case.threads, kept, case.own if "ripplemark" in asked.rival else ())
            if not case.rivals and not case.own:
                continue
        run.case(case)
        write()
    if "W6" in only:
        found["counts"] = [run.counts(Form(min(rows, data.QUICK_ROWS)))]
    found["data"] = {order: data.fingerprint(rows, order) for order in data.ORDERS if data.made(rows, order)}
    if "W3" in only:
        found["W3"] = onecolumn.measured(max(rows // 2, 1), rounds, _say)
        write()
    if "W4" in only:
        found["W4"] = latency.measured(_say)
        write()
    if "W8" in only:
        found["W8"] = report.measured(rows, rounds, _say)
    write()
    _say(f"wrote {to}")
    return 1 if any("work" in entry for entry in run.skipped) else 0


if __name__ == "__main__":
    sys.exit(main())

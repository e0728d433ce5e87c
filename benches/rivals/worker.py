"""One engine in a process of its own: loads the data, then runs the work whenever it is told to.

Lines of JSON go in and out. `{"do": "run"}` runs and answers with the seconds; `{"do": "answer", "to": PATH}` writes
the canonical result of the last run; `{"do": "end"}` ends. The first line out says that the data are loaded.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path


def _memory(what: str) -> int:
    """Bytes of memory: `VmRSS` now, `VmHWM` at most so far."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(what + ":"):
            return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    asked = json.loads(sys.argv[1])
    # What engines print must not come between the lines of JSON.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(**what: object) -> None:
        print(json.dumps(what), file=out, flush=True)

    from . import compare, data, engines
    from .work import work as work_of

    work = work_of(asked["work"])
    table = data.load(asked["rows"], asked["order"], asked["text"], asked["amount"], work.columns)
    engine_class = engines.load(asked["engine"])
    engine = engine_class(table, work, asked["amount"], asked["style"], asked["source"], asked["threads"])
    del table
    say(ready=True, version=engine_class.version(), note=engine.note, memory=_memory("VmRSS"))
    result = None
    for line in sys.stdin:
        told = json.loads(line)
        if told["do"] == "run":
            result = None
            start = time.perf_counter()
            result = engine.run()
            say(seconds=time.perf_counter() - start, memory=_memory("VmHWM"))
        elif told["do"] == "answer":
            import pyarrow.parquet as pq

            start = time.perf_counter()
            answer = engine.answer(result)
            seconds = time.perf_counter() - start
            pq.write_table(compare.canonical(answer, work), told["to"])
            say(seconds=seconds)
        else:
            break
    # Engines with threads of their own sometimes take long to go.
    os._exit(0)


if __name__ == "__main__":
    main()

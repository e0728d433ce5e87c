"""The Python page of the documentation does what it says: its blocks run in order, and print what is shown.

`UPDATE_DOCS=1` writes what is printed now into the page, for somebody to read before it is committed.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "PYTHON.md"
BLOCK = re.compile(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_python_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = PAGE.read_text(encoding="utf-8")
    names: dict[str, object] = {}
    printed, differences, compared, updated, copied = "", [], 0, [], 0
    for block in BLOCK.finditer(page):
        language, file, text = block.groups()
        if file:
            (tmp_path / file).write_text(text, encoding="utf-8")
        elif language == "python":
            assert not printed, f"the page does not show what is printed:\n{printed}"
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(text, f"{PAGE.name}: {text[:40]!r}", "exec"), names)
            printed = "".join(line.rstrip() + "\n" for line in out.getvalue().splitlines())
        elif language == "text":
            if text != printed:
                differences.append((text, printed))
            updated += [page[copied : block.start(3)], printed]
            printed, copied, compared = "", block.end(3), compared + 1
    if os.environ.get("UPDATE_DOCS"):
        PAGE.write_text("".join(updated) + page[copied:], encoding="utf-8")
    for shown, now in differences:
        assert shown == now
    assert not printed and compared >= 8

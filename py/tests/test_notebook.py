"""The notebook of the leadforge example: it runs, it is the one its source makes, and it prints what is committed."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import nbformat
import pytest

PY = Path(__file__).resolve().parents[1]
EXAMPLE = PY.parent / "examples" / "leadforge"
HASH = re.compile(r"\b[0-9a-f]{16,64}\b|ripplemark \d+\.\d+\.\d+\S*")


def printed(notebook: nbformat.NotebookNode) -> list[list[str]]:
    """What each cell prints, without hashes and versions. Blanks at the ends of lines are a matter of pandas."""
    found = []
    for cell in notebook.cells:
        texts = []
        for output in cell.get("outputs", []):
            assert output.output_type == "execute_result", output
            text = HASH.sub("#", output.data["text/plain"])
            texts.append("\n".join(line.rstrip() for line in text.split("\n")))
        found.append(texts)
    return found


@pytest.fixture(scope="module")
def committed() -> nbformat.NotebookNode:
    return nbformat.read(EXAMPLE / "funnel.ipynb", as_version=4)


def test_the_notebook_prints_what_is_committed(committed, monkeypatch):
    monkeypatch.syspath_prepend(PY / "tools")
    import notebook

    now = notebook.run(EXAMPLE / "notebook.py")
    assert [cell.source for cell in now.cells] == [cell.source for cell in committed.cells]
    assert printed(now) == printed(committed)


def test_the_notebook_has_its_numbers_and_no_paths_of_a_machine(committed):
    everything = (EXAMPLE / "funnel.ipynb").read_text(encoding="utf-8")
    # The change of the won contract value from February to March, which the command line prints as well.
    assert "What moved ACV won: +26,582,298 USD" in everything
    for place in ("/home/", "/root/", "/tmp/", str(Path.cwd()), sys.prefix, "C:\\\\"):
        assert place not in everything
    shown = [output.data for cell in committed.cells for output in cell.get("outputs", [])]
    assert sum("text/html" in data for data in shown) >= 10
    assert sum("image/svg+xml" in data for data in shown) == 2

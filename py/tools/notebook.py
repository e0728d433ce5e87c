"""Makes notebooks of Python files with `# %%` cells, and runs them.

    python py/tools/notebook.py examples/leadforge/notebook.py examples/leadforge/funnel.ipynb

The source stays a file that can be read, compared and reviewed; the notebook is what people open.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import nbclient
import nbformat

MARK = re.compile(r"^# %%( \[markdown\])?\n", re.MULTILINE)


def cells(source: str) -> list[nbformat.NotebookNode]:
    """The cells of a source; what stands before the first mark is about the file and no cell."""
    parts = MARK.split(source)[1:]
    found = []
    for at, (kind, text) in enumerate(zip(parts[::2], parts[1::2])):
        text = text.strip("\n")
        if kind:
            lines = [line.removeprefix("#").removeprefix(" ") for line in text.split("\n")]
            cell = nbformat.v4.new_markdown_cell("\n".join(lines))
        else:
            cell = nbformat.v4.new_code_cell(text)
        # Made by chance otherwise, and another one at every run.
        cell["id"] = f"cell-{at:02}"
        found.append(cell)
    return found


def run(source: Path) -> nbformat.NotebookNode:
    """The notebook of a source, with outputs; it runs in the folder of the source."""
    notebook = nbformat.v4.new_notebook(cells=cells(source.read_text(encoding="utf-8")))
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbclient.NotebookClient(
        notebook, timeout=300, record_timing=False, resources={"metadata": {"path": str(source.resolve().parent)}}
    ).execute()
    # Versions and settings of the machine say nothing about the outputs.
    notebook.metadata.pop("language_info", None)
    return notebook


if __name__ == "__main__":
    nbformat.write(run(Path(sys.argv[1])), sys.argv[2])

"""The Python line of the README's first screen."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_the_first_number_is_the_one_in_the_readme():
    run = subprocess.run(
        [sys.executable, ROOT / "examples" / "first" / "first.py"], capture_output=True, text=True, check=True
    )
    line = run.stdout.strip()
    assert line.startswith("discount 0.16052989309174465 0x1.48c3e586e0176p-3")
    assert line in (ROOT / "README.md").read_text(encoding="utf-8")

"""The first page: its blocks run one after the other, and print what it says."""

import contextlib
import io
import os
import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "START.md"


def test_the_page_runs_and_prints_what_it_says(tmp_path):
    names = {}
    printed = None
    compared = 0
    here = os.getcwd()
    os.chdir(tmp_path)
    try:
        for language, block in re.findall(r"```(python|text)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S):
            if language == "text":
                assert printed.strip() == block.strip()
                compared += 1
                continue
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(block, str(PAGE), "exec"), names)
            printed = out.getvalue()
    finally:
        os.chdir(here)
    assert compared >= 5
    assert (tmp_path / "acme.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")

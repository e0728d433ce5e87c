"""Tables for people: one grid, drawn as text for terminals and as HTML for notebooks.

Both drawings come from the same grid, so that they cannot say different things. The HTML needs no network and no
script; its greys are transparent, so that it sits on light and dark pages alike.
"""

from __future__ import annotations

import html
import unicodedata
from dataclasses import dataclass, field
from typing import List, Sequence

TEXT_ROWS = 24
HTML_ROWS = 60
SHORT = 30
"""Texts up to this length stay on one line."""


@dataclass
class Mark:
    """One field of a table: its text, and how it is meant."""

    text: str
    kind: str = "text"
    """`text`, `number`, `reason`, `all`, `missing` or `bar`."""
    sub: str = ""
    """A second, smaller line."""
    flags: str = ""
    """Small signs behind the text."""
    title: str = ""
    """What a pointer that rests on the field shows."""
    bar: float = 0.0
    """Length and side of a bar, from -1 to 1."""


@dataclass
class Grid:
    """A table with its headings and the lines under it."""

    columns: Sequence[Mark]
    rows: Sequence[Sequence[Mark]]
    totals: Sequence[bool] = ()
    """Which rows are totals."""
    row_count: int = -1
    """How many rows there are in all, where `rows` holds only the first."""
    notes: Sequence[Mark] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many rows there are in all."""
        return len(self.rows) if self.row_count < 0 else self.row_count


def text_table(grid: Grid) -> str:
    """The grid in monospaced text, without what a pointer would show."""
    shown = grid.rows[:TEXT_ROWS]
    body = [[_plain(mark) for mark in row] for row in shown]
    heads = [[_plain(mark) for mark in grid.columns]]
    if any(mark.sub for mark in grid.columns):
        heads.append([_clean(mark.sub) for mark in grid.columns])
    widths = [max(_width(line[c]) for line in heads + body) for c in range(len(grid.columns))]
    right = [any(row[c].kind == "number" for row in shown) for c in range(len(grid.columns))]

    def line(texts: Sequence[str]) -> str:
        parts = []
        for text, width, to_right in zip(texts, widths, right):
            space = " " * (width - _width(text))
            parts.append(space + text if to_right else text + space)
        return "  ".join(parts).rstrip()

    lines = [line(head) for head in heads]
    lines.append("  ".join("─" * width for width in widths))
    lines += [line(row) for row in body]
    if grid.count > len(shown):
        lines.append(f"… {grid.count - len(shown):,} more rows")
    lines += [_clean(note.text) for note in grid.notes]
    return "\n".join(lines)


_STYLE = """
.ripplemark{font:13px/1.45 system-ui,sans-serif;overflow-x:auto;max-width:100%;color:inherit}
.ripplemark table{border-collapse:collapse;margin:0 0 6px;font-variant-numeric:tabular-nums;color:inherit}
.ripplemark th,.ripplemark td{padding:3px 12px 3px 4px;text-align:left;vertical-align:top;background:none;
border:0;border-bottom:1px solid rgba(128,128,128,.25);color:inherit}
.ripplemark th{font-weight:600;border-bottom:2px solid rgba(128,128,128,.55);white-space:nowrap}
.ripplemark .rm-sub{display:block;font-weight:400;font-size:11px;opacity:.65}
.ripplemark .rm-number,.ripplemark th.rm-right{text-align:right;white-space:nowrap}
.ripplemark .rm-short{white-space:nowrap}
.ripplemark .rm-reason{text-align:right}
.ripplemark i{opacity:.6;font-weight:400}
.ripplemark .rm-total td{font-weight:600;background:rgba(128,128,128,.10)}
.ripplemark sup{font-size:10px;opacity:.75;margin-left:2px}
.ripplemark .rm-bar{width:140px;min-width:140px;padding:5px 4px}
.ripplemark .rm-bar span{display:block;height:12px}
.ripplemark .rm-note{font-size:12px;opacity:.7;margin:1px 4px}
.ripplemark h4{margin:4px;font-size:14px}
"""


def html_page(grids: Sequence[Grid], title: str = "") -> str:
    """The grids as one HTML fragment; all texts are escaped."""
    parts = ['<div class="ripplemark"><style>', _STYLE, "</style>"]
    if title:
        parts.append(f"<h4>{_escape(title)}</h4>")
    for grid in grids:
        parts.append(_html_table(grid))
    parts.append("</div>")
    return "".join(parts)


def _html_table(grid: Grid) -> str:
    shown = grid.rows[:HTML_ROWS]
    right = [any(row[c].kind in ("number", "reason") for row in shown) for c in range(len(grid.columns))]
    parts = ["<table><thead><tr>"]
    for mark, to_right in zip(grid.columns, right):
        sub = f'<span class="rm-sub">{_escape(mark.sub)}</span>' if mark.sub else ""
        side = ' class="rm-right"' if to_right else ""
        parts.append(f"<th{side}{_title(mark)}>{_escape(mark.text)}{sub}</th>")
    parts.append("</tr></thead><tbody>")
    for r, row in enumerate(shown):
        total = r < len(grid.totals) and grid.totals[r]
        parts.append('<tr class="rm-total">' if total else "<tr>")
        for mark in row:
            if mark.kind == "bar":
                parts.append(f'<td class="rm-bar">{_bar(mark.bar)}</td>')
                continue
            flags = f"<sup>{_escape(mark.flags)}</sup>" if mark.flags else ""
            text = _escape(mark.text)
            if mark.kind in ("reason", "all", "missing"):
                text = f"<i>{text}</i>"
            kind = mark.kind if mark.kind != "text" or len(mark.text) > SHORT else "short"
            parts.append(f'<td class="rm-{kind}"{_title(mark)}>{text}{flags}</td>')
        parts.append("</tr>")
    parts.append("</tbody></table>")
    if grid.count > len(shown):
        parts.append(f'<div class="rm-note">… {grid.count - len(shown):,} more rows</div>')
    for note in grid.notes:
        parts.append(f'<div class="rm-note"{_title(note)}>{_escape(note.text)}</div>')
    return "".join(parts)


def _bar(size: float) -> str:
    """A bar from the middle: to the right in blue, to the left in orange."""
    width = round(min(abs(size), 1.0) * 50, 2)
    side, colour = (50.0, "#2a78b5") if size >= 0 else (50.0 - width, "#d1662a")
    return f'<span style="margin-left:{side:g}%;width:{width:g}%;background:{colour}"></span>'


def _title(mark: Mark) -> str:
    return f' title="{_escape(mark.title)}"' if mark.title else ""


def _escape(text: str) -> str:
    return html.escape(_clean(text), quote=True)


def _plain(mark: Mark) -> str:
    return _clean(mark.text + (" " + mark.flags if mark.flags else ""))


def _clean(text: str) -> str:
    """Text on one line: what would move the cursor or turn the direction of writing is replaced."""
    if text.isprintable():
        return text
    hidden = ("Cc", "Cf", "Cs", "Zl", "Zp")
    return "".join("�" if unicodedata.category(sign) in hidden else sign for sign in text)


def _width(text: str) -> int:
    """Columns of a terminal that the text takes."""
    if text.isascii():
        return len(text)
    width: int = 0
    for sign in text:
        if unicodedata.combining(sign):
            continue
        width += 2 if unicodedata.east_asian_width(sign) in "WF" else 1
    return width


def flag_signs(flags: Sequence[str]) -> str:
    """The small signs for flags."""
    return "".join(FLAG_SIGNS.get(flag, "•") for flag in flags)


def flag_legend(flags: Sequence[str]) -> List[Mark]:
    """What the signs mean."""
    return [Mark(f"{FLAG_SIGNS.get(flag, '•')} {flag}: {FLAG_WORDS.get(flag, 'see the book')}") for flag in flags]


FLAG_SIGNS = {
    "partial_period": "◔",
    "stale": "◷",
    "small_n": "▫",
    "immature": "◌",
    "check_failed": "⚠",
    "inexact_input": "≈",
}
FLAG_WORDS = {
    "partial_period": "the period is not over, or the range cuts it",
    "stale": "the data end too early",
    "small_n": "few rows stand behind the number",
    "immature": "the rows have not had enough time yet",
    "check_failed": "a check of the book failed",
    "inexact_input": "an input was not exact",
}

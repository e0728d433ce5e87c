"""A result as a table for people: metrics side by side where that is readable, one below the other where not."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, Dict, List, Sequence

from ._format import Format, formats
from ._show import FLAG_SIGNS, Grid, Mark, flag_legend, flag_signs

if TYPE_CHECKING:
    from ._result import Cell, Result

WIDEST = 12
"""Most metrics that stand side by side."""


def grid(result: "Result", limit: int) -> Grid:
    """The first rows of the table, and the lines under it."""
    metrics = result._about["metrics"]
    groups = len(result) // len(metrics) if metrics else 0
    if groups == 1:
        return _one_group(result, metrics)
    if len(metrics) <= WIDEST:
        return _wide(result, metrics, groups, limit)
    return _long(result, metrics, limit)


def _first(result: "Result", count: int) -> "List[Cell]":
    return [result._cell(native) for native in result._native.cells(0, count)]


def _one_group(result: "Result", metrics: Sequence[Dict[str, Any]]) -> Grid:
    """One line for each metric: a result without dimensions and periods."""
    cells = _first(result, len(metrics))
    rows = []
    for info, cell in zip(metrics, cells):
        form = formats([cell.value], info["unit"])
        name = Mark(info["label"], title=_about_metric(info))
        rows.append([name, _number(cell, form, form.unit), Mark(info["owner"]), Mark(f"{cell.n:,}", "number")])
    where = ", ".join(f"{axis} {value}" for axis, value in cells[0].at.items()) if cells else ""
    columns = [Mark("metric", sub=where), Mark("value"), Mark("owner"), Mark("n", title="rows behind the number")]
    return Grid(columns, rows, notes=_notes(result, cells))


def _wide(result: "Result", metrics: Sequence[Dict[str, Any]], groups: int, limit: int) -> Grid:
    """One line for each group, one column for each metric."""
    width = len(metrics)
    cells = _first(result, limit * width)
    forms = [formats([cell.value for cell in cells[m::width]], info["unit"]) for m, info in enumerate(metrics)]
    axes = _axes(result)
    columns = [Mark(axis) for axis in axes]
    for info, form in zip(metrics, forms):
        sub = " · ".join(part for part in (form.unit, info["owner"]) if part)
        columns.append(Mark(info["label"], sub=sub, title=_about_metric(info)))
    rows, totals = [], []
    for start in range(0, len(cells), width):
        group = cells[start : start + width]
        rows.append(_place(axes, group[0]) + [_number(cell, form, "") for cell, form in zip(group, forms)])
        totals.append(any(axis not in group[0].at for axis in axes))
    return Grid(columns, rows, totals, groups, _notes(result, cells))


def _long(result: "Result", metrics: Sequence[Dict[str, Any]], limit: int) -> Grid:
    """One line for each cell."""
    cells = _first(result, limit)
    axes = _axes(result)
    infos = {info["name"]: info for info in metrics}
    rows = []
    for cell in cells:
        info = infos[cell.metric]
        form = formats([cell.value], info["unit"])
        name = Mark(info["label"], title=_about_metric(info))
        rows.append([*_place(axes, cell), name, _number(cell, form, form.unit), Mark(cell.owner)])
    columns = [*map(Mark, axes), Mark("metric"), Mark("value"), Mark("owner")]
    totals = [any(axis not in cell.at for axis in axes) for cell in cells]
    return Grid(columns, rows, totals, len(result), _notes(result, cells))


def _axes(result: "Result") -> List[str]:
    return result.dimensions + ([result.grain] if result.grain else [])


def _place(axes: Sequence[str], cell: "Cell") -> List[Mark]:
    marks = []
    for axis in axes:
        if axis not in cell.at:
            marks.append(Mark("all", "all"))
        elif cell.at[axis] is None:
            marks.append(Mark("missing", "missing", title="rows without a value"))
        else:
            marks.append(Mark(_coordinate(axis, cell.at[axis])))
    return marks


def _coordinate(axis: str, value: object) -> str:
    """A coordinate as people write it; a month and a year of the calendar in short."""
    text = str(value)
    if isinstance(value, datetime.date):
        if axis == "month" and text.endswith("-01"):
            return text[:-3]
        if axis == "year" and text.endswith("-01-01"):
            return text[:-6]
    return text


def _number(cell: "Cell", form: Format, unit: str) -> Mark:
    parts = []
    if cell.exact is not None:
        exact = cell.exact if len(cell.exact) <= 60 else cell.exact[:59] + "…"
        parts.append(f"exactly {exact}")
    if cell.numerator is not None and cell.denominator is not None:
        parts.append(f"{cell.numerator:,.15g} / {cell.denominator:,.15g}")
    parts.append(f"n = {cell.n:,}")
    parts += cell.flags
    flags = flag_signs(cell.flags)
    if cell.value is None:
        return Mark((cell.reason or "").replace("|", ", "), "reason", flags=flags, title="; ".join(parts))
    text = f"{form.number(cell.value)} {unit}" if unit else form.number(cell.value)
    return Mark(text, "number", flags=flags, title="; ".join(parts))


def _about_metric(info: Dict[str, Any]) -> str:
    parts = [f"{info['name']} ({info['kind']}{', ' + info['ring'] if info['ring'] else ''})", info["description"]]
    return " — ".join(part for part in parts if part)


def _notes(result: "Result", cells: "Sequence[Cell]") -> List[Mark]:
    seen = {flag for cell in cells for flag in cell.flags}
    marks = flag_legend([flag for flag in FLAG_SIGNS if flag in seen] + sorted(seen - set(FLAG_SIGNS)))
    for report in result.rows_report:
        text = f"{report.table}: {report.read:,} rows read, {report.used:,} used"
        if report.rejected:
            reasons = ", ".join(f"{name} {count:,}" for name, count in report.rejected.items())
            text += f", {sum(report.rejected.values()):,} rejected ({reasons})"
        if report.at:
            text += f"; placed by {report.at}"
        if report.watermark is not None:
            text += f", latest {report.watermark}"
        marks.append(Mark(text))
    for column in result.quality:
        if column.invalid:
            values = "value" if column.invalid == 1 else "values"
            text = f"{column.table}.{column.column}: {column.invalid:,} unreadable {values}"
            if column.example is not None:
                text += f", the first in row {column.example_row:,}: {column.example!r}"
            marks.append(Mark(text))
    receipt = result._about["receipt"]
    hashes = "; ".join(f"{name} {receipt[name]}" for name in ("result", "state", "program"))
    marks.append(Mark(f"receipt {receipt['result'][:16]} · ripplemark {receipt['engine']}", title=hashes))
    return marks

"""Charts of results and explanations with altair, which is imported only here and only when a chart is asked for.

Fields have names of ours, since a dot or bracket in a name has a meaning to Vega. Data are plain values, so that no
frame library is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Optional

from ._errors import CellError, Error, QueryError
from ._format import formats
from ._listing import did_you_mean

if TYPE_CHECKING:
    from ._explain import Explanation
    from ._result import Cell, Result

# Told apart with every kind of colour vision, and on light and dark pages.
UP, DOWN, WHOLE = "#2a78b5", "#d1662a", "#7f7f7f"


def _altair() -> Any:
    try:
        import altair
    except ImportError as error:
        raise Error("charts need altair, which is not installed: pip install 'ripplemark[charts]'") from error
    return altair


def of_result(result: "Result", metric: Optional[str]) -> Any:
    """A line over the periods, or bars over the groups."""
    infos = {info.name: info for info in result.metrics}
    if metric is None:
        if len(infos) != 1:
            first = next(iter(infos), "")
            raise QueryError(f"chart: the result has {len(infos)} metrics; say which, such as .chart({first!r})")
        metric = next(iter(infos))
    if metric not in infos:
        raise CellError(f"the result has no metric `{metric}`{did_you_mean(str(metric), list(infos))}")
    info, axes = infos[metric], result.dimensions + ([result.grain] if result.grain else [])
    # Totals stand for what the groups show already.
    cells = [cell for cell in result if cell.metric == metric and len(cell.at) == len(axes)]
    rows = [_row(cell, result) for cell in cells]
    alt = _altair()
    unit = formats([cell.value for cell in cells], info.unit).unit
    y = alt.Y("value:Q", title=f"{info.label} ({unit})" if unit else info.label)
    if info.unit == "share":
        y = y.axis(format="%")
    chart = alt.Chart(alt.InlineData(values=rows), title=info.label)
    tooltip = [alt.Tooltip("place:N", title="at"), alt.Tooltip("value:Q"), alt.Tooltip("n:Q", title="rows")]
    if result.grain:
        encoding: Dict[str, Any] = {"x": alt.X("period:T", title=result.grain), "y": y, "tooltip": tooltip}
        if result.dimensions:
            encoding["color"] = alt.Color("group:N", title=", ".join(result.dimensions))
        return chart.mark_line(point=True).encode(**encoding)
    title = ", ".join(result.dimensions) or None
    return chart.mark_bar(color=UP).encode(x=alt.X("group:N", title=title, sort=None), y=y, tooltip=tooltip)


def _row(cell: "Cell", result: "Result") -> Dict[str, Any]:
    words = {name: "(missing)" if part is None else str(part) for name, part in cell.at.items()}
    group = ", ".join(words[name] for name in result.dimensions) or cell.metric
    return {
        "value": cell.value,
        "n": cell.n,
        "group": group,
        "place": ", ".join(words.values()) or cell.metric,
        "period": words.get(str(result.grain)),
    }


def waterfall(explanation: "Explanation") -> Any:
    """From before to after, a step for each driver."""
    if explanation.reason is not None or explanation.before.value is None or explanation.after.value is None:
        raise QueryError(f"chart: {explanation.metric} could not be taken apart: {'; '.join(explanation.notes)}")
    alt = _altair()
    before, after = explanation.compared
    steps: List[Dict[str, Any]] = []

    def step(name: str, start: float, end: float, shown: str, kind: str, owner: str) -> None:
        row = {"step": name, "start": start, "end": end, "shown": shown, "kind": kind, "owner": owner}
        steps.append({**row, "top": max(start, end)})

    step(before, 0.0, explanation.before.value, explanation.before.shown, "value", "")
    level = explanation.before.exact or 0
    for driver in explanation.drivers:
        reached = level + (driver.contribution.exact or 0)
        kind = "raised it" if reached >= level else "lowered it"
        step(driver.label, float(level), float(reached), driver.contribution.shown, kind, driver.owner)
        level = reached
    step(after, 0.0, explanation.after.value, explanation.after.shown, "value", "")
    base = alt.Chart(alt.InlineData(values=steps), title=f"{explanation.label}: {before} → {after}")
    x = alt.X("step:N", sort=None, title=None).axis(labelAngle=0, labelLimit=84)
    colour = alt.Scale(domain=["raised it", "lowered it", "value"], range=[UP, DOWN, WHOLE])
    bars = base.mark_bar().encode(
        x=x,
        y=alt.Y("start:Q", title=formats([explanation.after.value], explanation.unit).unit or explanation.metric),
        y2="end:Q",
        color=alt.Color("kind:N", scale=colour, title=None),
        tooltip=[alt.Tooltip("step:N"), alt.Tooltip("shown:N", title="contribution"), alt.Tooltip("owner:N")],
    )
    # Wide enough for the numbers above the bars.
    return (bars + base.mark_text(dy=-6).encode(x=x, y="top:Q", text="shown:N")).properties(width=alt.Step(88))

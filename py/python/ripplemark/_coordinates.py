"""From what people write behind ``result.cell("win_rate", ...)`` to the coordinates that the engine compares."""

from __future__ import annotations

import datetime
import re
from typing import Any, Dict, List, Optional, Tuple

from . import _ripplemark
from ._asked import is_unicode
from ._errors import CellError
from ._listing import did_you_mean

_EPOCH = datetime.date(1970, 1, 1).toordinal()
_SHORT = re.compile(r"(\d{4})(?:-(\d\d))?")


def key_of(
    native: _ripplemark.ResultSet, about: Dict[str, Any], at: Dict[str, object]
) -> Tuple[List[object], Optional[int]]:
    """One coordinate for each dimension (`...` for all), and the first day of the period."""
    grain: Optional[str] = about["grain"]
    dimensions = about["dimensions"]
    names = [dimension["name"] for dimension in dimensions] + ([grain] if grain else [])
    for name in at:
        if name not in names:
            raise CellError(f"the result has no dimension `{name}`{did_you_mean(name, names)}")
    key = [_coordinate(d["name"], d["type"], at[d["name"]]) if d["name"] in at else ... for d in dimensions]
    if grain is None or grain not in at:
        return key, None
    return key, _period(native, grain, at[grain])


def _coordinate(name: str, kind: str, value: object) -> object:
    if value is None:
        return None
    if kind == "text":
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if isinstance(value, str) and is_unicode(value):
            return value
    elif kind == "bool" and isinstance(value, bool):
        return value
    elif kind == "int" and isinstance(value, int) and not isinstance(value, bool):
        if -(2**63) <= value < 2**63:
            return value
    elif kind == "date":
        return _day(name, value) - _EPOCH
    raise CellError(f"{name}: expected {kind}, got {value!r}")


def _day(name: str, value: object) -> int:
    """The ordinal of a date."""
    if isinstance(value, datetime.datetime):
        value = value.date()
    if isinstance(value, str):
        try:
            value = datetime.date.fromisoformat(value)
        except ValueError as error:
            raise CellError(f"{name}: expected a date such as '2017-07-01', got {value!r}") from error
    if isinstance(value, datetime.date):
        return value.toordinal()
    raise CellError(f"{name}: expected a date, got {value!r}")


def _period(native: _ripplemark.ResultSet, grain: str, value: object) -> int:
    """The first day of the period that is meant, in days since 1970-01-01."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    short = _SHORT.fullmatch(text) if isinstance(text, str) else None
    if short and short.group(2) is None and grain != "year":
        raise CellError(f"{grain}: {text} is a whole year; name a day in the {grain}, such as '{text}-07-01'")
    if short and short.group(2) and grain in ("week", "day"):
        raise CellError(f"{grain}: {text} is a whole month; name a day, such as '{text}-01'")
    if short:
        day = _day(grain, f"{short.group(1)}-{short.group(2) or '01'}-01")
    else:
        day = _day(grain, text)
    starts = [start.toordinal() for start in native.periods() if isinstance(start, datetime.date)]
    if short and grain == "year" and short.group(2) is None and day not in starts:
        inside = [start for start in starts if datetime.date.fromordinal(start).timetuple().tm_yday > 1]
        if inside:
            # Whether the year 2017 begins or ends in 2017 is a matter of taste; a day in it is not.
            raise CellError(f"year: years do not begin in January in this book; name a day in the year, not {text}")
    for start in starts:
        if start <= day < _end(grain, start):
            return start - _EPOCH
    shown = ", ".join(str(datetime.date.fromordinal(start)) for start in starts[:12])
    more = f" and {len(starts) - 12} more" if len(starts) > 12 else ""
    raise CellError(f"{grain}: no period holds {value}; periods begin on {shown or 'no day'}{more}")


def _end(grain: str, start: int) -> int:
    """The first day after a period. Months, quarters and years begin on the first day of a month."""
    if grain == "day":
        return start + 1
    if grain == "week":
        return start + 7
    first = datetime.date.fromordinal(start)
    months = first.year * 12 + first.month - 1 + {"month": 1, "quarter": 3, "year": 12}[grain]
    if months >= 12 * (datetime.MAXYEAR + 1):
        return datetime.date.max.toordinal() + 1
    return datetime.date(months // 12, months % 12 + 1, 1).toordinal()

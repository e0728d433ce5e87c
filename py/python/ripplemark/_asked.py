"""What a question may be written as: names, dates, ranges. Everything becomes the text that the engine reads."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import List, Optional, Tuple, Union

from ._errors import QueryError

When = Union[str, datetime.date, datetime.datetime]
Names = Union[str, Iterable[str]]
Range = Tuple[Optional[When], Optional[When]]


def names(argument: str, value: Optional[Names]) -> Optional[List[str]]:
    """A name or several."""
    if value is None:
        return None
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, Iterable) or isinstance(listed, (bytes, bytearray)):
        raise QueryError(f"{argument}: expected names, got {type(value).__name__}")
    result = list(listed)
    for name in result:
        if not isinstance(name, str):
            raise QueryError(f"{argument}: expected names, got {name!r}")
        text(argument, name)
    if argument == "metrics" and not result:
        raise QueryError("metrics: the list is empty; leave it out to ask for all metrics of the book")
    return result


def instant(argument: str, value: Optional[When]) -> Optional[str]:
    """A date or a point in time."""
    if value is None or isinstance(value, str):
        return text(argument, value)
    if isinstance(value, datetime.datetime):
        if value != value:  # pandas' NaT is a datetime that equals nothing
            raise QueryError(f"{argument}: expected a date or a point in time, got {value!r}")
        if value.tzinfo is not None:
            return value.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        if value.time() == datetime.time(0):
            return value.date().isoformat()
        raise QueryError(
            f"{argument}: {value} has no time zone, so it is another instant in every place; "
            "write value.replace(tzinfo=...), or give a date"
        )
    if isinstance(value, datetime.date):
        return value.isoformat()
    raise QueryError(
        f"{argument}: expected a date, a datetime or text such as '2017-12-31', got {type(value).__name__}"
    )


def time_range(value: Optional[Range]) -> Optional[Tuple[Optional[str], Optional[str]]]:
    """A half-open range: the first day inside, the first day outside; `None` leaves a side open."""
    if value is None:
        return None
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise QueryError("range: expected two dates, (first day inside, first day outside)")
    sides = tuple(value)
    if len(sides) != 2:
        raise QueryError(f"range: expected two dates, got {len(sides)}")
    return instant("range", sides[0]), instant("range", sides[1])


def text(argument: str, value: Optional[str]) -> Optional[str]:
    """Text, or nothing."""
    if value is not None and not isinstance(value, str):
        raise QueryError(f"{argument}: expected text, got {type(value).__name__}")
    if value is not None and not is_unicode(value):
        raise QueryError(f"{argument}: {value!r} is not Unicode text")
    return value


def is_unicode(value: str) -> bool:
    """False for the halves of characters that Python lets stand alone."""
    return not any("\ud800" <= sign <= "\udfff" for sign in value)

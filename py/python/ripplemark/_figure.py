"""A number as an answer gives it: rounded once, exact, and for people."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Dict, Optional


@dataclass(frozen=True)
class Figure:
    """A number that may be missing."""

    value: Optional[float]
    """Correctly rounded; `None` where there is none."""
    exact: Optional[Fraction] = None
    """Not rounded at all; `None` where there is no number, or where the answer does not carry its fraction."""
    shown: str = "–"
    """For people. Shown parts add up to the shown whole."""
    reason: Optional[str] = None
    """Why there is no number."""

    def __str__(self) -> str:
        return self.shown

    def __bool__(self) -> bool:
        """False where there is no number; a number that is 0 is there."""
        return self.value is not None or self.exact is not None


NOTHING = Figure(None)


def figure(about: Optional[Dict[str, Any]]) -> Figure:
    """From `{value, exact, shown, reason}`."""
    if about is None:
        return NOTHING
    shown = about["shown"] or "–"
    return Figure(about["value"], fraction(about["exact"]), str(shown), about["reason"] or None)


def shown(about: Dict[str, Any], exact: Optional[str] = None) -> Figure:
    """From what a report shows, `{value, text, reason}`, and the exact text where it is known."""
    return Figure(about["value"], fraction(exact), str(about["text"] or "–"), about["reason"] or None)


def fraction(text: Optional[str]) -> Optional[Fraction]:
    """An exact text as a fraction. Python refuses to read more than some thousand digits; then there is none."""
    if text is None:
        return None
    try:
        return Fraction(text)
    except ValueError:
        return None

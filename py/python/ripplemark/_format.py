"""Numbers as people read them, by the unit that the book gives. For display only: results keep every bit."""

from __future__ import annotations

from typing import Optional, Sequence

from ._ripplemark import unit_look


def formats(values: Sequence[Optional[float]], unit: str) -> "Format":
    """One format for all numbers of a column, so that they can be compared at a glance."""
    there = [value for value in values if value is not None]
    if unit == "share":
        return Format("share", _share_digits(there), "")
    word, digits = unit_look(unit)
    return Format("plain", _digits(there) if digits is None else digits, word)


class Format:
    """How the numbers of one column are written."""

    def __init__(self, kind: str, digits: Optional[int], unit: str) -> None:
        self.kind = kind
        self.digits = digits
        self.unit = unit

    def number(self, value: float) -> str:
        """The number without its unit (but with its percent sign)."""
        if self.kind == "share":
            return f"{value:.{self.digits}%}"
        if self.digits is None or abs(value) >= 1e15:
            return f"{value:.6g}"
        return f"{value:,.{self.digits}f}"

    def full(self, value: float) -> str:
        """The number with its unit."""
        return f"{self.number(value)} {self.unit}" if self.unit else self.number(value)


def _digits(values: Sequence[float]) -> Optional[int]:
    """Digits after the point; `None`: each number by itself."""
    if all(value.is_integer() for value in values):
        return 0
    sizes = [abs(value) for value in values if value != 0]
    if min(sizes) < 0.001 and max(sizes) < 1:
        return None
    most = 1 if max(sizes) >= 10_000 else 2 if max(sizes) >= 10 else 4
    for digits in range(1, most):
        if all(float(f"{value:.{digits}f}") == value for value in values):
            return digits
    return most


def _share_digits(values: Sequence[float]) -> int:
    sizes = [abs(value) for value in values if value != 0]
    return 2 if sizes and max(sizes) < 0.1 else 1

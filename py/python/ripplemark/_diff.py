"""What changed between two results, and what explains it."""

from __future__ import annotations

import html
import json
from typing import Any, Dict, Tuple


class Diff:
    """What changed from an older result to a newer one: definitions, question, rows, values.

    True if something differs: ``if new.diff(old): …``.
    """

    __slots__ = ("_json", "_text")

    def __init__(self, about: str, text: str) -> None:
        self._json = about
        self._text = text

    @property
    def same(self) -> bool:
        """True if nothing differs: the same numbers, for the same reasons."""
        same: bool = self.to_dict()["same"]
        return same

    @property
    def text(self) -> str:
        """The differences in words, the 20 largest of each kind."""
        return self._text

    def to_dict(self) -> Dict[str, Any]:
        """All differences as a dict; `values` has the cells, each with its `causes`."""
        about: Dict[str, Any] = json.loads(self._json)
        return about

    def __bool__(self) -> bool:
        return not self.same

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Diff) and self._json == other._json

    def __hash__(self) -> int:
        return hash(self._json)

    def __repr__(self) -> str:
        return self._text.rstrip("\n")

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(repr(self))}</pre>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}

    def __reduce__(self) -> Tuple[Any, ...]:
        return (Diff, (self._json, self._text))

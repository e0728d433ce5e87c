"""Short lists of described things that show themselves as tables: metrics, tables, reports."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Dict, Generic, List, Tuple, TypeVar, Union, overload

from ._errors import QueryError
from ._figure import Figure
from ._show import Grid, Mark, html_page, text_table

if TYPE_CHECKING:
    import pandas as _pandas

T = TypeVar("T")


class Listing(Sequence[T], Generic[T]):
    """A tuple of records, by position or by name: ``book.metrics[0]``, ``book.metrics["win_rate"]``."""

    __slots__ = ("_items", "_shown", "_what")

    def __init__(self, items: Sequence[T], what: str, shown: Sequence[str]) -> None:
        self._items: Tuple[T, ...] = tuple(items)
        self._what = what
        self._shown = tuple(shown)

    @overload
    def __getitem__(self, key: Union[int, str]) -> T: ...
    @overload
    def __getitem__(self, key: slice) -> Sequence[T]: ...
    def __getitem__(self, key: Union[int, str, slice]) -> Union[T, Sequence[T]]:
        if not isinstance(key, str):
            return self._items[key]
        for item in self._items:
            if getattr(item, "name", None) == key:
                return item
        raise QueryError(f"there is no {self._what} `{key}`{did_you_mean(key, self.names)}")

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, item: object) -> bool:
        return item in self.names if isinstance(item, str) else item in self._items

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Listing) and self._items == other._items

    def __hash__(self) -> int:
        return hash(self._items)

    @property
    def names(self) -> List[str]:
        """The names of the records that have one."""
        return [item.name for item in self._items if hasattr(item, "name")]

    def to_dicts(self) -> List[Dict[str, Any]]:
        """The records as dicts."""
        return [_as_dict(item) for item in self._items]

    def to_pandas(self) -> "_pandas.DataFrame":
        """The records as a pandas frame."""
        import pandas

        return pandas.DataFrame(self.to_dicts())

    def _grid(self) -> Grid:
        rows = [[_mark(getattr(item, name)) for name in self._shown] for item in self._items]
        return Grid(columns=[Mark(name) for name in self._shown], rows=rows)

    def __repr__(self) -> str:
        return text_table(self._grid()) if self._items else f"no {self._what}"

    def _repr_html_(self) -> str:
        return html_page([self._grid()])

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """The end of a message: the closest name, or all there are."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if close:
        return f"; did you mean `{close[0]}`?"
    if not known:
        return "; there are none"
    listed = ", ".join(f"`{each}`" for each in known[:12])
    more = f" and {len(known) - 12} more" if len(known) > 12 else ""
    return f"; there are {listed}{more}"


def _as_dict(item: Any) -> Dict[str, Any]:
    return {field.name: _plain(getattr(item, field.name)) for field in fields(item)}


def _plain(value: Any) -> Any:
    """Values as frames take them: a figure as its number, lists of records as lists of dicts."""
    if isinstance(value, Figure):
        return value.value
    if isinstance(value, Listing):
        return value.to_dicts()
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return value


def _mark(value: Any) -> Mark:
    if isinstance(value, Figure):
        return Mark(value.shown, "number", title=value.reason or "") if value else Mark(value.reason or "–", "reason")
    return Mark(_words(value), "number" if isinstance(value, int) and not isinstance(value, bool) else "text")


def _words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Listing):
        return ", ".join(value.names)
    if isinstance(value, dict):
        return ", ".join(f"{key} {part:,}" if isinstance(part, int) else f"{key} {part}" for key, part in value.items())
    if isinstance(value, tuple):
        return ", ".join(_words(part) for part in value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)



"""Drill-through: the rows behind a number, as frames and as tables for people."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple, Union

from . import _ripplemark
from ._errors import DataError, QueryError
from ._listing import Listing, did_you_mean
from ._show import HTML_ROWS, TEXT_ROWS, Grid, Mark, html_page, text_table

if TYPE_CHECKING:
    import pandas as _pandas
    import polars as _polars
    import pyarrow as _pyarrow

Others = Union[bool, str, Iterable[str]]


@dataclass(frozen=True)
class RowCounts:
    """What became of the rows of a table, seen from one cell: `read` is `counted` and all `others` together."""

    table: str
    read: int
    counted: int
    """Rows that enter the metric in this cell."""
    numerator: Optional[int]
    """Those of them in the numerator; `None` where the metric is no quotient of different rows."""
    denominator: Optional[int]
    """Those of them in the denominator, likewise."""
    failed: int
    """Rows that take the value from the cell, because the metric's condition or value has failed over them."""
    others: Dict[str, int]
    """Rows that are not counted, by reason."""
    listed: int
    """Counted rows that are listed."""
    others_listed: int
    """Other rows that are listed."""


class Rows:
    """The rows behind a cell: `_row` (number in the table, from 0), `_table`, `_role`, and all columns of the data.

    `_role` is `numerator`, `denominator`, `numerator|denominator` or `value`. Where other rows are listed, too, `_why`
    says why they are not counted. Any library that reads Arrow takes the rows as they are.
    """

    __slots__ = ("_about", "_place", "_streams")

    def __init__(self, place: str, about: "List[Dict[str, Any]]", streams: "List[List[_ripplemark.RowStream]]") -> None:
        self._place = place
        self._about = about
        self._streams = streams

    @property
    def counts(self) -> Listing[RowCounts]:
        """How many rows there are of each kind, by table, listed or not."""
        counts = [RowCounts(**{**about, "others": dict(about["others"])}) for about in self._about]
        return Listing(counts, "rows", list(RowCounts.__dataclass_fields__))

    @property
    def tables(self) -> List[str]:
        """The tables that the metric reads."""
        return [about["table"] for about in self._about]

    def table(self, name: str) -> "Rows":
        """The rows of one table."""
        if name not in self.tables:
            raise QueryError(f"the metric reads no table `{name}`{did_you_mean(str(name), self.tables)}")
        at = self.tables.index(name)
        return Rows(self._place, [self._about[at]], [self._streams[at]])

    def __len__(self) -> int:
        """How many rows are listed."""
        return sum(len(stream) for streams in self._streams for stream in streams)

    def to_arrow(self) -> "_pyarrow.Table":
        """The rows as a pyarrow table.

        Raises :class:`DataError` if they are of several tables: take one with :meth:`table`.
        """
        import pyarrow

        parts = [pyarrow.table(stream) for stream in self._only()]
        # Files of one table may differ in columns that the book does not use.
        return parts[0] if len(parts) == 1 else pyarrow.concat_tables(parts, promote_options="permissive")

    def to_pandas(self) -> "_pandas.DataFrame":
        """The rows as a pandas frame."""
        return self.to_arrow().to_pandas()

    def to_polars(self) -> "_polars.DataFrame":
        """The rows as a polars frame."""
        import polars

        return polars.DataFrame(self)

    def to_dicts(self) -> List[Dict[str, Any]]:
        """The rows as dicts."""
        rows: List[Dict[str, Any]] = self.to_arrow().to_pylist()
        return rows

    def _only(self) -> "List[_ripplemark.RowStream]":
        having = [t for t, streams in enumerate(self._streams) if any(len(stream) for stream in streams)]
        if len(having) > 1:
            names = " and ".join(f"`{self.tables[t]}`" for t in having)
            raise DataError(f"the rows are of the tables {names}; take one: rows.table({self.tables[having[0]]!r})")
        streams = self._streams[having[0]] if having else next(iter(self._streams), [])
        if not streams:
            raise DataError("there are no rows and no columns: the metric reads no table")
        return streams

    def __arrow_c_stream__(self, requested_schema: Optional[object] = None) -> object:
        """The rows as an Arrow stream, for every library that reads Arrow."""
        streams = self._only()
        one: Any = streams[0] if len(streams) == 1 else self.to_arrow()
        return one.__arrow_c_stream__(requested_schema)

    def _grids(self, limit: int) -> List[Grid]:
        grids = [
            _grid(stream, limit) for streams in self._streams for stream in streams if len(stream)
        ]
        notes = [Mark(self._place)] + [Mark(_counted(counts)) for counts in self.counts]
        if grids:
            grids[-1].notes = notes
            return grids
        return [Grid([Mark("_row")], [], notes=notes)]

    def __repr__(self) -> str:
        return "\n\n".join(text_table(grid) for grid in self._grids(TEXT_ROWS))

    def _repr_html_(self) -> str:
        return html_page(self._grids(HTML_ROWS))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}


def _grid(stream: "_ripplemark.RowStream", limit: int) -> Grid:
    columns: List[Tuple[str, bool]] = stream.columns()
    kinds = ["number" if is_number else "text" for _, is_number in columns]
    rows = [
        [Mark("", "missing") if text is None else Mark(text, kind) for text, kind in zip(row, kinds)]
        for row in stream.texts(limit)
    ]
    return Grid([Mark(name) for name, _ in columns], rows, row_count=len(stream))


def _counted(counts: RowCounts) -> str:
    text = f"{counts.table}: {counts.read:,} rows read, {counts.counted:,} counted"
    if counts.denominator is not None:
        text += f" ({counts.numerator:,} in the numerator, {counts.denominator:,} in the denominator)"
    if counts.others:
        text += "; not counted: " + ", ".join(f"{why} {rows:,}" for why, rows in counts.others.items())
    if counts.failed:
        text += f"; {counts.failed:,} failed and took the value from the cell"
    if counts.listed < counts.counted:
        text += f"; {counts.listed:,} counted rows are listed, say limit= for more"
    return text


def reasons_of(others: Others) -> List[str]:
    """The reasons whose rows are listed."""
    known = _ripplemark.DrillThrough.reasons()
    if isinstance(others, bool):
        return known if others else []
    names = [others] if isinstance(others, str) else list(others) if isinstance(others, Iterable) else [others]
    for name in names:
        if name not in known:
            raise QueryError(f"others: there is no reason `{name}`{did_you_mean(str(name), known)}")
    return [str(name) for name in names]


def found(drill: "_ripplemark.DrillThrough") -> Rows:
    """What a finished search has found."""
    tables = drill.finish()
    return Rows(drill.place(), [json.loads(about) for about, _ in tables], [streams for _, streams in tables])

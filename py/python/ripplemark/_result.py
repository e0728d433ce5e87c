"""Results: numbers with their owner, their reason where there is none, and what they were made of."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Optional, Tuple

from . import _data, _ripplemark
from ._coordinates import key_of
from ._diff import Diff
from ._errors import CellError, DataError, QueryError
from ._explain import Explanations
from ._listing import Listing, did_you_mean
from ._progress import Progress
from ._questions import Asker, Period, Place, Versus
from ._report import Report
from ._result_grid import grid
from ._rows import Others, Rows, found, reasons_of
from ._show import HTML_ROWS, TEXT_ROWS, html_page, text_table
from ._standing import Answers, Findings, Journey, TargetStatus

if TYPE_CHECKING:
    import pandas as _pandas
    import polars as _polars
    import pyarrow as _pyarrow


@dataclass(frozen=True)
class MetricInfo:
    """What a reader of a metric's numbers needs to know."""

    name: str
    label: str
    owner: str
    unit: str
    description: str
    ring: str
    kind: str
    exact: bool
    """True if values are one rational over counts, integers and decimals, rounded once."""
    meaning: str
    """SHA-256 of what the metric means, in hex."""


@dataclass(frozen=True)
class RowReport:
    """What happened to the rows of a table."""

    table: str
    at: Optional[str]
    """The column that placed rows in time; `None` where time was not read."""
    read: int
    used: int
    rejected: Dict[str, int]
    """Rows that did not enter, by reason."""
    watermark: Optional[object]
    """The latest time among the used rows: a date, or a datetime in UTC."""


@dataclass(frozen=True)
class RowErrors:
    """Rows that a metric leaves out because its arithmetic or one of their values has failed."""

    metric: str
    table: str
    rejected: Dict[str, int]
    """Rows by the first of their reasons; once for each aggregate of the metric that leaves them out."""


@dataclass(frozen=True)
class ColumnReport:
    """Missing and unreadable values of a column; columns without any have no report."""

    table: str
    column: str
    missing: int
    invalid: int
    """Values that are not of the declared type; their cells have the reason `invalid_input`."""
    example_row: Optional[int]
    """The row of the first unreadable value, from 0, where text was read."""
    example: Optional[str]


@dataclass(frozen=True)
class LookupReport:
    """What rows of a table found in another one. Rows that found nothing stay, with missing values."""

    table: str
    path: str
    """The name of the lookup."""
    target: str
    """The table that is looked into."""
    rows: int
    """Its rows."""
    rows_without_key: int
    """Rows of it that nothing can find: their key is missing or not readable."""
    bytes: int
    """About the memory that it takes."""
    matched: int
    """Rows that found a row."""
    key_missing: int
    """Rows whose own key is missing."""
    unmatched: int
    """Rows whose key is not in the other table."""
    no_time: int
    """Rows that do not say when, while rows of the other table hold for a time."""
    outside: int
    """Rows whose key is there, but with no row that holds at their time."""
    example: Optional[str]
    """The first key that is not there; where rows hold for a time, with it."""
    outside_example: Optional[str] = None
    """The first key and time at which no row holds."""


@dataclass(frozen=True)
class Cell:
    """One number with everything beside it."""

    metric: str
    at: Dict[str, object]
    """Where the cell stands: dimensions and period; what is absent is a total over it."""
    level: str
    """Names of what the cell distinguishes, joined by ","; `total` for nothing."""
    value: Optional[float]
    """The value, correctly rounded; `None` if there is none."""
    exact: Optional[str]
    """The exact value as digits or as a fraction, for exact metrics."""
    reasons: Tuple[str, ...]
    """Why there is no value: `empty`, `zero_denominator`, `overflow`, `invalid_input`, `sign`, `unbounded`."""
    flags: Tuple[str, ...]
    """What to know about the value, such as `partial_period`."""
    numerator: Optional[float]
    denominator: Optional[float]
    n: int
    """Rows behind the number."""
    unit: str
    owner: str

    @property
    def reason(self) -> Optional[str]:
        """The reasons joined by "|"; `None` if there is a value."""
        return "|".join(self.reasons) or None


class Result:
    """What an evaluation found: one cell for each metric, level, group and period.

    ``result["win_rate"]`` is the total; ``result.value("win_rate", region="EMEA", month="2017-07")`` one cell's
    value, ``result.cell(...)`` the cell with its reason, flags, numerator and denominator. Any library that reads
    Arrow takes the result as it is: ``polars.DataFrame(result)``, ``pyarrow.table(result)``.
    """

    __slots__ = ("_about", "_asked", "_book", "_lost", "_native", "_sources")

    def __init__(self, native: _ripplemark.ResultSet) -> None:
        self._native = native
        self._about: Dict[str, Any] = json.loads(native.describe())
        self._sources: Dict[str, object] = {}
        self._lost: Tuple[str, ...] = ()
        self._book: Optional[_ripplemark.Book] = None
        self._asked: Dict[str, Any] = {}

    def _over(self, data: Dict[str, object], book: _ripplemark.Book, asked: Dict[str, Any]) -> "Result":
        """Remembers, for further questions, book, query, and the data that can be read again."""
        self._sources = {table: source for table, source in data.items() if _data.is_lasting(source)}
        return self._from(book, asked, tuple(table for table in data if table not in self._sources))

    def _from(self, book: _ripplemark.Book, asked: Dict[str, Any], lost: Tuple[str, ...]) -> "Result":
        self._book, self._asked, self._lost = book, asked, lost
        return self

    @property
    def metrics(self) -> Listing[MetricInfo]:
        """The metrics, in the order of the question."""
        metrics = [MetricInfo(**metric) for metric in self._about["metrics"]]
        return Listing(metrics, "metric", ["name", "kind", "ring", "owner", "unit", "description"])

    @property
    def dimensions(self) -> List[str]:
        """The dimensions, in the order of the question."""
        return [dimension["name"] for dimension in self._about["dimensions"]]

    @property
    def grain(self) -> Optional[str]:
        """The length of a period; `None` where there is no time axis."""
        grain: Optional[str] = self._about["grain"]
        return grain

    @property
    def rows_report(self) -> Listing[RowReport]:
        """Rows read, used and rejected, by table and time column."""
        reports = [
            RowReport(**{**row, "rejected": dict(row["rejected"]), "watermark": _watermark(row["watermark"])})
            for row in self._about["rows"]
        ]
        return Listing(reports, "rows", ["table", "at", "read", "used", "rejected", "watermark"])

    @property
    def quality(self) -> Listing[ColumnReport]:
        """Columns with missing or unreadable values, and the first unreadable one."""
        reports = []
        for column in self._about["columns"]:
            row, example = column["example"] or (None, None)
            reports.append(ColumnReport(**{**column, "example_row": row, "example": example}))
        return Listing(reports, "missing or unreadable values", list(ColumnReport.__dataclass_fields__))

    @property
    def row_errors(self) -> Listing[RowErrors]:
        """Rows that metrics with `on_row_error: reject` have left out, by metric and table; none where nothing failed."""
        reports = [RowErrors(**{**errors, "rejected": dict(errors["rejected"])}) for errors in self._about["row_errors"]]
        return Listing(reports, "rows left out", list(RowErrors.__dataclass_fields__))

    @property
    def lookups(self) -> Listing[LookupReport]:
        """What was looked up in other tables, and how many rows found nothing."""
        reports = [LookupReport(**report) for report in self._about["lookups"]]
        shown = ["table", "path", "target", "rows", "matched", "key_missing", "unmatched", "no_time", "outside", "example"]
        return Listing(reports, "lookups", shown)

    @property
    def receipt(self) -> Dict[str, Any]:
        """What the result was made of: question, definitions, row counts, hashes. Equal receipts mean equal numbers."""
        receipt: Dict[str, Any] = json.loads(json.dumps(self._about["receipt"]))
        receipt["metrics"] = dict(receipt["metrics"])
        return receipt

    @property
    def hash(self) -> str:
        """SHA-256 of the cells, in hex: the same on every machine and in every language."""
        return self._native.hash()

    def diff(self, older: "Result") -> Diff:
        """What changed from an older result to this one, and what explains each value that changed: another
        definition, another question, other data.
        """
        if not isinstance(older, Result):
            raise TypeError(f"expected a Result to compare with, got {type(older).__name__}")
        return Diff(*self._native.diff(older._native, 100, 20))

    def cell(self, metric: str, /, **at: object) -> Cell:
        """The cell of a metric at these coordinates.

        Dimensions go by their names, the period by its grain: ``cell("win_rate", region="EMEA", month="2017-07")``.
        A period is named by any day in it, `2017-07-15`, or shorter, `2017-07`, `2017`. `None` is the group of rows
        without a value. What is left out is a total, which must have been asked for (`totals=True`).

        Raises :class:`CellError` if there is no such cell.
        """
        names = [info["name"] for info in self._about["metrics"]]
        if metric not in names:
            raise CellError(f"the result has no metric `{metric}`{did_you_mean(str(metric), names)}")
        position = names.index(metric)
        key, period = key_of(self._native, self._about, at)
        found = self._native.find(position, key, period)
        if found is None:
            raise CellError(self._nothing_at(metric, at))
        return self._cell(self._native.cells(found, found + 1)[0])

    def value(self, metric: str, /, **at: object) -> Optional[float]:
        """The value at these coordinates, `None` if there is none; see :meth:`cell`, which also has the reason."""
        return self.cell(metric, **at).value

    def rows(
        self,
        metric: str,
        /,
        *,
        others: Others = False,
        limit: int = 10_000,
        data: Optional[Mapping[str, object]] = None,
        **at: object,
    ) -> Rows:
        """The rows behind the number at these coordinates: exactly those that were counted.

        Coordinates are those of :meth:`cell`; totals need not have been asked for. `others=True` lists the other rows,
        too, each with the reason why it is not counted (`_why`); a reason or several, such as
        `others="value_failed"`, lists those. At most `limit` counted rows and as many others are listed;
        :attr:`Rows.counts` has the numbers of all.

        The data are read once more. A result holds on to what it was made of, but not to iterators and streams, and it
        leaves the data behind when it is pickled: then hand them over again as `data`, a dict by table.

        Raises :class:`CellError` if the result has no such metric or coordinate, :class:`DataError` if the data are
        not at hand or have another number of rows than before, :class:`FileError` if a file cannot be read.
        """
        names = [info["name"] for info in self._about["metrics"]]
        if metric not in names:
            raise CellError(f"the result has no metric `{metric}`{did_you_mean(str(metric), names)}")
        if isinstance(limit, bool) or not isinstance(limit, int) or not 0 <= limit < 2**31:
            raise QueryError(f"limit: expected a number of rows, got {limit!r}")
        key, period = key_of(self._native, self._about, at)
        drill = self._native.drill(metric, key, period, limit, reasons_of(others))
        given = {**self._sources, **(data or {})}
        absent = [table for table in drill.tables() if table not in given]
        if absent:
            parts = ", ".join(f"{table!r}: ..." for table in absent)
            raise DataError(
                f"the data of {', '.join(f'`{table}`' for table in absent)} are not at hand (an iterator is read once, "
                f"and a pickled result leaves its data behind); hand them over again: rows(..., data={{{parts}}})"
            )
        for table in drill.tables():
            _data.look_through(drill, self._native.program(), table, given[table])
        rows = found(drill)
        before = {report["table"]: report["read"] for report in self._about["rows"]}
        for counts in rows.counts:
            if counts.read != before.get(counts.table):
                raise DataError(
                    f"table `{counts.table}` has {counts.read:,} rows now, and had {before.get(counts.table):,} when "
                    "the number was made; hand the same rows over"
                )
        return rows

    def explain(
        self,
        metric: str,
        /,
        *,
        vs: Versus = "prior",
        at: Place = None,
        all: bool = False,
        digits: Optional[int] = None,
        data: Optional[Mapping[str, object]] = None,
        progress: Progress = False,
    ) -> Explanations:
        """Says what moved a metric of the book, over the rows of this result; see :meth:`Book.explain`.

        `at` chooses group and period, `at={"region": "West", "month": "2017-07"}`; without a period it is the latest
        that is over. The data are read once more, as in :meth:`rows`.
        """
        asker = self._asker(data, progress)
        # Of the groups of the result only those count that `at` names.
        asked = {**self._asked, "by": [], "totals": None}
        if vs == "target":
            # A target has days and a scope of its own.
            asked = {**asked, "range": None, "filter": None, "grain": None}
        return asker.explain(metric, asked, vs=vs, at=at, all=all, digits=digits)

    def targets(self, *, data: Optional[Mapping[str, object]] = None) -> Answers[TargetStatus]:
        """Where every target of the book stands, over all rows of the data; see :meth:`Book.targets`."""
        return self._asker(data).targets(self._asked.get("as_of"))

    def findings(self, *, period: Period = None, data: Optional[Mapping[str, object]] = None) -> Findings:
        """What the rules of the book find, over all rows of the data; see :meth:`Book.findings`."""
        return self._asker(data).findings(period, self._asked.get("as_of"))

    def journey(self, *, data: Optional[Mapping[str, object]] = None) -> Journey:
        """The hand-offs of the book, over all rows of the data; see :meth:`Book.journey`."""
        nothing = {**self._asked, "query": None, "metrics": None, "by": None, "grain": None, "filter": None}
        return self._asker(data).journey(None, {**nothing, "range": None, "totals": None})

    def report(
        self, *, period: Period = None, data: Optional[Mapping[str, object]] = None, progress: Progress = False
    ) -> Report:
        """A report with the metrics, grain, range and filter of this result; see :meth:`Book.report`."""
        return self._asker(data, progress).report(self._asked, period)

    def chart(self, metric: Optional[str] = None) -> Any:
        """A line over the periods, or bars over the groups, as an altair chart; needs
        ``pip install ripplemark[charts]``. `metric` may be left out where there is one only.
        """
        from ._charts import of_result

        return of_result(self, metric)

    def _asker(self, data: Optional[Mapping[str, object]], progress: Progress = False) -> Asker:
        if self._book is None:
            raise QueryError(
                "this result does not know its book, because it comes from an Evaluation; ask the book: "
                "book.explain(...), book.report(...)"
            )
        given = {**self._sources, **(data or {})}
        absent = [table for table in self._lost if table not in given]
        if absent:
            parts = ", ".join(f"{table!r}: ..." for table in absent)
            raise DataError(
                f"the data of {', '.join(f'`{table}`' for table in absent)} are not at hand (an iterator is read once, "
                f"and a pickled result leaves its data behind); hand them over again: data={{{parts}}}"
            )
        return Asker(self._book, given, progress)

    def __getitem__(self, metric: str) -> Optional[float]:
        return self.value(metric)

    def __iter__(self) -> Iterator[Cell]:
        """The cells: by level, then by coordinates, then by metric."""
        for start in range(0, len(self), 1024):
            for native in self._native.cells(start, start + 1024):
                yield self._cell(native)

    def __len__(self) -> int:
        return len(self._native)

    def _cell(self, native: "_ripplemark._CellTuple") -> Cell:
        metric, level, key, period, value, exact, reasons, flags, numerator, denominator, n = native
        info = self._about["metrics"][metric]
        at = {name: part for name, part in zip(self.dimensions, key) if part is not ...}
        if period is not None:
            at[str(self.grain)] = period
        return Cell(
            metric=info["name"],
            at=at,
            level=level,
            value=value,
            exact=exact,
            reasons=tuple(reasons),
            flags=tuple(flags),
            numerator=numerator,
            denominator=denominator,
            n=n,
            unit=info["unit"],
            owner=info["owner"],
        )

    def _nothing_at(self, metric: str, at: Dict[str, object]) -> str:
        axes = self.dimensions + ([self.grain] if self.grain else [])
        absent = [axis for axis in axes if axis not in at]
        levels = {level for _, level, *_ in self._native.cells(0, len(self))}
        wanted = ",".join(axis for axis in axes if axis in at) or "total"
        if wanted not in levels:
            parts = ", ".join(f"{axis}=..." for axis in absent)
            return f"`{metric}` has no total over {', '.join(absent)} here; say {parts}, or evaluate with totals=True"
        place = ", ".join(f"{axis}={part!r}" for axis, part in at.items())
        hints = []
        for d, name in enumerate(self.dimensions):
            known = self._native.coordinates(d)
            if name in at and at[name] not in known:
                hints.append(name + did_you_mean(str(at[name]), [str(value) for value in known]).lstrip(";"))
        hint = f" ({', '.join(hints)})" if hints else ""
        return f"no row entered `{metric}` at {place or 'the total'}{hint}"

    def to_arrow(self) -> "_pyarrow.Table":
        """The result as a pyarrow table, long: one row for each cell.

        `value` is a double. `exact` has the exact digits or fraction as text, and `exact_value` the decimals among them
        as `decimal128`.
        """
        import pyarrow

        return pyarrow.table(self)

    def to_pandas(self) -> "_pandas.DataFrame":
        """The result as a pandas frame, long: one row for each cell; dates are `datetime64`, exact values `Decimal`."""
        return self.to_arrow().to_pandas(date_as_object=False)

    def to_polars(self) -> "_polars.DataFrame":
        """The result as a polars frame, long: one row for each cell."""
        import polars

        return polars.DataFrame(self)

    def to_dicts(self) -> List[Dict[str, Any]]:
        """The result as dicts, long: one for each cell, with the names of :meth:`to_arrow`, without `exact_value`."""
        axes = self.dimensions + ([self.grain] if self.grain else [])
        return [
            {
                "metric": cell.metric,
                "level": cell.level,
                **{axis: cell.at.get(axis) for axis in axes},
                "value": cell.value,
                "exact": cell.exact,
                "reason": cell.reason,
                "flags": "|".join(cell.flags) or None,
                "numerator": cell.numerator,
                "denominator": cell.denominator,
                "n": cell.n,
                "unit": cell.unit or None,
                "owner": cell.owner,
            }
            for cell in self
        ]

    def to_json(self) -> str:
        """Cells, metrics, reports and receipt as JSON text; `value_bits` has the bits of each value in hex."""
        return self._native.json()

    def __arrow_c_stream__(self, requested_schema: Optional[object] = None) -> object:
        """The result as an Arrow stream, for every library that reads Arrow."""
        return self._native.__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        """The schema of the Arrow stream."""
        return self._native.__arrow_c_schema__()

    def __repr__(self) -> str:
        return text_table(grid(self, TEXT_ROWS))

    def _repr_html_(self) -> str:
        return html_page([grid(self, HTML_ROWS)])

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Result) and self.hash == other.hash

    def __hash__(self) -> int:
        return hash(self.hash)

    def __reduce__(self) -> Tuple[Any, ...]:
        if self._book is None:
            return (Result, (self._native,))
        return (_rebuild, (self._native, self._book, self._asked, (*self._sources, *self._lost)))


def _rebuild(
    native: _ripplemark.ResultSet, book: _ripplemark.Book, asked: Dict[str, Any], lost: Tuple[str, ...]
) -> Result:
    return Result(native)._from(book, asked, lost)


def _watermark(text: Optional[str]) -> Optional[object]:
    """A date or a point in time; text for a year that Python's calendar does not have."""
    if text is None:
        return None
    try:
        if "T" not in text:
            return datetime.date.fromisoformat(text)
        naive = datetime.datetime.fromisoformat(text[:-1])
        return naive.replace(tzinfo=datetime.timezone.utc)
    except ValueError:
        return text

"""Books: loading, looking around, asking."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, Dict, List, Optional, Tuple

from . import _asked, _data, _ripplemark
from ._book_parts import Column, Metric, SavedQuery, Table, Team, listing_of_tables
from ._errors import DataError, Diagnostic, FileError
from ._explain import Explanations, MixExplanation
from ._listing import Listing, did_you_mean
from ._program import Evaluation, Program
from ._progress import Progress, Sum, telling
from ._questions import Asker, Period, Place, Versus, question
from ._report import Report
from ._result import Result
from ._show import html_page, text_table
from ._standing import Answers, Findings, Journey, TargetStatus

__all__ = ["Book", "Column", "Metric", "SavedQuery", "Table", "Team", "load", "loads"]

_ARGUMENTS = ["metrics", "by", "grain", "range", "filter", "as_of", "totals", "query", "data", "progress", "period"]


def load(path: "str | os.PathLike[str]") -> "Book":
    """Reads a book (YAML or JSON) from a file.

    Raises :class:`BookError` with everything that is wrong with the book, by line, and :class:`FileError` if the
    file cannot be read.
    """
    name = os.fspath(path)
    if not isinstance(name, str) or "\0" in name:
        raise FileError(f"{path!r} is no path of a book")
    return Book(_ripplemark.load_file(os.path.expanduser(name)))


def loads(text: str, name: str = "book") -> "Book":
    """Reads a book from text; `name` stands in messages where the file name would.

    Raises :class:`BookError` with everything that is wrong with the book, by line.
    """
    if not isinstance(text, str):
        raise TypeError(f"expected the text of a book, got {type(text).__name__}")
    if not _asked.is_unicode(text) or not _asked.is_unicode(name):
        raise FileError(f"{name!r}: the text is not Unicode")
    return Book(_ripplemark.load_text(text, name))


class Book:
    """A checked KPI book: what each metric means, who owns it, and which tables it reads."""

    __slots__ = ("_about", "_native")

    def __init__(self, native: _ripplemark.Book) -> None:
        if not isinstance(native, _ripplemark.Book):
            raise TypeError("books come from `ripplemark.load` or `ripplemark.loads`")
        self._native = native
        self._about: Dict[str, Any] = json.loads(native.describe())

    @property
    def id(self) -> str:
        """The identifier of the book."""
        return str(self._about["id"])

    @property
    def version(self) -> str:
        """The book's own version."""
        return str(self._about["version"])

    @property
    def currency(self) -> Optional[str]:
        """The currency that `money` means."""
        return None if self._about["currency"] is None else str(self._about["currency"])

    @property
    def timezone(self) -> str:
        """The time zone in which days, weeks and months begin."""
        return str(self._about["timezone"])

    @property
    def teams(self) -> Listing[Team]:
        """The teams that can own metrics."""
        teams = [Team(id=team["id"], name=team["name"]) for team in self._about["teams"]]
        return Listing(teams, "team", ["id", "name"])

    @property
    def metrics(self) -> Listing[Metric]:
        """The metrics, in the order of the book."""
        metrics = [Metric(**{**metric, "tables": tuple(metric["tables"])}) for metric in self._about["metrics"]]
        return Listing(metrics, "metric", ["name", "kind", "ring", "owner", "unit", "exactness", "description"])

    @property
    def tables(self) -> Listing[Table]:
        """The tables that the book declares."""
        return listing_of_tables(
            Table(
                **{
                    **table,
                    "key": tuple(table["key"]),
                    "columns": tuple(Column(**column) for column in table["columns"]),
                }
            )
            for table in self._about["tables"]
        )

    @property
    def saved_queries(self) -> Listing[SavedQuery]:
        """The questions that the book keeps; ask one with ``book.evaluate(query="name", ...)``."""
        queries = [SavedQuery(q["name"], tuple(q["metrics"])) for q in self._about["saved_queries"]]
        return Listing(queries, "saved query", ["name", "metrics"])

    @property
    def warnings(self) -> List[Diagnostic]:
        """What somebody should look at although the book can be used."""
        return self._native.warnings()

    def compile(
        self,
        *,
        metrics: Optional[_asked.Names] = None,
        by: Optional[_asked.Names] = None,
        grain: Optional[str] = None,
        range: Optional[_asked.Range] = None,
        filter: Optional[str] = None,
        as_of: Optional[_asked.When] = None,
        totals: Optional[bool] = None,
        query: Optional[str] = None,
    ) -> Program:
        """Compiles a question to a program; see :meth:`evaluate` for the arguments.

        Raises :class:`QueryError` with every problem of the question.
        """
        asked = question(
            metrics=metrics, by=by, grain=grain, range=range, filter=filter, as_of=as_of, totals=totals, query=query
        )
        return Program(self._native.compile(**asked))

    def evaluate(
        self,
        *,
        metrics: Optional[_asked.Names] = None,
        by: Optional[_asked.Names] = None,
        grain: Optional[str] = None,
        range: Optional[_asked.Range] = None,
        filter: Optional[str] = None,
        as_of: Optional[_asked.When] = None,
        totals: Optional[bool] = None,
        query: Optional[str] = None,
        data: Optional[Mapping[str, object]] = None,
        progress: Progress = False,
        **tables: object,
    ) -> Result:
        """Computes metrics over data.

        `metrics`: names; left out, all metrics of the book. `by`: columns to group by; every table that is read must
        have them. `grain`: `day`, `week`, `month`, `quarter` or `year`; left out, no time axis. `range`: (first day
        inside, first day outside), `None` leaves a side open. `filter`: a condition on rows, as in the book, such as
        `region == "EMEA"`. `as_of`: later rows do not enter. `totals`: adds totals and subtotals. `query`: a saved
        query of the book, which the other arguments change. Dates are `date`, `datetime` with a time zone, or text.

        Every other argument is a table of the book: a path (Parquet or CSV), a pandas, polars or pyarrow frame, a
        DuckDB relation, anything else that speaks Arrow, or a list or iterator of those. `data` takes the same as a
        dict, for names that are no Python names or are taken. Only tables that the question reads are looked at, those
        included in which it looks something up. `progress`: True for a bar while files are read (if tqdm is
        installed), or a function that is told bytes read and bytes to read.

        Raises :class:`QueryError`, :class:`DataError` or :class:`FileError`.
        """
        given = self._given(data, tables)
        asked = question(
            metrics=metrics, by=by, grain=grain, range=range, filter=filter, as_of=as_of, totals=totals, query=query
        )
        program = Program(self._native.compile(**asked))
        missing = [name for name in program.tables.names if name not in given]
        if missing:
            raise DataError("\n".join(self._needed(name, program.metrics, set(given)) for name in missing))
        evaluation = Evaluation(program)
        with telling(progress) as tell:
            files = None if tell is None else Sum(tell)
            for name in program.tables.names:
                _data.feed(evaluation._native, program._native, name, given[name], files)
        return evaluation.finish()._over(given, self._native, asked)

    def explain(
        self,
        metric: str,
        /,
        *,
        vs: Versus = "prior",
        at: Place = None,
        period: Period = None,
        all: bool = False,
        digits: Optional[int] = None,
        by: Optional[_asked.Names] = None,
        grain: Optional[str] = None,
        range: Optional[_asked.Range] = None,
        filter: Optional[str] = None,
        as_of: Optional[_asked.When] = None,
        query: Optional[str] = None,
        data: Optional[Mapping[str, object]] = None,
        progress: Progress = False,
        **tables: object,
    ) -> Explanations:
        """Says what moved a metric: by how much each driver of its identity did, exactly, and whose they are.

        `vs`: `"prior"`, the period before (the question needs a `grain`); `"target"`, what the metric's targets expect by
        now (then `as_of` is all that a question can have); or a segment such as `{"region": "East"}`, with which `at={"region": "West"}` is compared. `period`: a day of the period that is wanted, or its year or
        month (`"2017-07"`); left out, the latest that is over; `all=True`: every one. `at` chooses groups and may name
        the period, too: `at={"region": "West", "month": "2017-07"}`. `by`: an explanation for each group. `digits`:
        digits after the point of what is shown. The other arguments are those of :meth:`evaluate`.

        Raises :class:`QueryError` for a metric without drivers or a place where nothing is, :class:`DataError` or
        :class:`FileError`.
        """
        asked = question(by=by, grain=grain, range=range, filter=filter, as_of=as_of, query=query)
        asker = Asker(self._native, self._given(data, tables), progress)
        return asker.explain(metric, asked, vs=vs, at=at, period=period, all=all, digits=digits)

    def explain_mix(
        self,
        metric: str,
        dim: str,
        /,
        *,
        period: Period = None,
        all: bool = False,
        digits: Optional[int] = None,
        grain: Optional[str] = None,
        range: Optional[_asked.Range] = None,
        filter: Optional[str] = None,
        as_of: Optional[_asked.When] = None,
        data: Optional[Mapping[str, object]] = None,
        progress: Progress = False,
        **tables: object,
    ) -> List[MixExplanation]:
        """Says whether a ratio moved from one period to the next because the groups of `dim` changed (rate), or because
        their weights did (mix). The arguments are those of :meth:`explain`.
        """
        asked = question(grain=grain, range=range, filter=filter, as_of=as_of)
        asker = Asker(self._native, self._given(data, tables), progress)
        return asker.mix(metric, dim, asked, period=period, all=all, digits=digits)

    def targets(
        self,
        *,
        as_of: Optional[_asked.When] = None,
        data: Optional[Mapping[str, object]] = None,
        progress: Progress = False,
        **tables: object,
    ) -> Answers[TargetStatus]:
        """Says where every target of the book stands; `as_of`: the last day that is known, otherwise that of each
        metric's data. A target whose tables are not given has the reason `no_data`.
        """
        return Asker(self._native, self._given(data, tables), progress).targets(as_of)

    def findings(
        self,
        *,
        period: Period = None,
        as_of: Optional[_asked.When] = None,
        data: Optional[Mapping[str, object]] = None,
        progress: Progress = False,
        **tables: object,
    ) -> Findings:
        """Lets every rule of the book look at the data: who has to be told what. `period`: a day of the period to look
        at; otherwise of each rule the latest that is over.
        """
        return Asker(self._native, self._given(data, tables), progress).findings(period, as_of)

    def journey(
        self,
        *,
        stages: Optional[_asked.Names] = None,
        by: Optional[_asked.Names] = None,
        grain: Optional[str] = None,
        range: Optional[_asked.Range] = None,
        as_of: Optional[_asked.When] = None,
        totals: Optional[bool] = None,
        data: Optional[Mapping[str, object]] = None,
        progress: Progress = False,
        **tables: object,
    ) -> Journey:
        """Follows rows from stage to stage: how many go on, how soon, and what is lost on the way. `stages`: the later
        stages of the hand-offs; left out, all. Rows fall into periods by their entry into the earlier stage.
        """
        asked = question(by=by, grain=grain, range=range, as_of=as_of, totals=totals)
        return Asker(self._native, self._given(data, tables), progress).journey(stages, asked)

    def report(
        self,
        *,
        metrics: Optional[_asked.Names] = None,
        grain: Optional[str] = None,
        range: Optional[_asked.Range] = None,
        filter: Optional[str] = None,
        as_of: Optional[_asked.When] = None,
        query: Optional[str] = None,
        period: Period = None,
        data: Optional[Mapping[str, object]] = None,
        progress: Progress = False,
        **tables: object,
    ) -> Report:
        """All that the book says of the data: metrics by ring, what moved them, targets, journey and findings.

        `grain`: the length of a period, months unless said otherwise; `period`: a day of the one reported, otherwise
        the latest that is over. What cannot be computed is listed in the report; tables may be left out.
        """
        asked = question(metrics=metrics, grain=grain, range=range, filter=filter, as_of=as_of, query=query)
        return Asker(self._native, self._given(data, tables), progress).report(asked, period)

    def _given(self, data: Optional[Mapping[str, object]], tables: Dict[str, object]) -> Dict[str, object]:
        if data is not None and not isinstance(data, Mapping):
            raise DataError(f"data: expected a dict from table names to data, got {type(data).__name__}")
        given = dict(data or {})
        for name, value in tables.items():
            if name in given:
                raise DataError(f"table `{name}` is given twice, by name and in `data`")
            given[name] = value
        known = self.tables.names
        for name, value in given.items():
            if name not in known:
                close = did_you_mean(str(name), known + (_ARGUMENTS if name in tables else []))
                raise DataError(f"the book `{self.id}` has no table `{name}`{close}")
            if value is None:
                raise DataError(f"table `{name}` is None; expected a path or a frame")
        return given

    def _needed(self, table: str, asked: List[str], given: "set[str]") -> str:
        metrics = {metric.name: metric for metric in self.metrics}
        needing = [name for name in asked if table in metrics[name].tables]
        possible = [name for name in asked if given.issuperset(metrics[name].tables)]
        # A dimension or a filter may look something up that no metric does.
        message = f"table `{table}` is missing; needed by {_listed(needing) or 'what `by` or `filter` look up'}"
        if possible:
            return f"{message}; hand it over, or ask only for metrics=[{', '.join(map(repr, possible))}]"
        return f"{message}; hand it over: {table}=..."

    def __repr__(self) -> str:
        return f"{self._title()}\n{text_table(self.metrics._grid())}"

    def _repr_html_(self) -> str:
        return html_page([self.metrics._grid()], self._title())

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}

    def _title(self) -> str:
        version = f" {self.version}" if self.version else ""
        return f"book {self.id}{version}: {len(self.metrics)} metrics, tables {', '.join(self.tables.names)}"

    def __reduce__(self) -> Tuple[Any, ...]:
        return (Book, (self._native,))


def _listed(names: List[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:8])
    return f"{shown} and {len(names) - 8} more" if len(names) > 8 else shown

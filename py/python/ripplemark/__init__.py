"""One KPI book, and the same number, to the last bit, wherever it is computed.

A book (YAML) says what each metric means, who owns it and in what unit. Load it, hand over data, read numbers::

    import ripplemark as rm

    book = rm.load("acme.yaml")
    result = book.evaluate(opps=frame, by=["region"], grain="month")
    result.value("win_rate", region="EMEA", month="2017-07")

Data are paths of Parquet and CSV files or anything that speaks Arrow: pandas, polars, pyarrow, DuckDB. A number that
does not exist is ``None`` with a reason, never 0 or NaN. Every error is an :class:`Error`.
"""

from ._book import Book, Column, Metric, SavedQuery, Table, Team, load, loads
from ._diff import Diff
from ._errors import BookError, CellError, DataError, Error, FileError, QueryError, StateError, explain_code
from ._explain import Driver, Explanation, Explanations, MixExplanation, Part, Segment
from ._figure import Figure
from ._listing import Listing
from ._program import Evaluation, Program
from ._report import Report
from ._result import Cell, ColumnReport, LookupReport, MetricInfo, Result, RowErrors, RowReport
from ._ripplemark import version as __version__
from ._rows import RowCounts, Rows
from ._standing import Finding, Findings, Handoff, Journey, OwnerGap, RuleReport, TargetPart, TargetStatus

__all__ = [
    "Book",
    "BookError",
    "Cell",
    "CellError",
    "Column",
    "ColumnReport",
    "DataError",
    "Diff",
    "Driver",
    "Error",
    "Evaluation",
    "Explanation",
    "Explanations",
    "Figure",
    "FileError",
    "Finding",
    "Findings",
    "Handoff",
    "Journey",
    "Listing",
    "LookupReport",
    "Metric",
    "MetricInfo",
    "MixExplanation",
    "OwnerGap",
    "Part",
    "Program",
    "QueryError",
    "Report",
    "Result",
    "RowCounts",
    "RowErrors",
    "RowReport",
    "Rows",
    "RuleReport",
    "SavedQuery",
    "Segment",
    "StateError",
    "Table",
    "TargetPart",
    "TargetStatus",
    "Team",
    "__version__",
    "explain_code",
    "load",
    "loads",
]

# Tracebacks, help texts and pickles name what people import, not the file it is written in.
for _name in __all__:
    if isinstance(globals()[_name], type):
        globals()[_name].__module__ = __name__
del _name

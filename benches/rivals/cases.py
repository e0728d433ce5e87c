"""Which engines meet on which work: the programme of a run."""

from __future__ import annotations

from dataclasses import dataclass, field

from .contest import Entry
from .work import Form

_AS_WRITTEN = (
    Entry("duckdb"),
    Entry("duckdb", source="arrow"),
    Entry("polars"),
    Entry("datafusion"),
    Entry("chdb"),
)
_SHARED = (
    Entry("duckdb", "shared"),
    Entry("polars", "shared"),
    Entry("datafusion", "shared"),
    Entry("chdb", "shared"),
)
_MAIN = (Entry("duckdb"), Entry("polars"), Entry("datafusion"))
_PANDAS = (Entry("pandas"),)
_READ = (Entry("read"),)


@dataclass(frozen=True)
class Case:
    """Rivals against ripplemark on one work; `own` are forms of the table whose times are compared with this one."""

    work: str
    form: Form
    threads: int
    rivals: tuple[Entry, ...] = ()
    own: tuple[Form, ...] = field(default=())

    @property
    def title(self) -> str:
        """For the log."""
        form = self.form
        return f"{self.work}, {form.rows:,} rows, {form.order}, {form.text}, {form.amount}, {self.threads} thread(s)"


def cases(rows: int, quick: bool) -> list[Case]:
    """The programme for a number of rows."""
    base = Form(rows)
    shuffled = Form(rows, order="shuffled")
    plain = Form(rows, text="plain")
    cents, decimal = Form(rows, amount="cents"), Form(rows, amount="decimal")
    small = Form(max(rows // 10, 1))
    found = [
        Case("W1", base, 1, _READ + _AS_WRITTEN + _SHARED, (shuffled, plain, cents, decimal)),
        Case("W1", base, 2, _AS_WRITTEN + _SHARED),
        Case("W1", small, 1, _PANDAS),
        Case("W2", base, 1, _AS_WRITTEN + _SHARED),
        Case("W2", shuffled, 1, _MAIN + _SHARED[:2]),
        Case("W6", base, 1, _AS_WRITTEN + _SHARED),
        Case("W6", small, 1, _PANDAS),
    ]
    if not quick:
        found[2:2] = [
            Case("W1", shuffled, 1, _MAIN + _SHARED[:2]),
            Case("W1", plain, 1, _AS_WRITTEN + _SHARED[:2]),
            Case("W1", cents, 1, _MAIN),
            Case("W1", decimal, 1, _MAIN),
        ]
        found += [
            Case("W2", base, 2, _MAIN + _SHARED[:2]),
            Case("W2", small, 1, _PANDAS),
            Case("W6", base, 2, _MAIN + _SHARED[:2]),
        ]
    return found

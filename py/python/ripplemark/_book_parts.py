"""What a book consists of, as plain records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Optional, Tuple

from ._listing import Listing


@dataclass(frozen=True)
class Team:
    """Somebody who can own a metric."""

    id: str
    name: str


@dataclass(frozen=True)
class Column:
    """A declared column."""

    name: str
    """The name that formulas use."""
    source: str
    """The name that the data use."""
    type: str
    """`int`, `decimal(2)`, `float`, `bool`, `category`, `id`, `date` or `timestamp`."""
    description: str = ""
    lookup: Optional[str] = None
    """The lookup that finds the values; `None`: they are the table's own."""
    computed: bool = False
    """Whether the book computes the values from other columns of the row: a dimension or a band."""
    unit: Optional[str] = None
    """What its numbers are numbers of, where the book says it: `money[USD]`, `seats`."""

    def __str__(self) -> str:
        return f"{self.name}: {self.type}"


@dataclass(frozen=True)
class Table:
    """A table that the book declares, or that a program reads."""

    name: str
    columns: Tuple[Column, ...]
    entity: Optional[str] = None
    """What one row stands for."""
    time: Optional[str] = None
    """The column that places a row in time."""
    description: str = ""
    key: Tuple[str, ...] = ()
    """The columns that name one row, for lookups from other tables."""
    lookup: bool = False
    """Of a program's table: True if rows of other tables are looked up in it, so that it is fed before them."""


@dataclass(frozen=True)
class Metric:
    """What a metric is, as the book says it."""

    name: str
    label: str
    kind: str
    """`simple`, `ratio` or `derived`."""
    ring: Optional[str]
    """`behaviour`, `conversion` or `revenue`."""
    owner: str
    """Names of the owning teams, joined by ", "."""
    unit: Optional[str]
    description: str
    exactness: str
    """`exact`: one rational over counts, integers and decimals, rounded once; `exact over floats`: the same over
    exact sums of doubles; `rounded`: a function such as `sqrt` rounds on the way."""
    tables: Tuple[str, ...]
    """The tables it reads, those included in which it looks something up."""
    meaning: str
    """SHA-256 of what the metric means, in hex: equal in two books exactly if they compute the same."""


@dataclass(frozen=True)
class SavedQuery:
    """A question that the book keeps under a name."""

    name: str
    metrics: Tuple[str, ...]
    """The metrics asked for; empty for all."""


def listing_of_tables(tables: Iterable[Table]) -> Listing[Table]:
    """Tables with the columns worth showing."""
    return Listing(list(tables), "table", ["name", "entity", "time", "columns"])

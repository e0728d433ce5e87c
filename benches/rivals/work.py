"""What is measured: which KPIs, by what, over which form of the table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from . import filters, kpis
from .kpis import Kpi


@dataclass(frozen=True)
class Work:
    """KPIs by dimensions and periods."""

    name: str
    title: str
    kpis: tuple[Kpi, ...]
    by: tuple[str, ...]
    grain: str

    @property
    def columns(self) -> list[str]:
        """The columns of the table that are read."""
        return kpis.columns(self.kpis, self.by)


@dataclass(frozen=True)
class Form:
    """The form of the table: rows and how they are ordered and typed."""

    rows: int
    order: str = "time"
    text: str = "dictionary"
    amount: str = "float"

    def __str__(self) -> str:
        return f"{self.rows}, {self.order}, {self.text}, {self.amount}"


@cache
def work(name: str) -> Work:
    """The work of a name; `W6 rows` counts the rows behind each KPI of W6."""
    if name == "W1":
        return Work(name, "24 KPIs by region, segment and month", kpis.SALES, ("region", "segment"), "month")
    if name == "W2":
        return Work(name, "24 KPIs by rep and week", kpis.SALES, ("rep",), "week")
    if name in ("W6", "W6 rows"):
        listed = filters.kpis(count=name != "W6")
        return Work(name, "200 KPIs of different filters", listed, ("region", "segment"), "month")
    raise ValueError(f"there is no work {name!r}")

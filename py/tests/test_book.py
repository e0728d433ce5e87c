"""Loading books, looking around in them, and what is said of broken ones."""

from __future__ import annotations

import copy
import pickle

import pytest

import ripplemark as rm
from conftest import BOOK


def test_what_a_book_says_of_itself(book):
    assert (book.id, book.version, book.currency, book.timezone) == ("acme", "2.1.0", "EUR", "UTC")
    assert [team.name for team in book.teams] == ["Sales", "Finance", "Marketing"]
    revenue = book.metrics["revenue"]
    assert (revenue.label, revenue.kind, revenue.ring, revenue.owner) == ("Revenue", "simple", "revenue", "Finance")
    assert revenue.description == "what customers signed for"
    assert revenue.exactness == "exact"
    assert book.metrics["score_mean"].exactness == "exact over floats"
    assert book.metrics["won_per_lead"].owner == "Sales, Marketing"
    assert book.metrics["won_per_lead"].tables == ("deals", "leads")
    assert book.metrics["visits"].tables == ("leads",)
    assert len(book.metrics["visits"].meaning) == 64
    assert book.saved_queries["by_region"].metrics == ("revenue", "win_rate")


def test_tables(book):
    deals = book.tables["deals"]
    assert (deals.entity, deals.time) == ("deal", "closed")
    stage = next(column for column in deals.columns if column.name == "stage")
    assert (stage.source, stage.type) == ("Deal Stage", "category")
    assert [str(column) for column in book.tables[1].columns] == ["region: category", "seen: date", "visits: int"]


def test_listings_show_themselves(book):
    shown = repr(book.metrics)
    assert "win_rate" in shown and "Sales" in shown and "conversion" in shown
    assert "<table>" in book.metrics._repr_html_()
    assert "win_rate" in repr(book) and "win_rate" in book._repr_html_()
    assert book.metrics.to_pandas()["name"].tolist() == book.metrics.names
    assert "win_rate" in book.metrics and "nothing" not in book.metrics
    with pytest.raises(rm.QueryError, match="did you mean `win_rate`"):
        book.metrics["winrate"]


def test_every_problem_of_a_book_at_once():
    broken = BOOK.replace("owner: finance\n", "owner: fnance\n").replace("expr: visits", "expr: vists")
    with pytest.raises(rm.BookError) as caught:
        rm.loads(broken, "acme.yaml")
    problems = caught.value.diagnostics
    assert len(problems) == 2
    first, second = problems
    assert first["file"] == "acme.yaml" and first["metric"] == "revenue" and first["severity"] == "error"
    assert broken.split("\n")[first["line"] - 1].strip() == "owner: fnance"
    assert (second["metric"], second["owner"]) == ("visits", "marketing")
    text = str(caught.value)
    assert "fnance" in text and "vists" in text and "did you mean" in text and "2 errors" in text
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == text and again.diagnostics == problems and type(again) is rm.BookError


def test_files(tmp_path):
    path = tmp_path / "acme.yaml"
    with pytest.raises(rm.FileError, match="acme.yaml"):
        rm.load(path)
    with pytest.raises(rm.FileError):
        rm.load(tmp_path)
    path.write_bytes(BOOK.encode() + b"\xff")
    with pytest.raises(rm.BookError, match="UTF-8"):
        rm.load(path)
    path.write_bytes(b"")
    with pytest.raises(rm.BookError):
        rm.load(path)
    path.write_bytes(b"#" * (1 << 21))
    with pytest.raises(rm.BookError, match="too large"):
        rm.load(path)
    path.write_text(BOOK)
    assert rm.load(str(path)).metrics == rm.loads(BOOK).metrics


@pytest.mark.parametrize("text", ["", "[" * 200_000, "a: &a [*a]", "\0", "ripplemark: 1\nripplemark: 1"])
def test_hostile_books(text):
    with pytest.raises(rm.BookError) as caught:
        rm.loads(text)
    assert caught.value.diagnostics


def test_text_that_is_none():
    with pytest.raises(rm.FileError, match="not Unicode"):
        rm.loads("\ud800")
    with pytest.raises(TypeError):
        rm.loads(b"")
    with pytest.raises(TypeError):
        rm.Book("x")


def test_books_travel(book):
    for other in (pickle.loads(pickle.dumps(book)), copy.copy(book)):
        assert other.metrics == book.metrics
        assert other.compile(metrics="won").bytes == book.compile(metrics="won").bytes


def test_all_errors_are_one_family():
    for kind in (rm.BookError, rm.QueryError, rm.DataError, rm.StateError, rm.FileError, rm.CellError):
        assert issubclass(kind, rm.Error) and kind.__module__ == "ripplemark"
    assert issubclass(rm.Error, Exception)

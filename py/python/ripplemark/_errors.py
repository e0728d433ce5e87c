"""What can go wrong: one base class, one class per cause.

The native module raises these as well, so whoever catches :class:`Error` has caught everything that is ours.
"""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

from . import _ripplemark

Diagnostic = Dict[str, Any]


class Error(Exception):
    """Base of all errors of this package. The text says what is wrong, where, and what to do."""

    diagnostics: List[Diagnostic]
    """Problems one by one, where a book or a query has several: dicts with `severity`, `code`, `message`, `file`,
    `line`, `column`, `metric`, `owner`, `expected`, `hint`, and `fix`: None, or a dict of `start`, `end` (bytes of the
    UTF-8 text) and `replacement`, where it is certain what was meant."""

    def __init__(self, message: str = "", diagnostics: Sequence[Diagnostic] = ()) -> None:
        super().__init__(message, list(diagnostics))
        self.diagnostics = list(diagnostics)

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class BookError(Error):
    """The book is wrong; `diagnostics` lists every problem with its line, metric and owner."""


class QueryError(Error):
    """The question does not fit the book: an unknown metric or dimension, an empty range, a wrong filter."""


class CellError(QueryError, LookupError):
    """The result has no cell at the coordinates asked for."""


class DataError(Error):
    """The data do not fit: a table or column is missing, or has a type that the declared one does not accept."""


class StateError(Error):
    """Program or state bytes are damaged, of another version, or of another question."""


class FileError(Error):
    """A file cannot be read."""


def explain_code(code: str) -> str:
    """The page of a code such as ``"RM0104"``, Markdown: what it means, why it is an error, an example, the way out.

    :raises LookupError: there is no such code.

    >>> print(explain_code("RM0104").splitlines()[0])
    # RM0104: a key that means nothing here
    """
    page = _ripplemark.explain_code(code)
    if page is None:
        raise LookupError(f"there is no code {code!r}; a code is written RM0104")
    return page

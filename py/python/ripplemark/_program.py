"""Programs and evaluations: for those who compute in pieces, in other processes or on other machines."""

from __future__ import annotations

import json
from typing import Any, List, Tuple

from . import _data, _ripplemark
from ._book_parts import Column, Table, listing_of_tables
from ._errors import DataError, StateError
from ._listing import Listing, did_you_mean
from ._result import Result


class Program:
    """A compiled question: book and query as bytes, the same bytes for C, Rust and the command line."""

    __slots__ = ("_about", "_native")

    def __init__(self, native: _ripplemark.Program) -> None:
        if not isinstance(native, _ripplemark.Program):
            raise TypeError("programs come from `Book.compile` or `Program.from_bytes`")
        self._native = native
        self._about = json.loads(native.describe())

    @classmethod
    def from_bytes(cls, data: bytes) -> "Program":
        """Reads a program from its bytes.

        Raises :class:`StateError` if they are damaged or of another version.
        """
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise StateError(f"expected bytes, got {type(data).__name__}")
        return cls(_ripplemark.Program.from_bytes(bytes(data)))

    @property
    def bytes(self) -> bytes:
        """The bytes, to be stored or handed to another language."""
        return self._native.bytes()

    @property
    def hash(self) -> str:
        """SHA-256 of the bytes, in hex."""
        return self._native.hash()

    @property
    def tables(self) -> Listing[Table]:
        """The tables to be fed, in their order, with the columns that are read of each.

        Tables in which rows are looked up (`lookup`) come before those whose rows look.
        """
        return listing_of_tables(
            Table(
                name=table["name"],
                columns=tuple(Column(name=c["name"], source=c["source"], type=c["type"]) for c in table["columns"]),
                lookup=table["lookup"],
            )
            for table in self._about["tables"]
        )

    @property
    def metrics(self) -> List[str]:
        """The metrics, in the order of the result."""
        return list(self._about["metrics"])

    @property
    def dimensions(self) -> List[str]:
        """The dimensions, in the order of the result."""
        return list(self._about["dimensions"])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Program) and self.bytes == other.bytes

    def __hash__(self) -> int:
        return hash(self.bytes)

    def __repr__(self) -> str:
        tables = ", ".join(table["name"] for table in self._about["tables"])
        return f"<ripplemark.Program {self.hash[:12]}: {len(self.metrics)} metrics of {tables}>"

    def __reduce__(self) -> Tuple[Any, ...]:
        return (Program, (self._native,))


class Evaluation:
    """Collects rows under a program, in any order and any pieces, and gives the result.

    Threads may feed one evaluation. Evaluations of one program can be made anywhere and merged in any order: the
    result has the same bits.
    """

    __slots__ = ("_native", "_program")

    def __init__(self, program: Program) -> None:
        if not isinstance(program, Program):
            raise TypeError(f"expected a Program, got {type(program).__name__}")
        self._program = program
        self._native = _ripplemark.Evaluation(program._native)

    @property
    def program(self) -> Program:
        """The program."""
        return self._program

    def feed(self, table: str, data: object) -> "Evaluation":
        """Feeds a table: a path, a frame, or a list or iterator of those. Returns the evaluation itself.

        Raises :class:`DataError` or :class:`FileError`; of several files or batches, those before the one at fault
        have been fed.
        """
        known = self._program.tables.names
        if table not in known:
            raise DataError(f"the program reads no table `{table}`{did_you_mean(str(table), known)}")
        _data.feed(self._native, self._program._native, table, data)
        return self

    def merge(self, other: "Evaluation") -> "Evaluation":
        """Adds what another evaluation has collected. Returns the evaluation itself."""
        if not isinstance(other, Evaluation):
            raise TypeError(f"expected an Evaluation, got {type(other).__name__}")
        self._native.merge(other._native)
        return self

    def merge_bytes(self, state: bytes) -> "Evaluation":
        """Adds state bytes, from this machine or another. Returns the evaluation itself."""
        if not isinstance(state, (bytes, bytearray, memoryview)):
            raise StateError(f"expected bytes, got {type(state).__name__}")
        self._native.merge_bytes(bytes(state))
        return self

    def state_bytes(self) -> bytes:
        """What was collected, as canonical bytes: the same for the same rows, whatever their order."""
        return self._native.state_bytes()

    def rows_read(self, table: str) -> int:
        """Rows of a table read so far."""
        return self._native.rows_read(table)

    def finish(self) -> Result:
        """The result of what has been fed so far; feeding may go on."""
        return Result(self._native.finish())

    def __repr__(self) -> str:
        rows = ", ".join(f"{name} {self.rows_read(name):,} rows" for name in self._program.tables.names)
        return f"<ripplemark.Evaluation of {self._program.hash[:12]}: {rows}>"

    def __reduce__(self) -> Tuple[Any, ...]:
        return (_rebuild, (self._program, self.state_bytes()))


def _rebuild(program: Program, state: bytes) -> Evaluation:
    return Evaluation(program).merge_bytes(state)

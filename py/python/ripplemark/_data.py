"""What can be handed over as a table, and how it reaches the engine.

Nothing is imported here unless the caller already uses it: frames come through the Arrow PyCapsule interface, which
every frame library speaks; files are read by the engine itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, List, Optional

from ._errors import DataError, FileError

if TYPE_CHECKING:
    from ._progress import Sum
    from ._ripplemark import Dataset, DrillThrough, Evaluation, Program


def feed(
    evaluation: "Evaluation", program: "Program", table: str, data: object, tell: "Optional[Sum]" = None
) -> None:
    """Feeds whatever the caller gave for a table: one source, or several in a list or an iterator."""
    into = evaluation if tell is None else _Telling(evaluation, tell)
    _each(into, table, data, lambda frame: _narrowed(program, table, frame))


def keep(dataset: "Dataset", table: str, data: object) -> None:
    """The same for data that several questions are asked of."""
    _each(dataset, table, data, lambda frame: _narrowed(dataset, table, frame))


class _Telling:
    """An evaluation that tells how far it is with each file."""

    def __init__(self, evaluation: "Evaluation", tell: "Sum") -> None:
        self._evaluation = evaluation
        self._tell = tell

    def feed(self, table: str, data: object) -> None:
        self._evaluation.feed(table, data)

    def feed_file(self, table: str, path: str) -> None:
        self._tell.next()
        self._evaluation.feed_file(table, path, self._tell)


def look_through(drill: "DrillThrough", program: "Program", table: str, data: object) -> None:
    """The same for a search, which lists all columns."""
    _each(drill, table, data, lambda frame: _whole(program, table, frame))


def is_lasting(data: object) -> bool:
    """Whether data can be read again: an iterator or a stream cannot."""
    if isinstance(data, (list, tuple)):
        return all(isinstance(piece, Mapping) or is_lasting(piece) for piece in data)
    return not (hasattr(data, "__next__") or hasattr(data, "read_next_batch"))


def _each(
    into: "Dataset | DrillThrough | Evaluation | _Telling", table: str, data: object, ready: Callable[[Any], Any]
) -> None:
    if _one(into, table, data, ready):
        return
    if isinstance(data, Iterable) and not isinstance(data, (bytes, bytearray, memoryview)):
        for piece in data:
            if not _one(into, table, piece, ready):
                raise _unusable(table, piece)
        return
    raise _unusable(table, data)


def _one(
    into: "Dataset | DrillThrough | Evaluation | _Telling", table: str, data: object, ready: Callable[[Any], Any]
) -> bool:
    """Feeds one source; false if it is none."""
    if isinstance(data, (str, os.PathLike)):
        into.feed_file(table, _path(table, data))
    elif hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__"):
        into.feed(table, ready(data))
    elif isinstance(data, Mapping) or _is_records(data):
        into.feed(table, _through_pyarrow(table, data))
    else:
        return False
    return True


def _path(table: str, data: "str | os.PathLike[Any]") -> str:
    path = os.fspath(data)
    if not isinstance(path, str):
        raise FileError(f"table `{table}`: expected a path as text, got {type(path).__name__}")
    if "://" in path:
        raise FileError(
            f"table `{table}`: {path} is an address; expected a local file: fetch it first, or read it with pandas, "
            "polars or DuckDB and hand the frame over"
        )
    try:
        named = "\0" not in path and bool(os.fsencode(path))
    except UnicodeEncodeError:
        named = False
    if not named:
        raise FileError(f"table `{table}`: {path!r} cannot be the path of a file")
    return os.path.expanduser(path)


def _narrowed(program: "Program | Dataset", table: str, data: Any) -> Any:
    """A pandas frame without the columns that are not read: one of them may hold what Arrow cannot carry."""
    positions = _read_of_pandas(program, table, data)
    return data if positions is None else data.iloc[:, positions]


def _whole(program: "Program", table: str, data: Any) -> Any:
    """A pandas frame with all columns; those that are not read and that Arrow cannot carry become text."""
    positions = _read_of_pandas(program, table, data)
    if positions is None:
        return data
    import pyarrow

    data = data.copy(deep=False)
    for at in set(range(len(data.columns))) - set(positions):
        column = data.iloc[:, at]
        if column.dtype == object:
            try:
                pyarrow.array(column, from_pandas=True)
            except (pyarrow.ArrowException, TypeError, ValueError, OverflowError):
                data.isetitem(at, column.map(str))
    return data


def _read_of_pandas(program: "Program | Dataset", table: str, data: Any) -> "Optional[List[int]]":
    """Positions of the columns that are read, of a pandas frame."""
    if type(data).__module__.split(".")[0] != "pandas" or not hasattr(data, "columns"):
        return None
    names = list(data.columns)
    if not all(isinstance(name, str) for name in names):
        return None
    return program.positions(table, names)


def _is_records(data: object) -> bool:
    return isinstance(data, list) and bool(data) and all(isinstance(row, Mapping) for row in data)


def _through_pyarrow(table: str, data: Any) -> Any:
    try:
        import pyarrow
    except ImportError as error:
        raise DataError(
            f"table `{table}`: plain Python lists need pyarrow (`pip install pyarrow`); or hand over a frame or a path"
        ) from error
    try:
        return pyarrow.table(dict(data)) if isinstance(data, Mapping) else pyarrow.Table.from_pylist(data)
    except (pyarrow.ArrowException, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise DataError(f"table `{table}`: these Python values do not make a table: {error}") from error


def _unusable(table: str, data: object) -> DataError:
    kind = type(data)
    name = f"{kind.__module__}.{kind.__qualname__}".replace("builtins.", "")
    hint = "a path, a pandas, polars or pyarrow frame, a DuckDB relation, or a list of those"
    if hasattr(data, "collect"):
        hint = "a frame with its data: call `.collect()` first"
    elif hasattr(data, "toArrow"):
        hint = "a frame with its data: call `.toArrow()` first"
    return DataError(f"table `{table}`: {name} is no table; expected {hint}")

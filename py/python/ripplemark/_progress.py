"""How far reading files has come: for a function of the caller, or for a bar of tqdm where that is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Optional, Union

from ._errors import QueryError

Progress = Union[bool, Callable[[int, int], object]]
Tell = Callable[[int, int], None]


@contextmanager
def telling(progress: Progress) -> "Iterator[Optional[Tell]]":
    """What is told bytes read and bytes to read; `None` where nobody listens."""
    if callable(progress):
        function: Any = progress
        yield lambda done, total: _void(function(done, total))
        return
    if not isinstance(progress, bool):
        raise QueryError(f"progress: expected True, False or a function of (done, total), got {progress!r}")
    bar = _bar() if progress else None
    if bar is None:
        yield None
        return

    def draw(done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)

    try:
        yield draw
    finally:
        bar.close()


def _void(_: object) -> None:
    return None


def _bar() -> Any:
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    return tqdm(desc="reading", unit="B", unit_scale=True, leave=False)


class Sum:
    """Adds up files that are read one after the other."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._before = (0, 0)
        self._now = (0, 0)

    def next(self) -> None:
        """The next file begins."""
        self._before = (self._before[0] + self._now[0], self._before[1] + self._now[1])
        self._now = (0, 0)

    def __call__(self, done: int, total: int) -> None:
        self._now = (done, total)
        self._tell(self._before[0] + done, self._before[1] + total)

"""Reports: one page, one text and one dict that say the same."""

from __future__ import annotations

import html
import json
import os
import tempfile
from typing import Any, Dict, Tuple

from ._errors import FileError


class Report:
    """All that a book says of its data: metrics by ring, what moved them, targets, journey and findings."""

    __slots__ = ("_html", "_json", "_text")

    def __init__(self, about: str, page: str, text: str) -> None:
        self._json = about
        self._html = page
        self._text = text

    @property
    def html(self) -> str:
        """The page: one HTML file that needs no network."""
        return self._html

    @property
    def text(self) -> str:
        """The report for terminals."""
        return self._text

    def to_dict(self) -> Dict[str, Any]:
        """The report as a dict; numbers have all their digits in `value` and are rounded in `text`."""
        about: Dict[str, Any] = json.loads(self._json)
        return about

    def save(self, path: "str | os.PathLike[str]") -> None:
        """Writes the page (`.html`), the dict (`.json`) or the text (`.txt`); the file is replaced as a whole or not
        at all.

        Raises :class:`FileError` for another ending, or if the file cannot be written.
        """
        name = os.path.expanduser(os.fspath(path))
        forms = {".html": self._html, ".htm": self._html, ".json": self._json, ".txt": self._text}
        content = forms.get(os.path.splitext(name)[1].lower())
        if content is None:
            raise FileError(f"{name}: expected a name that ends in .html, .json or .txt")
        draft = ""
        try:
            handle, draft = tempfile.mkstemp(dir=os.path.dirname(name) or ".", prefix=".report-")
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(content)
            # A draft can be read by nobody else; a report is as readable as other new files.
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(draft, 0o666 & ~mask)
            os.replace(draft, name)
        except (OSError, ValueError) as error:
            if draft and os.path.exists(draft):
                os.unlink(draft)
            raise FileError(f"{name}: the report cannot be written: {error}") from error

    def __repr__(self) -> str:
        return self._text.rstrip("\n")

    def _repr_html_(self) -> str:
        # In a frame of its own, so that styles of page and notebook stay apart; sandboxed, since it needs no rights.
        source = html.escape(self._html, quote=True)
        return (
            f'<iframe title="ripplemark report" sandbox="" srcdoc="{source}" '
            'style="width:100%;height:900px;border:1px solid rgba(128,128,128,.4)"></iframe>'
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}

    def __reduce__(self) -> Tuple[Any, ...]:
        return (Report, (self._json, self._html, self._text))

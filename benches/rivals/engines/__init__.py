"""The engines. Each has a module with a class `Engine`; none is imported before it is asked for."""

from __future__ import annotations

import importlib.util
from typing import Any

# Where the name of the package is another one.
_PACKAGES = {"read": "numpy", "zen-engine": "zen", "cel-python": "celpy"}


def load(name: str) -> Any:
    """The class `Engine` of an engine; ImportError where the engine is not installed."""
    return importlib.import_module(f".{name}", __package__).Engine


def installed(name: str) -> bool:
    """Whether the engine's package is there."""
    return importlib.util.find_spec(_PACKAGES.get(name, name)) is not None

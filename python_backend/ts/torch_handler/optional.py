"""Packages that only some handlers need: imported when used, and named with their cure where they are missing."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from types import ModuleType
from typing import Any, Generic, TypeVar

_Value = TypeVar("_Value")


def require(module: str, purpose: str, package: str | None = None) -> ModuleType:
    """Import ``module``.

    :param purpose: what needs it, as the start of a sentence: ``"explanations"``.
    :param package: what pip calls it, where that is not the first part of ``module``.
    :raises ImportError: with the command that installs it, if it is not installed. An installed module whose own import
        fails raises its own error.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        root = module.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != root:
            raise
        install = package or root
        raise ModuleNotFoundError(
            f"{purpose} need the package {install!r}, which is not installed. Install it: pip install {install}",
            name=error.name,
        ) from error


def is_installed(module: str) -> bool:
    """Whether ``module`` can be found, without importing it (packages above it are imported)."""
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


class Lazy(Generic[_Value]):
    """A class attribute that is built when first read, and is one object for all readers from then on.

    Subclasses and instances replace it by plain assignment.
    """

    def __init__(self, build: Callable[[], _Value]) -> None:
        self._build = build
        self._value: _Value | None = None

    def __get__(self, instance: Any, owner: type | None = None) -> _Value:
        if self._value is None:
            self._value = self._build()
        return self._value

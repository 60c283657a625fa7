"""What every envelope does: unwrap, call the handler, wrap."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any


class BaseEnvelope(ABC):
    """Stands between the worker and the handler's entry point.

    :param handle_fn: the entry point, called as ``handle_fn(inputs, context)``.
    """

    def __init__(self, handle_fn: Callable[[Any, Any], Any]) -> None:
        self._handle_fn = handle_fn
        self.context: Any = None
        self._results: Any = None

    def handle(self, data: Any, context: Any) -> Any:
        """Unwrap ``data`` (N rows), call the handler with it, and wrap what it gives. Empty values pass as they are."""
        self.context = context
        if data:
            data = self.parse_input(data)
        results = self._handle_fn(data, context)
        if results:
            results = self.format_output(results)
        return results

    @abstractmethod
    def parse_input(self, data: Any) -> Any:
        """N rows as they came -> the list that the handler takes."""

    @abstractmethod
    def format_output(self, data: Any) -> Any:
        """The handler's list -> N answers."""

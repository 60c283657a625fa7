"""The handler gets each request's payload itself instead of a dict around it."""

from __future__ import annotations

from typing import Any

from ts.torch_handler.request_envelope.base import BaseEnvelope


class BodyEnvelope(BaseEnvelope):
    """``[{"body": x}, {"data": y}]`` -> ``[x, y]``; answers stay as the handler gives them."""

    def parse_input(self, data: list[dict[str, Any]]) -> list[Any]:
        """The ``data`` of each row, or else its ``body``."""
        return [row.get("data") or row.get("body") for row in data]

    def format_output(self, data: Any) -> Any:
        """The answers, unchanged."""
        return data

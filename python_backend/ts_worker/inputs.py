"""From the requests of a batch to what a handler is given."""

from __future__ import annotations

import json
import logging
import os
from typing import Any, Iterable, NamedTuple

from ts.context import RequestProcessor

logger = logging.getLogger("ts.protocol.otf_message_handler")


class Inputs(NamedTuple):
    """A batch as `ts.context.Context` and handlers have it; all three are in batch order."""

    processors: list[RequestProcessor]
    rows: list[dict[str, Any]]
    request_ids: dict[int, str]


def decode_batch(requests: Iterable[Any]) -> Inputs:
    """Takes `Request` messages, or objects with their fields (`id`, flat `headers`, `parameters`)."""
    processors: list[RequestProcessor] = []
    rows: list[dict[str, Any]] = []
    request_ids: dict[int, str] = {}
    decodes = os.environ.get("TS_DECODE_INPUT_REQUEST", "true") == "true"
    for index, request in enumerate(requests):
        headers: dict[str, Any] = {}
        row: dict[str, Any] = {}
        for parameter in request.parameters:
            name, content_type = parameter.name, parameter.content_type
            row[name] = _value(content_type, parameter.value, decodes)
            headers[name] = {"content-type": content_type}
        flat = iter(request.headers)
        headers.update(zip(flat, flat))
        processors.append(RequestProcessor(headers))
        rows.append(row)
        request_ids[index] = request.id
    return Inputs(processors, rows, request_ids)


def _value(content_type: str, value: bytes, decodes: bool) -> Any:
    """Handlers get parsed JSON, text, or else a `bytearray`, never `bytes`."""
    if decodes and content_type:
        if content_type == "application/json":
            try:
                return json.loads(value.decode("utf-8"))
            except Exception:
                logger.warning("Failed json decoding of input data. Forwarding encoded payload", exc_info=True)
        elif content_type.startswith("text"):
            try:
                return value.decode("utf-8")
            except Exception:
                logger.warning("Failed utf-8 decoding of input data. Forwarding encoded payload", exc_info=True)
    return bytearray(value)

"""From the requests of a batch to what a handler is given."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable
from typing import Any, Callable, NamedTuple

from ts.context import RequestProcessor
from ts_worker.shared_memory import SharedMemory

logger = logging.getLogger("ts.protocol.otf_message_handler")


class Inputs(NamedTuple):
    """A batch as `ts.context.Context` and handlers have it; all three are in batch order."""

    processors: list[RequestProcessor]
    rows: list[dict[str, Any]]
    request_ids: dict[int, str]


def decode_batch(requests: Iterable[Any], memory: SharedMemory | None = None) -> Inputs:
    """Takes `Request` messages, whose large values lie in `memory`."""
    decodes = decodes_values()
    return collect(requests, lambda content_type, value: decode_value(content_type, value, decodes), memory)


def collect(requests: Iterable[Any], read: Callable[[str, Any], Any], memory: SharedMemory | None = None) -> Inputs:
    """Takes anything with the fields of `Request` (`id`, flat `headers`, `parameters`); `read(content type, value)`
    makes what the handler finds under a parameter's name."""
    processors: list[RequestProcessor] = []
    rows: list[dict[str, Any]] = []
    request_ids: dict[int, str] = {}
    for index, request in enumerate(requests):
        headers: dict[str, Any] = {}
        row: dict[str, Any] = {}
        for parameter in request.parameters:
            name, content_type = parameter.name, parameter.content_type
            row[name] = read(content_type, memory.value(parameter) if memory else parameter.value)
            headers[name] = {"content-type": content_type}
        flat = iter(request.headers)
        headers.update(zip(flat, flat))
        processors.append(RequestProcessor(headers))
        rows.append(row)
        request_ids[index] = request.id
    return Inputs(processors, rows, request_ids)


def decodes_values() -> bool:
    """Whether JSON and text are decoded for the handler, which `decode_input_request` decides."""
    return os.environ.get("TS_DECODE_INPUT_REQUEST", "true") == "true"


def decode_value(content_type: str, value: bytes | memoryview, decodes: bool) -> Any:
    """Handlers get parsed JSON, text, or else a `bytearray`, never `bytes`."""
    if decodes and content_type:
        if content_type == "application/json":
            try:
                return json.loads(str(value, "utf-8"))
            except Exception:
                logger.warning("Failed json decoding of input data. Forwarding encoded payload", exc_info=True)
        elif content_type.startswith("text"):
            try:
                return str(value, "utf-8")
            except Exception:
                logger.warning("Failed utf-8 decoding of input data. Forwarding encoded payload", exc_info=True)
    return bytearray(value)

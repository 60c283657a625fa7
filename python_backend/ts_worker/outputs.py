"""From what a handler returned to answers."""

from __future__ import annotations

import io
import json
import logging
import sys
from typing import Any

from ts_worker.failure import BatchFailure
from ts_worker.messages import Code
from ts_worker.shared_memory import SharedMemory

logger = logging.getLogger("ts.service")

STREAM_NEXT = "ts_stream_next"


def encode(item: Any) -> bytes:
    """The bytes of one returned item: bytes as they are, text as UTF-8, a tensor as `torch.save` writes it, else JSON.

    Raises `BatchFailure` for what none of these can carry.
    """
    if isinstance(item, str):
        return item.encode("utf-8")
    if isinstance(item, (bytes, bytearray)):
        return bytes(item)
    torch = sys.modules.get("torch")  # who never imported it can hold no tensor
    if torch is not None and isinstance(item, torch.Tensor):
        buffer = io.BytesIO()
        torch.save(item, buffer)
        return buffer.getvalue()
    try:
        return json.dumps(item, indent=2).encode("utf-8")
    except (TypeError, ValueError) as error:
        logger.warning("Unable to serialize model output.", exc_info=True)
        raise BatchFailure(Code.UNSUPPORTED_OUTPUT, "Unsupported model output data type.") from error


def answer_batch(answers: Any, outputs: list[Any], context: Any, memory: SharedMemory | None = None) -> None:
    """Appends the final answer of every request to `answers`, a repeated field of `Answer`; large bodies go into
    `memory`."""
    for index, (item, processor) in enumerate(zip(outputs, context.request_processor)):
        body = encode(item)
        mark = next_mark(context, index, item)
        if mark is not None:
            processor.add_response_property(STREAM_NEXT, mark)
        fill(answers.add(), body, processor, memory)


def next_mark(context: Any, index: int, item: Any) -> str | None:
    """What a final answer's header `ts_stream_next` should say; None where the handler did not stream."""
    criteria = context.stopping_criteria
    if criteria:
        stops = criteria[index](item)
        return None if stops is None else str(not stops).lower()
    if context.request_processor[index].get_response_header(STREAM_NEXT) == "true":
        return "false"
    return None


def fill(answer: Any, body: bytes, processor: Any, memory: SharedMemory | None = None) -> None:
    """Sets the fields of an `Answer` from an encoded item and its request processor."""
    fill_body(answer, body, memory)
    status, phrase = processor.get_response_status_code(), processor.get_response_status_phrase()
    if status != 200:
        answer.status = status
    if phrase:
        answer.phrase = phrase
    headers = processor.get_response_headers()
    if headers:
        answer.headers.extend(part for pair in headers.items() for part in pair)


def fill_body(answer: Any, body: bytes, memory: SharedMemory | None) -> None:
    """Sets the body of an `Answer` and nothing else."""
    if memory is None or not memory.put(answer, body):
        answer.body = body

"""What goes around the answers of a handler: headers, errors, and the list of what it is called."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from ts.openai.errors import RequestError


def begin_events(context: Any, index: int = 0) -> None:
    """Say that response ``index`` is a stream of events."""
    context.set_response_content_type(index, "text/event-stream; charset=utf-8")


def refuse(error: RequestError, context: Any, index: int = 0) -> dict[str, Any]:
    """Set status and content type of response ``index``. :returns: what to answer; others of its batch go on."""
    context.set_response_status(error.status, idx=index)
    context.set_response_content_type(index, "application/json")
    return error.document()


def models_document(context: Any, more: Iterable[str] = ()) -> dict[str, Any]:
    """What ``v1/models`` answers behind the name of a model in the path: its registered name, and ``more`` names."""
    created = int(time.time())
    names = dict.fromkeys([context.model_name, *more])
    data = [{"id": name, "object": "model", "created": created, "owned_by": "torchbridge"} for name in names]
    return {"object": "list", "data": data}

"""The JSON object that a request brings."""

from __future__ import annotations

import json
from typing import Any


def json_object(row: Any, index: int, key: str) -> dict[str, Any]:
    """A row's ``data`` or ``body`` or, where it has neither, the row itself, as a dict that has ``key``.

    Bytes and text are read as JSON.

    :raises ValueError: if it is no JSON object, or has no such key.
    """
    payload = row.get("data") or row.get("body") or row
    if isinstance(payload, (bytes, bytearray, str)):
        try:
            payload = json.loads(payload)
        except ValueError as error:
            raise ValueError(f"request {index} of the batch is not JSON: {error}") from error
    if not isinstance(payload, dict) or key not in payload:
        raise ValueError(f'request {index} of the batch should be a JSON object with the key "{key}"')
    return payload

"""``{"instances": [...]}`` in, ``{"predictions": [...]}`` out, for whole batches."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from typing import Any

from ts.torch_handler.request_envelope.base import BaseEnvelope
from ts.torch_handler.request_envelope.payload import json_object


class JSONEnvelope(BaseEnvelope):
    """The instances of all requests become one list for the handler; its results are dealt out again.

    ``{"b64": text}`` stands for bytes: as an instance, or as a value of an instance that is a dict. Which form a
    request uses is decided by its first instance.
    """

    def __init__(self, handle_fn: Callable[[Any, Any], Any]) -> None:
        super().__init__(handle_fn)
        self._lengths: list[int] = []

    def parse_input(self, data: list[dict[str, Any]]) -> list[Any]:
        """N rows -> all their instances."""
        instances = [self._from_json(json_object(row, index, "instances")) for index, row in enumerate(data)]
        self._lengths = [len(of_one) for of_one in instances]
        return [instance for of_one in instances for instance in of_one]

    def format_output(self, data: list[Any]) -> list[str]:
        """One result per instance -> N lines of JSON."""
        answers, start = [], 0
        for length in self._lengths:
            answers.append(json.dumps({"predictions": list(data[start : start + length])}))
            start += length
        return answers

    def _from_json(self, payload: dict[str, Any]) -> list[Any]:
        instances = payload["instances"]
        if not isinstance(instances, list) or not instances:
            raise ValueError('"instances" should be a list with at least one entry')
        if not isinstance(instances[0], dict):
            return instances
        for index, instance in enumerate(instances):
            if not isinstance(instance, dict):
                raise ValueError(f'"instances" begins with an object, but its entry {index} is {instance!r}')
        if list(instances[0]) == ["b64"]:
            return [b64decode(instance["b64"]) for instance in instances]
        return [{name: _decoded(value) for name, value in instance.items()} for instance in instances]


def _decoded(value: Any) -> Any:
    return b64decode(value["b64"]) if isinstance(value, dict) and list(value) == ["b64"] else value

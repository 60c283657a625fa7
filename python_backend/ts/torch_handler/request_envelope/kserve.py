"""KServe's first protocol: ``{"instances": [...]}`` in, ``{"predictions": [...]}`` out, one request a batch."""

from __future__ import annotations

from typing import Any

from ts.torch_handler.request_envelope.base import BaseEnvelope
from ts.torch_handler.request_envelope.payload import json_object


class KServeEnvelope(BaseEnvelope):
    """The handler's batch is the instances of the first request. KServe batches for itself: use ``batch_size=1``."""

    def parse_input(self, data: list[dict[str, Any]]) -> list[Any]:
        """The first row's instances; bytes are read as JSON."""
        return json_object(data[0], 0, "instances")["instances"]

    def format_output(self, data: Any) -> list[dict[str, Any]]:
        """``[{"predictions": data}]``, or ``explanations`` where the request asked for these."""
        return [{"explanations" if self._is_explain() else "predictions": data}]

    def _is_explain(self) -> bool:
        return bool(self.context) and self.context.get_request_header(0, "explain") == "True"

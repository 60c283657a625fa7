"""What a handler is told about its model, its worker and the requests at hand."""

from __future__ import annotations

import os
from typing import Any

from ts.version import __version__


class RequestProcessor:
    """The headers of one request, and the status and headers of its response."""

    def __init__(self, request_header: dict[str, Any]) -> None:
        self._status_code = 200
        self._reason_phrase: str | None = None
        self._response_header: dict[str, str] = {}
        self._request_header = request_header

    def get_request_property(self, key: str) -> Any:
        """A request header, spelled exactly as the client spelled it; None if there is none."""
        return self._request_header.get(key)

    def get_request_properties(self) -> dict[str, Any]:
        """All request headers. For each parameter there is also its name with ``{"content-type": ...}``."""
        return self._request_header

    def report_status(self, code: int, reason_phrase: str | None = None) -> None:
        """Sets the response's HTTP status."""
        self._status_code = code
        self._reason_phrase = reason_phrase

    def get_response_status_code(self) -> int:
        """200 until ``report_status`` was called."""
        return self._status_code

    def get_response_status_phrase(self) -> str | None:
        """None until ``report_status`` was called."""
        return self._reason_phrase

    def add_response_property(self, key: str, value: str) -> None:
        """Sets a response header, in the place of an earlier one of the same name."""
        self._response_header[key] = value

    def get_response_headers(self) -> dict[str, str]:
        """The response headers set so far."""
        return self._response_header

    def get_response_header(self, key: str) -> str | None:
        """One response header, or None."""
        return self._response_header.get(key)


class Context:
    """One for a worker's life: given to ``initialize(context)``, then with each batch to ``handle(data, context)``.

    :ivar model_name: name under which the model is registered.
    :ivar manifest: the archive's MANIFEST.json as a dict; None where the archive has none.
    :ivar model_yaml_config: the archive's model-config.yaml as a dict; ``{}`` where it has none.
    :ivar request_ids: None while loading, then ``{index in the batch: request id}``.
    :ivar stopping_criteria: None, or what a streaming handler sets: for each index a callable that is given the item
        returned for it and answers True (last piece), False (more follow) or None (not streamed).

    Handlers may set attributes of their own; they stay from batch to batch.
    """

    def __init__(
        self,
        model_name: str,
        model_dir: str,
        manifest: dict[str, Any] | None,
        batch_size: int,
        gpu: int | None,
        mms_version: str = __version__,
        limit_max_image_pixels: bool = True,
        metrics: Any = None,
        model_yaml_config: dict[str, Any] | None = None,
    ) -> None:
        self.model_name = model_name
        self.manifest = manifest
        self._system_properties: dict[str, Any] = {
            "model_dir": model_dir,
            "gpu_id": gpu,
            "batch_size": batch_size,
            "server_name": "MMS",
            "server_version": mms_version,
            "limit_max_image_pixels": limit_max_image_pixels,
        }
        self.request_ids: dict[int, str] | None = None
        self._request_processor: list[RequestProcessor] | None = None
        self._metrics = metrics
        self.model_yaml_config = {} if model_yaml_config is None else model_yaml_config
        self.stopping_criteria: Any = None
        self.cl_socket: Any = None
        self.header_key_sequence_id = os.environ.get("TS_REQUEST_SEQUENCE_ID", "ts_request_sequence_id")
        self.header_key_sequence_start = os.environ.get("TS_REQUEST_SEQUENCE_START", "ts_request_sequence_start")
        self.header_key_sequence_end = os.environ.get("TS_REQUEST_SEQUENCE_END", "ts_request_sequence_end")

    @property
    def system_properties(self) -> dict[str, Any]:
        """``model_dir`` (absolute), ``gpu_id`` (None on the CPU), ``batch_size``, ``limit_max_image_pixels``,
        ``server_name`` and ``server_version``."""
        return self._system_properties

    @property
    def request_processor(self) -> list[RequestProcessor] | None:
        """One for each request of the batch; None while loading."""
        return self._request_processor

    @request_processor.setter
    def request_processor(self, request_processor: list[RequestProcessor] | None) -> None:
        self._request_processor = request_processor

    @property
    def metrics(self) -> Any:
        """Where a handler records metrics, see ``ts.metrics.metric_cache_yaml_impl``."""
        return self._metrics

    @metrics.setter
    def metrics(self, metrics: Any) -> None:
        self._metrics = metrics

    def get_request_id(self, idx: int = 0) -> str | None:
        """The id that the client sees as ``x-request-id``; None while loading or where there is no such request."""
        return self.request_ids.get(idx) if self.request_ids else None

    def get_request_header(self, idx: int, key: str) -> Any:
        """A header of request ``idx``, spelled exactly as the client spelled it; None if there is none."""
        return self._of(idx).get_request_property(key)

    def get_all_request_header(self, idx: int) -> dict[str, Any]:
        """All headers of request ``idx``."""
        return self._of(idx).get_request_properties()

    def set_response_content_type(self, idx: int, value: str) -> None:
        """Sets the content type of response ``idx``; a response without one is sent without one."""
        self.set_response_header(idx, "content-type", value)

    def get_response_content_type(self, idx: int) -> str | None:
        """The content type set for response ``idx``."""
        return self._of(idx).get_response_header("content-type")

    def set_response_header(self, idx: int, key: str, value: str) -> None:
        """Sets a header of response ``idx``. Both are text; there is one value to a name."""
        self._of(idx).add_response_property(key, value)

    def get_response_headers(self, idx: int) -> dict[str, str]:
        """The headers set for response ``idx``."""
        return self._of(idx).get_response_headers()

    def set_response_status(self, code: int = 200, phrase: str = "", idx: int = 0) -> None:
        """Sets the HTTP status of response ``idx``. Does nothing while loading."""
        if self._request_processor:
            self._request_processor[idx].report_status(code, reason_phrase=phrase)

    def set_all_response_status(self, code: int = 200, phrase: str = "") -> None:
        """Sets the HTTP status of every response of the batch."""
        for processor in self._request_processor or ():
            processor.report_status(code, reason_phrase=phrase)

    def get_response_status(self, idx: int) -> tuple[int, str | None]:
        """``(status, phrase)`` of response ``idx``; ``(200, None)`` unless it was set."""
        processor = self._of(idx)
        return processor.get_response_status_code(), processor.get_response_status_phrase()

    def get_sequence_id(self, idx: int) -> Any:
        """The id of the sequence that request ``idx`` belongs to, or None."""
        return self.get_request_header(idx, self.header_key_sequence_id)

    def is_cancelled(self, idx: int = 0) -> bool:
        """Whether nobody waits for response ``idx`` any more: the client hung up, or was answered otherwise.

        TorchServe has no such method; a handler that also runs there asks with ``getattr`` first. May be asked from any
        thread at any time while the batch runs; a long computation may stop early, its answer is thrown away.
        """
        return idx in getattr(self.cl_socket, "cancelled", ())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Context) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]

    def _of(self, idx: int) -> RequestProcessor:
        if self._request_processor is None:
            raise TypeError("there are no requests yet: headers and statuses belong to handle, not to initialize")
        return self._request_processor[idx]

"""A loaded model as TorchServe's own tests call it. Workers use the parts beneath, see ``ts_worker``."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

from ts.context import Context, RequestProcessor
from ts.protocol.otf_message_handler import create_predict_response
from ts.utils.util import PredictionException
from ts_worker.failure import BatchFailure
from ts_worker.inputs import Inputs, collect
from ts_worker.model import make_context
from ts_worker.prediction import PREDICTION_METRIC, predict

__all__ = ["PREDICTION_METRIC", "Context", "PredictionException", "RequestProcessor", "Service", "emit_metrics"]

logger = logging.getLogger(__name__)


class Service:
    """A model and its context.

    :param manifest: the archive's MANIFEST.json as a dict, or None; its ``configFile`` is read from ``model_dir``.
    :param entry_point: called as ``entry_point(data, context)``.
    :param gpu: index of the GPU, or None for the CPU.
    :param metrics_cache: becomes ``context.metrics``.
    """

    def __init__(
        self,
        model_name: str,
        model_dir: str,
        manifest: dict[str, Any] | None,
        entry_point: Callable[..., Any],
        gpu: int | None,
        batch_size: int,
        limit_max_image_pixels: bool = True,
        metrics_cache: Any = None,
    ) -> None:
        self._context = make_context(
            model_name, model_dir, manifest, batch_size, gpu, limit_max_image_pixels, metrics_cache
        )
        self._entry_point = entry_point
        self._cl_socket: Any = None

    @classmethod
    def of(cls, context: Context, entry_point: Callable[..., Any]) -> Service:
        """A service around a context that exists."""
        service = cls.__new__(cls)
        service._context = context
        service._entry_point = entry_point
        service._cl_socket = None
        return service

    @property
    def context(self) -> Context:
        """What the handler is given with each batch."""
        return self._context

    @property
    def entry_point(self) -> Callable[..., Any]:
        """Called as ``entry_point(data, context)``."""
        return self._entry_point

    @property
    def cl_socket(self) -> Any:
        """What :meth:`set_cl_socket` was given."""
        return self._cl_socket

    def set_cl_socket(self, cl_socket: Any) -> None:
        """Becomes ``context.cl_socket``, which pieces of streamed results go through."""
        self._cl_socket = cl_socket

    @staticmethod
    def retrieve_data_for_inference(
        batch: Iterable[dict[str, Any]] | None,
    ) -> Inputs:
        """From requests to what a handler is given: request processors, data and ``{index: request id}``.

        :param batch: each ``{"requestId": bytes, "headers": [{"name": bytes, "value": bytes}],
            "parameters": [{"name": str, "contentType": str, "value": object}]}``; headers may be absent. Values are
            given to the handler as they are.
        :raises ValueError: for None.
        """
        if batch is None:
            raise ValueError("Received invalid inputs")
        return collect([_as_request(request) for request in batch], lambda _content_type, value: value)

    def predict(self, batch: Iterable[dict[str, Any]]) -> bytearray | None:
        """Answers a batch, given as to :meth:`retrieve_data_for_inference`, in the layout of
        :mod:`ts.protocol.otf_message_handler`. What the handler raises is part of the answer."""
        inputs = self.retrieve_data_for_inference(batch)
        try:
            outputs = predict(self._context, self._entry_point, inputs, self._cl_socket)
        except BatchFailure as failure:
            return create_predict_response(None, inputs.request_ids, failure.message, failure.http_status)
        return create_predict_response(outputs, inputs.request_ids, "Prediction success", 200, context=self._context)


def emit_metrics(metrics: Iterable[Any]) -> None:
    """Logs each item as a metrics line."""
    for metric in metrics:
        logger.info("[METRICS]%s", metric)


def _as_request(request: dict[str, Any]) -> SimpleNamespace:
    """The request with the fields that those of the worker link have."""
    headers = request.get("headers") or []
    return SimpleNamespace(
        id=_text(request["requestId"]),
        headers=[_text(part) for header in headers for part in (header["name"], header["value"])],
        parameters=[
            SimpleNamespace(name=_text(each["name"]), content_type=each["contentType"] or "", value=each["value"])
            for each in request.get("parameters") or []
        ],
    )


def _text(value: bytes | str) -> str:
    return value if isinstance(value, str) else bytes(value).decode("utf-8")

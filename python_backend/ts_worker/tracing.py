"""Lets the spans that a handler makes with OpenTelemetry join the trace of its batch.

The frontend makes the spans of the worker and of the handler itself, from the times that come back with the result.
So a worker needs nothing of OpenTelemetry, except where handlers use it.
"""

from __future__ import annotations

import logging
import os
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from importlib import import_module
from time import perf_counter_ns, time_ns
from typing import Any, Callable

logger = logging.getLogger("ts.tracing")

_UNTRACED: AbstractContextManager[None] = nullcontext()


def begin(batch: Any, result: Any) -> None:
    """The work on a batch begins; `result` tells the frontend when."""
    if batch.HasField("trace"):
        result.times.began_unix_us = time_ns() // 1000


def handling(batch: Any, result: Any) -> AbstractContextManager[None]:
    """Around the call of the handler: its spans have the batch's as their parent, and `result` tells its time."""
    if not batch.HasField("trace"):
        return _UNTRACED
    return _Handling(batch.trace, result.times)


class _Handling(AbstractContextManager[None]):
    """Puts the trace into OpenTelemetry's current context, where that is installed, and takes the time."""

    def __init__(self, trace: Any, times: Any) -> None:
        self._headers = {"traceparent": trace.traceparent, "tracestate": trace.tracestate}
        self._times = times
        self._leave: Callable[[], None] | None = None

    def __enter__(self) -> None:
        self._join()
        self._times.handler_began_unix_us = time_ns() // 1000
        self._began = perf_counter_ns()

    def __exit__(self, *_: object) -> None:
        self._times.handler_us = max(1, (perf_counter_ns() - self._began) // 1000)
        if self._leave is not None:
            self._leave()

    def _join(self) -> None:
        library = _library()
        if library is None:
            return
        context, propagator = library
        token = context.attach(propagator.extract(self._headers))
        self._leave = lambda: context.detach(token)


@cache
def _library() -> tuple[Any, Any] | None:
    """OpenTelemetry's current context, and what reads headers; None where it is not installed.

    Looked for once: an import that fails is tried anew each time, at the cost of a small request.
    """
    try:
        from opentelemetry import context
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
    except ImportError:
        return None
    return context, TraceContextTextMapPropagator()


def set_up() -> None:
    """Sends the spans of the handler to where the server's go, unless it has seen to that itself.

    To be called once the handler is initialised. OpenTelemetry reads its settings from the environment, where the
    frontend has put them.
    """
    if os.environ.get("OTEL_TRACES_EXPORTER") != "otlp" or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return
    try:
        from opentelemetry import trace
    except ImportError:
        logger.info("Spans that the handler makes are not traced: there is no opentelemetry here. %s", _CURE)
        return
    if not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        return
    try:
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        exporter = _exporter()
    except ImportError as missing:
        logger.warning("Spans that the handler makes are not traced: there is no %s here. %s", missing.name, _CURE)
        return
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)


_CURE = "pip install opentelemetry-sdk opentelemetry-exporter-otlp brings it."


def _exporter() -> Any:
    protocol = "grpc" if os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL") == "grpc" else "http"
    return import_module(f"opentelemetry.exporter.otlp.proto.{protocol}.trace_exporter").OTLPSpanExporter()

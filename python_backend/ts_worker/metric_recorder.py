"""Takes the metrics that a handler records and sends them along with its batches."""

from __future__ import annotations

import threading
from typing import Any

from ts_worker.link import Link
from ts_worker.messages import FromWorker, MetricType

_TYPES = {name: number for name, number in vars(MetricType).items() if name.isupper()}


class MetricRecorder:
    """The sink of `ts.metrics.sink`: what is recorded while a batch runs travels in its result, the rest at once."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._lock = threading.Lock()
        self._held: list[tuple[Any, ...]] | None = None

    def record(
        self,
        name: str,
        unit: str,
        kind: str,
        value: float,
        dimensions: list[tuple[str, str]],
        request_ids: list[str],
    ) -> None:
        """See `ts.metrics.sink.Sink`. Safe from any thread."""
        metric = (name, unit, kind, value, dimensions, request_ids)
        with self._lock:
            if self._held is not None:
                self._held.append(metric)
                return
        message = FromWorker()
        message.metrics.SetInParent()
        _fill(message.metrics.metrics, [metric])
        self._link.send(message)

    def hold(self) -> None:
        """Collects from now on."""
        with self._lock:
            self._held = []

    def release(self, metrics: Any) -> None:
        """Appends what was collected to `metrics`, a repeated field of `Metric`, and collects no more."""
        with self._lock:
            held, self._held = self._held, None
        _fill(metrics, held or [])


def _fill(metrics: Any, held: list[tuple[Any, ...]]) -> None:
    for name, unit, kind, value, dimensions, request_ids in held:
        metric = metrics.add()
        metric.name = name
        metric.unit = unit
        metric.type = _TYPES[kind]
        metric.value = value
        metric.dimensions.extend(part for pair in dimensions for part in pair)
        metric.request_ids.extend(request_ids)

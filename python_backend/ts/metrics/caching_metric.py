"""The metric that workers use: it reports every value at once and adds nothing up."""

from __future__ import annotations

import logging
import socket
import time
from typing import Any

from ts.metrics import sink as _sink
from ts.metrics.dimension import Dimension
from ts.metrics.metric_abstract import MetricAbstract
from ts.metrics.metric_type_enum import MetricTypes

logger = logging.getLogger(__name__)


class CachingMetric(MetricAbstract):
    """A metric whose values go to the sink of :mod:`ts.metrics.sink`, or to the log where there is none."""

    def add_or_update(self, value: float, dimension_values: list[Any] = [], request_id: str = "") -> None:  # noqa: B006
        """Report ``value``.

        :param value: a number, or something that holds one (a tensor or array of one element). Counters take none
            below zero.
        :param dimension_values: as many as ``dimension_names``, in the same order.
        :param request_id: one id, several joined by commas, or ``""``.

        A value or dimension list that does not fit is logged as an error and not reported; nothing is raised, so that a
        metric never costs a client its answer.
        """
        pairs: list[tuple[str, str]] = []
        try:
            pairs = self._pair(dimension_values)
            value = self._validate_metric_value(value)
        except ValueError as refusal:
            logger.error(
                "[METRICS]Failed to update metric with name:%s and dimensions: %s with value: %s: %s",
                self.metric_name,
                _text(pairs),
                value,
                refusal,
            )
            return
        sink = _sink.get_sink()
        if sink is None:
            self.emit_metrics(request_id, value, _text(pairs))
        else:
            self._send(sink, request_id, value, pairs)

    def update(self, value: float, request_id: str = "", dimensions: list[Dimension] = []) -> None:  # noqa: B006
        """Report ``value`` with dimensions that replace the metric's own from now on. Prefer :meth:`add_or_update`."""
        logger.warning("Overriding existing dimensions")
        self.dimension_names = [dimension.name for dimension in dimensions]
        self.add_or_update(value, [dimension.value for dimension in dimensions], request_id)

    def emit_metrics(self, request_id: str, value: float, dimension_string: str) -> None:
        """Report ``value`` without any check. ``dimension_string`` is ``"name:value,name:value"``."""
        sink = _sink.get_sink()
        if sink is not None:
            named = (part.partition(":") for part in dimension_string.split(",") if part)
            self._send(sink, request_id, value, [(name, text) for name, _, text in named])
            return
        line = (
            f"[METRICS]{self.metric_name}.{self.unit}:{value}|#{dimension_string}|#type:{self.metric_type.name}"
            f"|#hostname:{socket.gethostname()},{int(time.time())}"
        )
        logger.info(f"{line},{request_id}" if request_id else line)

    def _send(self, sink: _sink.Sink, request_id: str, value: float, pairs: list[tuple[str, str]]) -> None:
        ids = request_id.split(",") if request_id else []
        sink(self.metric_name, self.unit, self.metric_type.name, float(value), pairs, ids)

    def _pair(self, dimension_values: list[Any]) -> list[tuple[str, str]]:
        if dimension_values is None or len(dimension_values) != len(self.dimension_names):
            raise ValueError(
                f"Dimension values: {dimension_values} should correspond to Dimension names: {self.dimension_names}"
            )
        return [(name, str(value)) for name, value in zip(self.dimension_names, dimension_values)]

    def _validate_metric_value(self, value: Any) -> Any:
        """The value as a plain number. Text that spells a number stays text, since it is reported as written."""
        if type(value) is not float and type(value) is not int:
            try:
                value = value.item() if hasattr(value, "item") else value
                number = float(value)
            except (TypeError, ValueError, RuntimeError):
                raise ValueError("Metric update value must be a number") from None
        else:
            number = value
        if number < 0 and self.metric_type is MetricTypes.COUNTER:
            raise ValueError("Counter metric update value cannot be negative")
        return value


def _text(pairs: list[tuple[str, str]]) -> str:
    return ",".join([f"{name}:{value}" for name, value in pairs])

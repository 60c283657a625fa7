"""The metric of the oldest API; :class:`ts.metrics.metrics_store.MetricsStore` keeps them."""

from __future__ import annotations

import socket
import time
from collections import OrderedDict
from typing import Any

from ts.metrics.caching_metric import CachingMetric
from ts.metrics.dimension import Dimension
from ts.metrics.metric_type_enum import MetricTypes
from ts.metrics.unit import Units

_UNITS = Units().units


class Metric:
    """One value with its unit and dimensions. Making one reports nothing; :meth:`update` does.

    :param name: the metric's name.
    :param value: its first value, kept in ``.value`` and never changed.
    :param unit: short (``"ms"``) or free text.
    :param dimensions: list of :class:`Dimension`.
    :param request_id: one id, or several joined by commas.
    :param metric_method: kept as given; nothing reads it.
    """

    def __init__(
        self,
        name: str,
        value: Any,
        unit: str | None,
        dimensions: list[Dimension],
        request_id: str | None = None,
        metric_method: str | None = None,
    ) -> None:
        self.name = name
        self.unit = _UNITS.get(unit, unit)
        self.metric_method = metric_method
        self.value = value
        self.dimensions = dimensions
        self.request_id = request_id
        self._reporter = CachingMetric(
            name, unit or "", [dimension.name for dimension in dimensions], MetricTypes.COUNTER
        )

    def update(self, value: Any) -> None:
        """Report ``value`` to a counter of this name."""
        self._reporter.add_or_update(value, [dimension.value for dimension in self.dimensions], self.request_id or "")

    def reset(self) -> None:
        """Report 0."""
        self.update(0)

    def __str__(self) -> str:
        """``<name>.<unit>:<value>|#<dimensions>|#hostname:<host>,<seconds>[,<request id>]``."""
        dimensions = ",".join(str(dimension) for dimension in self.dimensions)
        text = f"{self.name}.{self.unit}:{self.value}|#{dimensions}|#hostname:{socket.gethostname()},{int(time.time())}"
        return f"{text},{self.request_id}" if self.request_id else text

    def to_dict(self) -> OrderedDict[str, Any]:
        """MetricName, Value, Unit, Dimensions, Timestamp (seconds), HostName, RequestId, in this order."""
        return OrderedDict(
            MetricName=self.name,
            Value=self.value,
            Unit=self.unit,
            Dimensions=self.dimensions,
            Timestamp=int(time.time()),
            HostName=socket.gethostname(),
            RequestId=self.request_id,
        )

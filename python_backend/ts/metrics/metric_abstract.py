"""What every metric is, however it is reported."""

from __future__ import annotations

import abc
from typing import Any

from ts.metrics.metric_type_enum import MetricTypes
from ts.metrics.unit import Units

_UNITS = Units().units


class MetricAbstract(abc.ABC):
    """A named metric with a unit, a type and the names of its dimensions."""

    def __init__(
        self,
        metric_name: str,
        unit: str,
        dimension_names: list[str] | None = None,
        metric_type: MetricTypes = MetricTypes.COUNTER,
    ) -> None:
        self.metric_name = metric_name
        self.unit = _UNITS.get(unit, unit)
        self.dimension_names: list[str] = dimension_names if dimension_names is not None else []
        self.metric_type = metric_type

    @abc.abstractmethod
    def add_or_update(self, value: float, dimension_values: list[Any], request_id: str = "") -> None:
        """Report ``value`` for these values of the dimensions, in the order of ``dimension_names``."""

"""The API that handlers call on ``context.metrics``."""

from __future__ import annotations

import abc
from typing import Any

from ts.metrics.dimension import Dimension
from ts.metrics.metric_abstract import MetricAbstract
from ts.metrics.metric_cache_errors import MetricsCacheKeyError, MetricsCacheTypeError, MetricsCacheValueError
from ts.metrics.metric_type_enum import MetricTypes


class MetricCacheAbstract(abc.ABC):
    """Metrics by type and name.

    Each ``add_*`` call reports exactly the value it was given; nothing is added up here. Where the metric is new it is
    registered with the call's unit and dimensions; where it exists its own unit and dimension names stand, and the
    call's dimension *values* are matched to them by position.

    To the dimensions of a call are appended, unless it names them itself, ``ModelName`` and ``Level:Model``, or
    ``Level:Error`` where no request is known. The caller's list is left as it was.

    ``idx`` is an index into the batch: the metric is reported with that request's id, else with the ids of all.
    """

    def __init__(self, config_file_path: str) -> None:
        self.cache: dict[MetricTypes, dict[str, MetricAbstract]] = {}
        self.store: list[Any] = []
        self.request_ids: dict[int, str] | str | None = None
        self.model_name: str | None = None
        self.config_file_path = config_file_path
        self._check_type(config_file_path, str, f"Error loading {config_file_path} file: the path should be text")
        if not config_file_path:
            raise MetricsCacheTypeError("Config file not initialized")

    def set_request_ids(self, request_ids: dict[int, str] | str) -> None:
        """The requests that metrics belong to from now on: ``{index in the batch: id}``, or one id as text."""
        self.request_ids = request_ids

    def add_counter(
        self,
        name: str,
        value: float,
        idx: int | None = None,
        dimensions: list[Dimension] | None = [],  # noqa: B006
    ) -> None:
        """Report ``value`` (not below zero) to the counter ``name``, unit ``Count``."""
        self._report(name, value, "count", idx, dimensions, MetricTypes.COUNTER)

    def add_time(
        self,
        name: str,
        value: float,
        idx: int | None = None,
        unit: str = "ms",
        dimensions: list[Dimension] | None = [],  # noqa: B006
        metric_type: MetricTypes = MetricTypes.GAUGE,
    ) -> None:
        """Report a duration; ``unit`` is ``ms`` or ``s``, else :class:`MetricsCacheValueError`."""
        if unit not in ("ms", "s"):
            raise MetricsCacheValueError("the unit for a timed metric should be one of ['ms', 's']")
        self._report(name, value, unit, idx, dimensions, metric_type)

    def add_size(
        self,
        name: str,
        value: float,
        idx: int | None = None,
        unit: str = "MB",
        dimensions: list[Dimension] | None = [],  # noqa: B006
        metric_type: MetricTypes = MetricTypes.GAUGE,
    ) -> None:
        """Report a size; ``unit`` is ``MB``, ``kB``, ``GB`` or ``B``, else ``ValueError``."""
        if unit not in ("MB", "kB", "GB", "B"):
            raise ValueError("The unit for size based metric is one of ['MB','kB', 'GB', 'B']")
        self._report(name, value, unit, idx, dimensions, metric_type)

    def add_percent(
        self,
        name: str,
        value: float,
        idx: int | None = None,
        dimensions: list[Dimension] | None = [],  # noqa: B006
        metric_type: MetricTypes = MetricTypes.GAUGE,
    ) -> None:
        """Report a share in percent (0 to 100)."""
        self._report(name, value, "percent", idx, dimensions, metric_type)

    def add_error(self, name: str, value: float, dimensions: list[Dimension] | None = []) -> None:  # noqa: B006
        """Report to an error counter: dimension ``Level:Error``, no request id."""
        named = self._with_level_error(dimensions)
        metric = self._get_or_add_metric(name, "", named, MetricTypes.COUNTER)
        metric.add_or_update(value, [dimension.value for dimension in named])

    def add_metric(
        self,
        name: str,
        value: float,
        unit: str,
        idx: int | None = None,
        dimensions: list[Dimension] | None = [],  # noqa: B006
        metric_type: MetricTypes = MetricTypes.COUNTER,
    ) -> None:
        """Report to a metric of any unit and type."""
        self._report(name, value, unit, idx, dimensions, metric_type)

    @abc.abstractmethod
    def add_metric_to_cache(
        self,
        metric_name: str,
        unit: str,
        dimension_names: list[str] = [],  # noqa: B006
        metric_type: MetricTypes = MetricTypes.COUNTER,
    ) -> MetricAbstract:
        """Register a metric, in the place of one of its type and name if there is one, and report nothing."""

    @abc.abstractmethod
    def get_metric(self, metric_name: str, metric_type: MetricTypes = MetricTypes.COUNTER) -> MetricAbstract:
        """The registered metric; :class:`MetricsCacheKeyError` where there is none."""

    @abc.abstractmethod
    def initialize_cache(self) -> None:
        """Register the metrics of the configuration file."""

    def _report(
        self,
        name: str,
        value: float,
        unit: str,
        idx: int | None,
        dimensions: list[Dimension] | None,
        metric_type: MetricTypes,
    ) -> None:
        request = self._get_req(idx)
        named = self._add_default_dims(request, dimensions)
        metric = self._get_or_add_metric(name, unit, named, metric_type)
        metric.add_or_update(value, [dimension.value for dimension in named], request or "")

    def _get_req(self, idx: int | None) -> str | None:
        """The request id, or all joined by commas, or ``None`` before the first request."""
        ids = self.request_ids
        if not ids:
            return None
        if isinstance(ids, str):
            return ids
        if idx is not None and idx in ids:
            return ids[idx]
        return ",".join(ids.values())

    def _add_default_dims(self, request: str | None, dimensions: list[Dimension] | None) -> list[Dimension]:
        if not request:
            return self._with_level_error(dimensions)
        named = self._checked(dimensions)
        names = [dimension.name for dimension in named]
        if "ModelName" not in names:
            named.append(Dimension("ModelName", self.model_name))
        if "Level" not in names:
            named.append(Dimension("Level", "Model"))
        return named

    def _with_level_error(self, dimensions: list[Dimension] | None) -> list[Dimension]:
        named = self._checked(dimensions)
        if not any(dimension.name == "Level" for dimension in named):
            named.append(Dimension("Level", "Error"))
        return named

    @staticmethod
    def _checked(dimensions: list[Dimension] | None) -> list[Dimension]:
        """A copy, so that neither the caller's list nor a shared default grows."""
        named = list(dimensions or [])
        for dimension in named:
            if not hasattr(dimension, "name") or not hasattr(dimension, "value"):
                raise MetricsCacheTypeError(
                    f"`dimensions` should be a list of ts.metrics.dimension.Dimension, but holds {dimension!r}"
                )
        return named

    def _get_or_add_metric(
        self, metric_name: str, unit: str, dimensions: list[Dimension], metric_type: MetricTypes
    ) -> MetricAbstract:
        try:
            return self.get_metric(metric_name, metric_type)
        except MetricsCacheKeyError:
            names = [dimension.name for dimension in dimensions]
            return self.add_metric_to_cache(metric_name, unit, names, metric_type)

    @staticmethod
    def _check_type(variable: Any, expected_type: Any, helper_text: str) -> None:
        if not isinstance(variable, expected_type):
            raise MetricsCacheTypeError(helper_text)

"""The metrics API before ``metrics.yaml``. Deprecated: handlers get a
:class:`ts.metrics.metric_cache_yaml_impl.MetricsCacheYamlImpl`, and only test helpers still make a store."""

from __future__ import annotations

from typing import Any

from ts.metrics.dimension import Dimension
from ts.metrics.metric import Metric


class MetricsStore:
    """Metrics by name, unit, request and dimensions.

    The first call for such a key only keeps a :class:`Metric` in ``store``; every later one reports its value.

    :param request_ids: ``{index in the batch: id}``, or ``None``.
    :param model_name: the value of the dimension ``ModelName``.
    """

    def __init__(self, request_ids: dict[int, str] | Any, model_name: str | None) -> None:
        self.store: list[Metric] = []
        self.request_ids = request_ids
        self.model_name = model_name
        self.cache: dict[str, Metric] = {}

    def add_counter(
        self, name: str, value: Any, idx: int | None = None, dimensions: list[Dimension] | None = None
    ) -> None:
        """Count ``value`` up."""
        self._add_or_update(name, value, self._get_req(idx), "count", "counter", dimensions)

    def add_time(
        self,
        name: str,
        value: Any,
        idx: int | None = None,
        unit: str = "ms",
        dimensions: list[Dimension] | None = None,
    ) -> None:
        """A duration in ``ms`` or ``s``, else ``ValueError``."""
        if unit not in ("ms", "s"):
            raise ValueError("the unit for a timed metric should be one of ['ms', 's']")
        self._add_or_update(name, value, self._get_req(idx), unit, None, dimensions)

    def add_size(
        self,
        name: str,
        value: Any,
        idx: int | None = None,
        unit: str = "MB",
        dimensions: list[Dimension] | None = None,
    ) -> None:
        """A size in ``MB``, ``kB``, ``GB`` or ``B``, else ``ValueError``."""
        if unit not in ("MB", "kB", "GB", "B"):
            raise ValueError("The unit for size based metric is one of ['MB','kB', 'GB', 'B']")
        self._add_or_update(name, value, self._get_req(idx), unit, None, dimensions)

    def add_percent(
        self, name: str, value: Any, idx: int | None = None, dimensions: list[Dimension] | None = None
    ) -> None:
        """A share in percent."""
        self._add_or_update(name, value, self._get_req(idx), "percent", None, dimensions)

    def add_error(self, name: str, value: Any, dimensions: list[Dimension] | None = None) -> None:
        """An error, which belongs to no request; ``value`` may be text."""
        self._add_or_update(name, value, None, "", None, dimensions)

    def add_metric(
        self,
        name: str,
        value: Any,
        unit: str,
        idx: int | None = None,
        dimensions: list[Dimension] | None = None,
    ) -> None:
        """A metric of any unit."""
        self._add_or_update(name, value, self._get_req(idx), unit, None, dimensions)

    def _add_or_update(
        self,
        name: str,
        value: Any,
        req_id: str | None,
        unit: str,
        metrics_method: str | None = None,
        dimensions: list[Dimension] | None = None,
    ) -> None:
        if dimensions is not None and not isinstance(dimensions, list):
            raise ValueError("Please provide a list of dimensions")
        named = list(dimensions or [])
        if req_id is None:
            named.append(Dimension("Level", "Error"))
        else:
            named += [Dimension("ModelName", self.model_name), Dimension("Level", "Model")]
        key = "-".join([name, unit, str(req_id), *map(str, named)])
        if key in self.cache:
            self.cache[key].update(value)
            return
        metric = self.cache[key] = Metric(name, value, unit, named, req_id, metrics_method)
        self.store.append(metric)

    def _get_req(self, idx: int | None) -> str | None:
        if not self.request_ids:
            return None
        if not isinstance(self.request_ids, dict):
            return str(self.request_ids)
        if idx is not None and idx in self.request_ids:
            return self.request_ids[idx]
        return ",".join(self.request_ids.values())

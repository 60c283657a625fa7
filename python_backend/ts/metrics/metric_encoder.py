"""JSON for metrics and dimensions."""

from __future__ import annotations

from json import JSONEncoder
from typing import Any

from ts.metrics.dimension import Dimension
from ts.metrics.metric import Metric


class MetricEncoder(JSONEncoder):
    """``json.dumps(metric, cls=MetricEncoder)``."""

    def default(self, obj: Any) -> Any:
        """The dict of a metric or dimension.

        :raises TypeError: for any other object.
        """
        if isinstance(obj, (Metric, Dimension)):
            return obj.to_dict()
        return super().default(obj)

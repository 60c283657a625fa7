"""Metrics that handlers record.

``context.metrics`` is a :class:`ts.metrics.metric_cache_yaml_impl.MetricsCacheYamlImpl`. The submodules below are
attributes of this package as soon as it is imported, but each one is read only when it is first touched, so that a
handler which merely names a dimension does not pay for ``psutil``.
"""

from __future__ import annotations

import importlib
from types import ModuleType

_SUBMODULES = (
    "caching_metric",
    "dimension",
    "metric",
    "metric_abstract",
    "metric_cache_abstract",
    "metric_cache_errors",
    "metric_cache_yaml_impl",
    "metric_collector",
    "metric_encoder",
    "metric_type_enum",
    "metrics_store",
    "process_memory_metric",
    "sink",
    "system_metrics",
    "unit",
)


def __getattr__(name: str) -> ModuleType:
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_SUBMODULES])

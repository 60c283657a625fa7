"""From a Load message to a model that is ready."""

from __future__ import annotations

import logging
import os
from typing import Any, Callable

from ts_worker.model import Model, load_model
from ts_worker.module_path import enter_model_dir

logger = logging.getLogger("ts.model_service_worker")


def prepare(load: Any, settle: Callable[[], None]) -> Model:
    """Enters the archive, calls `settle`, and loads its model. Whatever the handler raises passes through."""
    from ts.metrics.metric_cache_errors import MetricsCacheKeyError, MetricsCacheValueError
    from ts.metrics.metric_cache_yaml_impl import MetricsCacheYamlImpl

    metrics = MetricsCacheYamlImpl(load.metrics_config or shipped_metrics())
    try:
        metrics.initialize_cache()
    except (MetricsCacheKeyError, MetricsCacheValueError) as gap:
        # The server has read the file and warned of what means nothing in it; handlers can record all the same.
        logger.warning("%s: %s", metrics.config_file_path, gap)
    metrics.model_name = load.model_name
    enter_model_dir(load.model_dir, load.handler)
    settle()
    return load_model(
        load.model_name,
        load.model_dir,
        load.handler,
        load.gpu_id if load.gpu_id >= 0 else None,
        load.batch_size,
        load.envelope,
        load.limit_max_image_pixels,
        metrics,
    )


def shipped_metrics() -> str:
    """Path of the metrics.yaml that comes with the ts package."""
    import ts

    return os.path.join(os.path.dirname(os.path.abspath(ts.__file__)), "configs", "metrics.yaml")

"""``context.metrics``: a metrics cache that starts from the ``model_metrics`` of a metrics.yaml."""

from __future__ import annotations

import logging
from typing import Any

import yaml

from ts.metrics.caching_metric import CachingMetric
from ts.metrics.metric_cache_abstract import MetricCacheAbstract
from ts.metrics.metric_cache_errors import (
    GeneralMetricsCacheError,
    MetricsCacheIOError,
    MetricsCacheKeyError,
    MetricsCachePyYamlError,
    MetricsCacheTypeError,
    MetricsCacheValueError,
)
from ts.metrics.metric_type_enum import MetricTypes

logger = logging.getLogger(__name__)


class MetricsCacheYamlImpl(MetricCacheAbstract):
    """The cache of one worker.

    ::

        cache = MetricsCacheYamlImpl("metrics.yaml")   # reads the file
        cache.initialize_cache()                       # registers its model_metrics
        cache.set_request_ids({0: "a-request"})
        cache.model_name = "digits"
        cache.add_time("Decoding", 1.5)

    The file is ``model_metrics: {counter|gauge|histogram: [{name, unit, dimensions: [names]}]}``; other sections are
    the frontend's. Reading it raises the errors of :mod:`ts.metrics.metric_cache_errors`.
    """

    cache: dict[MetricTypes, dict[str, CachingMetric]]  # type: ignore[assignment]

    def __init__(self, config_file_path: str) -> None:
        super().__init__(config_file_path)
        self._parsed_file: Any = None
        self._parse_yaml_file(config_file_path)

    def initialize_cache(self) -> None:
        """Register every metric of ``model_metrics``."""
        section = self._parse_metrics_section()
        if not section:
            raise MetricsCacheValueError("Missing `model_metrics` specification")
        for type_name, entries in section.items():
            try:
                metric_type = MetricTypes(type_name)
            except ValueError as unknown:
                raise MetricsCacheKeyError(f"Invalid metric type: {unknown}") from None
            for entry in entries or []:
                try:
                    name, unit, dimension_names = entry["name"], entry["unit"], entry["dimensions"]
                except KeyError as missing:
                    raise MetricsCacheKeyError(f"Key not found in cache spec: {missing}") from None
                except TypeError:
                    raise MetricsCacheTypeError(
                        f"each metric of `model_metrics` should be {{name, unit, dimensions}}, but one is {entry!r}"
                    ) from None
                self.add_metric_to_cache(name, unit, dimension_names or [], metric_type)

    def add_metric_to_cache(
        self,
        metric_name: str,
        unit: str,
        dimension_names: list[str] = [],  # noqa: B006
        metric_type: MetricTypes = MetricTypes.COUNTER,
    ) -> CachingMetric:
        """Register a metric and report nothing. Replacing a registered one logs a warning.

        :raises MetricsCacheTypeError: for an argument of the wrong type.
        """
        self._check_type(metric_name, str, "`metric_name` must be a str")
        self._check_type(unit, str, "`unit` must be a str")
        self._check_type(metric_type, MetricTypes, "`metric_type` must be a MetricTypes enum")
        dimension_names = [] if dimension_names is None else dimension_names
        hint = "`dimension_names` should be a list of dimension name strings"
        self._check_type(dimension_names, list, hint)
        for name in dimension_names:
            self._check_type(name, str, hint)
        of_type = self.cache.setdefault(metric_type, {})
        if metric_name in of_type:
            logger.warning("Overriding existing key %s:%s", metric_type, metric_name)
        metric = of_type[metric_name] = CachingMetric(metric_name, unit, dimension_names, metric_type)
        return metric

    def get_metric(self, metric_name: str, metric_type: MetricTypes = MetricTypes.COUNTER) -> CachingMetric:
        """The registered metric.

        :raises MetricsCacheTypeError: for an argument of the wrong type.
        :raises MetricsCacheKeyError: if there is none of that type and name.
        """
        self._check_type(metric_name, str, "`metric_name` must be a str")
        self._check_type(metric_type, MetricTypes, "`metric_type` must be a MetricTypes enum")
        try:
            return self.cache[metric_type][metric_name]
        except KeyError:
            raise MetricsCacheKeyError(
                f"Metric of type '{metric_type}' and name '{metric_name}' doesn't exist"
            ) from None

    def cache_keys(self) -> list[str]:
        """``["gauge:HandlerTime", ...]``."""
        return [f"{metric_type.value}:{name}" for metric_type, metrics in self.cache.items() for name in metrics]

    def _parse_yaml_file(self, config_file_path: str) -> None:
        try:
            with open(config_file_path, encoding="utf-8") as file:
                self._parsed_file = yaml.safe_load(file)
        except OSError as error:
            raise MetricsCacheIOError(f"Error reading file: Error reading file {config_file_path}: {error}") from error
        except yaml.YAMLError as error:
            raise MetricsCachePyYamlError(
                f"Error parsing file: Error parsing file {config_file_path}: {error}"
            ) from error
        except Exception as error:
            raise GeneralMetricsCacheError(f"Generic error: {config_file_path}: {error}") from error
        logger.info("Successfully loaded %s.", config_file_path)

    def _parse_metrics_section(self, key: str = "model_metrics") -> dict[str, Any]:
        if not isinstance(self._parsed_file, dict) or key not in self._parsed_file:
            raise MetricsCacheKeyError(f"'{key}' key not found in yaml file: '{key}'")
        section = self._parsed_file[key]
        if section and not isinstance(section, dict):
            raise MetricsCacheTypeError(f"`{key}` should be a mapping of counter, gauge and histogram to lists")
        return section or {}

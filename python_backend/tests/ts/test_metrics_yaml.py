"""Reading metrics.yaml."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.surroundings import METRICS_YAML
from ts.metrics.metric_cache_errors import (
    GeneralMetricsCacheError,
    MetricsCacheIOError,
    MetricsCacheKeyError,
    MetricsCachePyYamlError,
    MetricsCacheTypeError,
    MetricsCacheValueError,
)
from ts.metrics.metric_cache_yaml_impl import MetricsCacheYamlImpl
from ts.metrics.metric_type_enum import MetricTypes


def load(path: Any) -> MetricsCacheYamlImpl:
    cache = MetricsCacheYamlImpl(path if path is None else str(path))
    cache.initialize_cache()
    return cache


def test_the_shipped_file(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    cache = load(METRICS_YAML)
    assert f"Successfully loaded {METRICS_YAML}." in caplog.messages
    assert cache.cache_keys() == ["gauge:HandlerTime", "gauge:PredictionTime"]
    for metric in cache.cache[MetricTypes.GAUGE].values():
        assert (metric.unit, metric.dimension_names) == ("Milliseconds", ["ModelName", "Level"])


def test_the_shipped_file_lists_every_metric_of_the_server() -> None:
    sections = yaml.safe_load(METRICS_YAML.read_text())
    counters = {each["name"]: each for each in sections["ts_metrics"]["counter"]}
    gauges = {each["name"]: each for each in sections["ts_metrics"]["gauge"]}
    assert list(counters) == [
        "Requests2XX",
        "Requests4XX",
        "Requests5XX",
        "ts_inference_requests_total",
        "ts_inference_latency_microseconds",
        "ts_queue_latency_microseconds",
    ]
    assert list(gauges) == [
        "QueueTime",
        "WorkerThreadTime",
        "WorkerLoadTime",
        "CPUUtilization",
        "MemoryUsed",
        "MemoryAvailable",
        "MemoryUtilization",
        "DiskUsage",
        "DiskUtilization",
        "DiskAvailable",
        "GPUMemoryUtilization",
        "GPUMemoryUsed",
        "GPUUtilization",
    ]
    assert gauges["WorkerLoadTime"]["dimensions"] == ["WorkerName", "Level", "Hostname"]
    assert counters["ts_queue_latency_microseconds"]["unit"] == "Microseconds"
    assert all(each["dimensions"][-1].lower() == "hostname" for each in [*counters.values(), *gauges.values()])


@pytest.mark.parametrize("dimensions", ["[]", "", "null"])
def test_a_metric_without_dimensions(tmp_path: Path, dimensions: str) -> None:
    file = tmp_path / "metrics.yaml"
    file.write_text(f"model_metrics:\n  histogram:\n  - {{name: a, unit: MB, dimensions: {dimensions}}}\n  counter:\n")
    metric = load(file).get_metric("a", MetricTypes.HISTOGRAM)
    assert (metric.unit, metric.dimension_names) == ("Megabytes", [])


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("a: [b\n - x: : :", MetricsCachePyYamlError, "Error parsing file: "),
        ("x: 1", MetricsCacheKeyError, "'model_metrics' key not found in yaml file: "),
        ("", MetricsCacheKeyError, "'model_metrics' key not found in yaml file: "),
        ("words", MetricsCacheKeyError, "'model_metrics' key not found in yaml file: "),
        ("model_metrics:", MetricsCacheValueError, "Missing `model_metrics` specification"),
        ("model_metrics: [1]", MetricsCacheTypeError, "`model_metrics` should be a mapping"),
        (
            "model_metrics: {foo: [{name: a, unit: b, dimensions: []}]}",
            MetricsCacheKeyError,
            "Invalid metric type: 'foo' is not a valid MetricTypes",
        ),
        (
            "model_metrics: {gauge: [{name: a, dimensions: []}]}",
            MetricsCacheKeyError,
            "Key not found in cache spec: 'unit'",
        ),
        ("model_metrics: {gauge: [a]}", MetricsCacheTypeError, "each metric of `model_metrics` should be"),
    ],
)
def test_faulty_files(tmp_path: Path, text: str, error: type[Exception], message: str) -> None:
    file = tmp_path / "metrics.yaml"
    file.write_text(text)
    with pytest.raises(error) as raised:
        load(file)
    assert type(raised.value) is error
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        (None, MetricsCacheTypeError, "Error loading None file: "),
        ("", MetricsCacheTypeError, "Config file not initialized"),
        ("absent.yaml", MetricsCacheIOError, "Error reading file: "),
    ],
)
def test_faulty_paths(path: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        load(path)


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    file = tmp_path / "metrics.yaml"
    file.write_bytes(b"\xff\xfe\x00\xd8\xd8")
    with pytest.raises(GeneralMetricsCacheError, match="Generic error: "):
        load(file)


def test_errors_are_the_built_in_ones_too() -> None:
    assert issubclass(MetricsCacheIOError, OSError)
    assert issubclass(MetricsCachePyYamlError, yaml.YAMLError)
    assert issubclass(MetricsCacheTypeError, TypeError)
    assert issubclass(MetricsCacheValueError, ValueError)
    assert issubclass(MetricsCacheKeyError, KeyError)

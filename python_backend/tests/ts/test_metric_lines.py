"""What one metric writes or sends, and what it refuses."""

from __future__ import annotations

import logging
import re
import socket

import pytest
import torch

from support.surroundings import Recorded
from ts.metrics.caching_metric import CachingMetric
from ts.metrics.dimension import Dimension
from ts.metrics.metric_type_enum import MetricTypes
from ts.metrics.sink import get_sink, set_sink

HOST = re.escape(socket.gethostname())


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO)
    return caplog


def line(log: pytest.LogCaptureFixture) -> str:
    (record,) = log.records
    assert (record.name, record.levelname) == ("ts.metrics.caching_metric", "INFO")
    return record.getMessage()


@pytest.mark.parametrize(
    ("metric", "values", "value", "request_id", "expected"),
    [
        (
            CachingMetric("HandlerTime", "ms", ["ModelName", "Level"], MetricTypes.GAUGE),
            ["resnet", "Model"],
            3.2,
            "id-0,id-1",
            r"HandlerTime\.Milliseconds:3\.2\|#ModelName:resnet,Level:Model\|#type:GAUGE\|#hostname:HOST,\d+,id-0,id-1",
        ),
        (CachingMetric("c", "count"), [], 1, "", r"c\.Count:1\|#\|#type:COUNTER\|#hostname:HOST,\d+"),
        (
            CachingMetric("h", "widgets", ["a"], MetricTypes.HISTOGRAM),
            [3],
            -1.5,
            "r",
            r"h\.widgets:-1\.5\|#a:3\|#type:HISTOGRAM\|#hostname:HOST,\d+,r",
        ),
        (CachingMetric("u", ""), [], 1, "", r"u\.unit:1\|#\|#type:COUNTER\|#hostname:HOST,\d+"),
    ],
)
def test_a_line(
    log: pytest.LogCaptureFixture,
    metric: CachingMetric,
    values: list[str],
    value: float,
    request_id: str,
    expected: str,
) -> None:
    metric.add_or_update(value, values, request_id)
    assert re.fullmatch(r"\[METRICS\]" + expected.replace("HOST", HOST), line(log))


@pytest.mark.parametrize(
    ("unit", "reported"),
    [
        ("ms", "Milliseconds"),
        ("s", "Seconds"),
        ("percent", "Percent"),
        ("count", "Count"),
        ("MB", "Megabytes"),
        ("GB", "Gigabytes"),
        ("kB", "Kilobytes"),
        ("B", "Bytes"),
        ("", "unit"),
        ("furlongs", "furlongs"),
    ],
)
def test_units(unit: str, reported: str) -> None:
    assert CachingMetric("x", unit).unit == reported


@pytest.mark.parametrize(
    ("type_", "values", "value", "refusal"),
    [
        (
            MetricTypes.COUNTER,
            ["x"],
            1,
            "dimensions:  with value: 1: Dimension values: ['x'] should correspond to Dimension names: ['a', 'b']",
        ),
        (
            MetricTypes.COUNTER,
            None,
            1,
            "dimensions:  with value: 1: Dimension values: None should correspond to Dimension names: ['a', 'b']",
        ),
        (
            MetricTypes.COUNTER,
            ["x", "y"],
            -1,
            "dimensions: a:x,b:y with value: -1: Counter metric update value cannot be negative",
        ),
        (
            MetricTypes.COUNTER,
            ["x", "y"],
            "text",
            "dimensions: a:x,b:y with value: text: Metric update value must be a number",
        ),
        (
            MetricTypes.GAUGE,
            ["x", "y"],
            [1, 2],
            "dimensions: a:x,b:y with value: [1, 2]: Metric update value must be a number",
        ),
    ],
)
def test_what_is_refused_is_logged_and_not_raised(
    log: pytest.LogCaptureFixture, type_: MetricTypes, values: list[str], value: object, refusal: str
) -> None:
    CachingMetric("n", "ms", ["a", "b"], type_).add_or_update(value, values)  # type: ignore[arg-type]
    (record,) = log.records
    assert record.levelname == "ERROR"
    assert record.getMessage() == f"[METRICS]Failed to update metric with name:n and {refusal}"


def test_update_replaces_the_dimensions_for_good(log: pytest.LogCaptureFixture) -> None:
    metric = CachingMetric("n", "ms", ["a", "b"])
    metric.update(1, "r", [Dimension("q", 3)])
    assert log.messages[0] == "Overriding existing dimensions"
    assert "|#q:3|" in log.messages[1]
    assert metric.dimension_names == ["q"]


@pytest.mark.parametrize("value", [torch.tensor(2.5), torch.tensor([2.5]), "2.5"])
def test_a_number_in_other_clothes_is_a_number(log: pytest.LogCaptureFixture, value: object) -> None:
    CachingMetric("n", "ms").add_or_update(value)  # type: ignore[arg-type]
    assert ":2.5|" in line(log)


def test_a_sink_gets_typed_values_and_the_log_nothing(log: pytest.LogCaptureFixture, recorded: list[Recorded]) -> None:
    metric = CachingMetric("odd-name", "items/s", ["a:b"], MetricTypes.GAUGE)
    metric.add_or_update(torch.tensor(4), ["x,y|z"], "id-0,id-1")
    metric.emit_metrics("", 5, "c:d,e:f:g")
    assert recorded == [
        ("odd-name", "items/s", "GAUGE", 4.0, [("a:b", "x,y|z")], ["id-0", "id-1"]),
        ("odd-name", "items/s", "GAUGE", 5.0, [("c", "d"), ("e", "f:g")], []),
    ]
    assert isinstance(recorded[0].value, float)
    assert not log.records


def test_a_sink_hears_nothing_of_refused_values(recorded: list[Recorded]) -> None:
    CachingMetric("n", "ms").add_or_update(-1)
    assert not recorded


def test_metrics_reach_the_sink_whatever_a_handler_does_to_logging(recorded: list[Recorded]) -> None:
    logging.disable(logging.CRITICAL)
    try:
        CachingMetric("n", "ms").add_or_update(1)
    finally:
        logging.disable(logging.NOTSET)
    assert len(recorded) == 1


def test_set_sink_returns_the_one_before() -> None:
    first = lambda *metric: None  # noqa: E731
    before = set_sink(first)
    assert get_sink() is first
    assert set_sink(before) is first

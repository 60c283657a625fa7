"""``context.metrics``: the calls of handlers, default dimensions, request ids."""

from __future__ import annotations

import copy
import logging
from typing import Any

import pytest

from support.surroundings import METRICS_YAML, Recorded
from ts.metrics.dimension import Dimension
from ts.metrics.metric_cache_errors import MetricsCacheKeyError, MetricsCacheTypeError, MetricsCacheValueError
from ts.metrics.metric_cache_yaml_impl import MetricsCacheYamlImpl
from ts.metrics.metric_type_enum import MetricTypes

MODEL = [("ModelName", "m"), ("Level", "Model")]
ERROR = [("Level", "Error")]
BOTH = ["id-0", "id-1"]


@pytest.fixture
def cache() -> MetricsCacheYamlImpl:
    made = MetricsCacheYamlImpl(str(METRICS_YAML))
    made.initialize_cache()
    made.model_name = "m"
    made.set_request_ids({0: "id-0", 1: "id-1"})
    return made


@pytest.mark.parametrize(
    ("call", "arguments", "expected"),
    [
        ("add_counter", {"name": "c", "value": 1}, ("c", "Count", "COUNTER", 1.0, MODEL, BOTH)),
        ("add_counter", {"name": "c", "value": 1, "idx": 1}, ("c", "Count", "COUNTER", 1.0, MODEL, ["id-1"])),
        ("add_counter", {"name": "c", "value": 1, "idx": 7}, ("c", "Count", "COUNTER", 1.0, MODEL, BOTH)),
        ("add_time", {"name": "t", "value": 1.5}, ("t", "Milliseconds", "GAUGE", 1.5, MODEL, BOTH)),
        ("add_time", {"name": "t", "value": 1, "unit": "s"}, ("t", "Seconds", "GAUGE", 1.0, MODEL, BOTH)),
        (
            "add_time",
            {"name": "t", "value": 1, "metric_type": MetricTypes.HISTOGRAM},
            ("t", "Milliseconds", "HISTOGRAM", 1.0, MODEL, BOTH),
        ),
        ("add_size", {"name": "s", "value": 1}, ("s", "Megabytes", "GAUGE", 1.0, MODEL, BOTH)),
        ("add_size", {"name": "s", "value": 1, "unit": "kB"}, ("s", "Kilobytes", "GAUGE", 1.0, MODEL, BOTH)),
        ("add_percent", {"name": "p", "value": 50}, ("p", "Percent", "GAUGE", 50.0, MODEL, BOTH)),
        ("add_error", {"name": "e", "value": 1}, ("e", "unit", "COUNTER", 1.0, ERROR, [])),
        (
            "add_metric",
            {"name": "g", "value": 2, "unit": "widgets", "dimensions": [Dimension("k", "v")]},
            ("g", "widgets", "COUNTER", 2.0, [("k", "v"), *MODEL], BOTH),
        ),
        (
            "add_metric",
            {"name": "g", "value": 2, "unit": "", "dimensions": [Dimension("Level", "Mine")]},
            ("g", "unit", "COUNTER", 2.0, [("Level", "Mine"), ("ModelName", "m")], BOTH),
        ),
        ("add_counter", {"name": "c", "value": 1, "dimensions": None}, ("c", "Count", "COUNTER", 1.0, MODEL, BOTH)),
    ],
)
def test_a_call_reports_its_value(
    cache: MetricsCacheYamlImpl,
    recorded: list[Recorded],
    call: str,
    arguments: dict[str, Any],
    expected: tuple[Any, ...],
) -> None:
    getattr(cache, call)(**arguments)
    assert recorded == [expected]


def test_values_are_not_added_up(cache: MetricsCacheYamlImpl, recorded: list[Recorded]) -> None:
    for _ in range(3):
        cache.add_counter("c", 2)
    assert [each.value for each in recorded] == [2.0, 2.0, 2.0]


def test_neither_the_callers_list_nor_the_default_one_grows(
    cache: MetricsCacheYamlImpl, recorded: list[Recorded]
) -> None:
    mine = [Dimension("k", "v")]
    cache.request_ids = None
    cache.add_counter("early", 1)
    cache.set_request_ids({0: "id-0"})
    cache.add_counter("c", 1, dimensions=mine)
    cache.add_counter("late", 1)
    assert len(mine) == 1
    assert [each.dimensions for each in recorded] == [ERROR, [("k", "v"), *MODEL], MODEL]


def test_while_loading_there_is_one_id(cache: MetricsCacheYamlImpl, recorded: list[Recorded]) -> None:
    cache.set_request_ids("a-uuid")
    cache.add_counter("c", 1)
    cache.add_counter("c", 1, idx=0)
    assert [each.request_ids for each in recorded] == [["a-uuid"], ["a-uuid"]]
    assert recorded[0].dimensions == MODEL


def test_a_known_metric_keeps_its_unit_and_dimension_names(
    cache: MetricsCacheYamlImpl, recorded: list[Recorded]
) -> None:
    cache.add_metric_to_cache("t", "s", ["Kind", "ModelName", "Level"], MetricTypes.GAUGE)
    cache.add_time("t", 1, dimensions=[Dimension("SomethingElse", "x")])
    assert recorded == [("t", "Seconds", "GAUGE", 1.0, [("Kind", "x"), *MODEL], BOTH)]


def test_the_wrong_number_of_dimensions_is_logged(
    cache: MetricsCacheYamlImpl, recorded: list[Recorded], caplog: pytest.LogCaptureFixture
) -> None:
    cache.add_metric_to_cache("t", "ms", ["ModelName"], MetricTypes.GAUGE)
    cache.add_time("t", 1)
    assert not recorded
    assert caplog.messages == [
        "[METRICS]Failed to update metric with name:t and dimensions:  with value: 1: "
        "Dimension values: ['m', 'Model'] should correspond to Dimension names: ['ModelName']"
    ]


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda cache: cache.add_time("t", 1, unit="min"),
            MetricsCacheValueError,
            "the unit for a timed metric should be one of ['ms', 's']",
        ),
        (
            lambda cache: cache.add_size("t", 1, unit="TB"),
            ValueError,
            "The unit for size based metric is one of ['MB','kB', 'GB', 'B']",
        ),
        (lambda cache: cache.add_metric(3, 1, "u"), MetricsCacheTypeError, "`metric_name` must be a str"),
        (lambda cache: cache.add_metric_to_cache("n", 3), MetricsCacheTypeError, "`unit` must be a str"),
        (
            lambda cache: cache.add_metric_to_cache("n", "u", [], "counter"),
            MetricsCacheTypeError,
            "`metric_type` must be a MetricTypes enum",
        ),
        (
            lambda cache: cache.add_metric_to_cache("n", "u", "Level"),
            MetricsCacheTypeError,
            "`dimension_names` should be a list of dimension name strings",
        ),
        (
            lambda cache: cache.add_metric_to_cache("n", "u", ["a", 3]),
            MetricsCacheTypeError,
            "`dimension_names` should be a list of dimension name strings",
        ),
        (
            lambda cache: cache.get_metric("x"),
            MetricsCacheKeyError,
            "\"Metric of type 'MetricTypes.COUNTER' and name 'x' doesn't exist\"",
        ),
        (
            lambda cache: cache.get_metric("x", "gauge"),
            MetricsCacheTypeError,
            "`metric_type` must be a MetricTypes enum",
        ),
    ],
)
def test_wrong_arguments(cache: MetricsCacheYamlImpl, call: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as raised:
        call(cache)
    assert type(raised.value) is error
    assert str(raised.value) == text


def test_dimensions_that_are_none_say_what_they_should_be(cache: MetricsCacheYamlImpl) -> None:
    with pytest.raises(MetricsCacheTypeError, match="Dimension, but holds 'Level'"):
        cache.add_counter("c", 1, dimensions=["Level"])  # type: ignore[list-item]


def test_registering_again_warns_and_replaces(cache: MetricsCacheYamlImpl, caplog: pytest.LogCaptureFixture) -> None:
    first = cache.add_metric_to_cache("n", "u")
    assert not caplog.messages
    second = cache.add_metric_to_cache("n", "u", ["a"])
    assert caplog.messages == ["Overriding existing key MetricTypes.COUNTER:n"]
    assert cache.get_metric("n") is second is not first


def test_a_cache_can_be_copied_for_a_request_of_its_own(cache: MetricsCacheYamlImpl, recorded: list[Recorded]) -> None:
    """Which is what async handlers get."""
    other = copy.deepcopy(cache)
    other.set_request_ids({0: "other"})
    other.add_time("HandlerTime", 1)
    cache.add_time("HandlerTime", 1)
    assert [each.request_ids for each in recorded] == [["other"], BOTH]


def test_nothing_is_logged_for_an_ordinary_call_with_a_sink(
    cache: MetricsCacheYamlImpl, recorded: list[Recorded], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    cache.add_time("HandlerTime", 1)
    assert len(recorded) == 1
    assert not caplog.records

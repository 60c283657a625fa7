"""The metrics classes of earlier releases, and the machine's own metrics."""

from __future__ import annotations

import json
import logging
import os
import re
import socket
import subprocess
import sys
import types

import pytest

from support.surroundings import PYTHON_BACKEND, Recorded
from ts.metrics import system_metrics
from ts.metrics.dimension import Dimension
from ts.metrics.metric import Metric
from ts.metrics.metric_encoder import MetricEncoder
from ts.metrics.metrics_store import MetricsStore

HOST = re.escape(socket.gethostname())
LINE = re.compile(
    r"\s*([\w\s]+)\.([\w\s]+):([0-9\-,.e]+)\|#([^|]*)(\|#type:([^|,]+))?\|#hostname:([^,]+),([^,]+)(,(.*))?"
)


def test_a_metric_as_text() -> None:
    dimensions = [Dimension("a", "b"), Dimension("c", 1)]
    assert re.fullmatch(rf"n\.Milliseconds:1\|#a:b,c:1\|#hostname:{HOST},\d+", str(Metric("n", 1, "ms", dimensions)))
    assert re.fullmatch(rf"n\.x:1\|#\|#hostname:{HOST},\d+,r", str(Metric("n", 1, "x", [], "r")))


def test_a_metric_reports_on_update_only(recorded: list[Recorded]) -> None:
    metric = Metric("n", 1, "ms", [Dimension("a", "b")], "r", "counter")
    assert not recorded
    metric.update(5)
    metric.reset()
    assert recorded == [
        ("n", "Milliseconds", "COUNTER", 5.0, [("a", "b")], ["r"]),
        ("n", "Milliseconds", "COUNTER", 0.0, [("a", "b")], ["r"]),
    ]
    assert metric.value == 1


def test_a_metric_as_json() -> None:
    metric = Metric("n", 1, "ms", [Dimension("a", "b")], "r")
    assert list(metric.to_dict()) == [
        "MetricName",
        "Value",
        "Unit",
        "Dimensions",
        "Timestamp",
        "HostName",
        "RequestId",
    ]
    written = json.loads(json.dumps(metric, cls=MetricEncoder))
    assert written["Dimensions"] == [{"Name": "a", "Value": "b"}]
    with pytest.raises(TypeError):
        json.dumps(object(), cls=MetricEncoder)


def test_a_store_keeps_the_first_value_and_reports_later_ones(recorded: list[Recorded]) -> None:
    store = MetricsStore({0: "i0", 1: "i1"}, "M")
    mine = [Dimension("k", "v")]
    for value in (1, 2):
        store.add_counter("c", value)
        store.add_time("t", value, 1, "ms", mine)
        store.add_size("s", value, 1, "GB")
        store.add_percent("p", value, 1)
        store.add_metric("w", value, "widgets", 1)
    model = [("ModelName", "M"), ("Level", "Model")]
    assert recorded == [
        ("c", "Count", "COUNTER", 2.0, model, ["i0", "i1"]),
        ("t", "Milliseconds", "COUNTER", 2.0, [("k", "v"), *model], ["i1"]),
        ("s", "Gigabytes", "COUNTER", 2.0, model, ["i1"]),
        ("p", "Percent", "COUNTER", 2.0, model, ["i1"]),
        ("w", "widgets", "COUNTER", 2.0, model, ["i1"]),
    ]
    assert [each.value for each in store.store] == [1] * 5
    assert "t-ms-i1-k:v-ModelName:M-Level:Model" in store.cache
    assert len(mine) == 1


def test_a_store_takes_errors_as_text(recorded: list[Recorded], caplog: pytest.LogCaptureFixture) -> None:
    store = MetricsStore(None, "M")
    store.add_error("e", "text")
    store.add_error("e", "text")
    assert str(store.store[0]).startswith("e.unit:text|#Level:Error|#hostname:")
    assert not recorded
    assert "Metric update value must be a number" in caplog.text


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda store: store.add_time("t", 1, unit="min"), "the unit for a timed metric should be one of ['ms', 's']"),
        (
            lambda store: store.add_size("s", 1, unit="min"),
            "The unit for size based metric is one of ['MB','kB', 'GB', 'B']",
        ),
        (lambda store: store.add_counter("c", 1, dimensions="k"), "Please provide a list of dimensions"),
    ],
)
def test_a_store_refuses(call: object, text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        call(MetricsStore({}, "M"))  # type: ignore[operator]


def test_collect_all_writes_each_metric_and_then_an_empty_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    system_metrics.collect_all(system_metrics, 0)
    *lines, last = [record.getMessage() for record in caplog.records]
    assert last == ""
    names = [LINE.fullmatch(line).group(1) for line in lines]  # type: ignore[union-attr]
    assert names == [
        "CPUUtilization",
        "DiskAvailable",
        "DiskUsage",
        "DiskUtilization",
        "MemoryAvailable",
        "MemoryUsed",
        "MemoryUtilization",
    ]
    assert not system_metrics.system_metrics


def test_collect_all_runs_the_functions_of_any_module(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    called: list[object] = []
    mine = types.ModuleType("mine")
    vars(mine).update(b=lambda count: called.append(("b", count)), a=lambda: called.append("a"), _c=lambda: 1 / 0)
    system_metrics.collect_all(mine, 2)
    assert called == ["a", ("b", 2)]


@pytest.mark.parametrize("arguments", [["-m", "ts.metrics.metric_collector"], ["ts/metrics/metric_collector.py"]])
def test_the_collector_writes_metrics_and_memory(arguments: list[str]) -> None:
    run = subprocess.run(
        [sys.executable, *arguments, "--gpu", "0"],
        cwd=PYTHON_BACKEND,
        input=f"{os.getpid()},999999999\n",
        capture_output=True,
        text=True,
        check=True,
    )
    metrics, _, memory = run.stdout.partition("\n\n")
    assert all(LINE.fullmatch(line) for line in metrics.splitlines())
    mine, *rest = memory.splitlines()
    assert re.fullmatch(rf"{os.getpid()}:\d{{6,}}", mine)
    assert rest[-1] == "999999999:0"
    assert "Failed to get memory usage of process 999999999" in rest[0]

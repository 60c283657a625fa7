"""What one call of BaseHandler.handle does: predict, explain, describe, profile, time."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import Any, Callable

import pytest
import torch

from support.surroundings import Recorded
from ts.torch_handler.base_handler import BaseHandler

Make = Callable[..., Any]


class Doubling(BaseHandler):
    """A handler whose model doubles, and that writes down its steps."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[str] = []
        self.device = torch.device("cpu")
        self.model = lambda x: x * 2

    def preprocess(self, data: Any) -> Any:
        self.steps.append("preprocess")
        return super().preprocess([row["body"] for row in data])

    def inference(self, data: Any, *args: Any, **kwargs: Any) -> Any:
        self.steps.append("inference")
        assert not torch.is_inference_mode_enabled()
        output = super().inference(data, *args, **kwargs)
        assert output.is_inference()
        return output

    def postprocess(self, data: Any) -> Any:
        self.steps.append("postprocess")
        return super().postprocess(data)


class Explaining(Doubling):
    def get_insights(self, prepared: Any, inputs: Any, target: Any) -> Any:
        return [{"prepared": prepared.tolist(), "inputs": inputs, "target": target}]


ROWS = [{"body": [1.0]}, {"body": [2.5]}]


def test_a_prediction(make_context: Make, recorded: list[Recorded]) -> None:
    handler, context = Doubling(), make_context(headers=[{}, {}])
    assert handler.handle(ROWS, context) == [[2.0], [5.0]]
    assert handler.context is context
    assert handler.steps == ["preprocess", "inference", "postprocess"]
    (time,) = recorded
    assert time[:3] == ("HandlerTime", "Milliseconds", "GAUGE")
    assert time.dimensions == [("ModelName", "m"), ("Level", "Model")]
    assert time.request_ids == ["id-0", "id-1"]
    assert time.value == round(abs(time.value), 2)


def test_a_failing_call_reports_no_time(make_context: Make, recorded: list[Recorded]) -> None:
    with pytest.raises(KeyError):
        Doubling().handle([{}], make_context())
    assert not recorded


def test_an_explanation(make_context: Make, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    handler, context = Explaining(), make_context(headers=[{"explain": "True"}, {}])
    rows = [{"body": [1.0], "target": 4}, {"body": [2.5]}]
    assert handler.handle(rows, context) == [{"prepared": [[1.0], [2.5]], "inputs": [1.0], "target": 4}]
    assert "Calculating Explanations" in caplog.messages
    assert handler.steps == ["preprocess"]
    assert handler.explain is True


@pytest.mark.parametrize("target", [None, 0, bytearray()])
def test_without_a_target_class_0_is_explained(make_context: Make, target: Any) -> None:
    context = make_context(headers=[{"explain": "True"}])
    assert Explaining().handle([{"body": [1.0], "target": target}], context)[0]["target"] == 0


def test_data_is_explained_rather_than_body(make_context: Make) -> None:
    context = make_context(headers=[{"explain": "True"}])
    assert Explaining().handle([{"body": [1.0], "data": [7.0]}], context)[0]["inputs"] == [7.0]


@pytest.mark.parametrize("headers", [[{"explain": "False"}], [{"explain": "true"}], [{"Explain": "True"}], [{}]])
def test_only_the_exact_header_asks_for_an_explanation(make_context: Make, headers: list[dict[str, str]]) -> None:
    assert Explaining().handle([{"body": [1.0]}], make_context(headers=headers)) == [[2.0]]


def test_a_handler_that_cannot_explain_says_what_it_lacks(make_context: Make) -> None:
    with pytest.raises(NotImplementedError, match="Doubling cannot explain: give it a method get_insights"):
        Doubling().handle([{"body": [1.0]}], make_context(headers=[{"explain": "True"}]))


def test_a_description(make_context: Make, recorded: list[Recorded]) -> None:
    class Described(Doubling):
        def describe_handle(self) -> Any:
            return {"kind": "doubling"}

    for handler, answer in ((Doubling(), None), (Described(), {"kind": "doubling"})):
        assert handler.handle([{}], make_context(headers=[{"describe": "True"}])) == [answer]
        assert handler.steps == []
    assert [each.name for each in recorded] == ["HandlerTime"] * 2


def test_steps_are_timed_where_the_yaml_asks_for_it(make_context: Make, recorded: list[Recorded]) -> None:
    Doubling().handle(ROWS, make_context(yaml={"handler": {"profile": True}}))
    assert [each.name for each in recorded] == [
        "ts_handler_preprocess",
        "ts_handler_inference",
        "ts_handler_postprocess",
        "HandlerTime",
    ]
    assert {each.unit for each in recorded} == {"Milliseconds"}


@pytest.mark.parametrize("yaml", [{}, {"handler": None}, {"handler": {"profile": False}}, {"handler": "text"}])
def test_else_they_are_not(make_context: Make, recorded: list[Recorded], yaml: dict[str, Any]) -> None:
    Doubling().handle(ROWS, make_context(yaml=yaml))
    assert [each.name for each in recorded] == ["HandlerTime"]


def test_a_timed_method_needs_no_context() -> None:
    class Bare(BaseHandler):
        def __init__(self) -> None:
            self.device = "cpu"

    assert Bare().preprocess([1.0]).tolist() == [1.0]


def test_profiling(
    make_context: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, recorded: list[Recorded]
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setenv("ENABLE_TORCH_PROFILER", "1")
    folder = Path("/tmp/pytorch_profiler/profiled-by-a-test")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        context = make_context(name="profiled-by-a-test", headers=[{"describe": "True"}])
        assert Doubling().handle(ROWS, context) == [[2.0], [5.0]]
        assert list(folder.glob("*.json*"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    assert f"Saving chrome trace to : {folder}" in caplog.messages
    assert any("preprocess" in each and "CPU total" in each for each in caplog.messages)
    assert [each.name for each in recorded] == ["HandlerTime"]


def test_profiling_with_arguments_of_ones_own(make_context: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENABLE_TORCH_PROFILER", "1")
    traces: list[Any] = []
    handler = Explaining()
    handler.profiler_args = {"activities": [torch.profiler.ProfilerActivity.CPU], "on_trace_ready": traces.append}
    context = make_context(headers=[{"explain": "True"}])
    assert handler.handle([{"body": [1.0]}], context)[0]["prepared"] == [[1.0]]
    (trace,) = traces
    assert "explain" in [each.key for each in trace.key_averages()]


def test_requests_as_they_came_are_no_tensor(make_context: Make) -> None:
    handler = BaseHandler()
    with pytest.raises(RuntimeError, match=r"BaseHandler\.preprocess got the requests as they came.*override it"):
        handler.preprocess([{"body": bytearray(b"[1, 2]")}])
    with pytest.raises(ValueError, match="expected sequence of length"):
        handler.preprocess([[1.0], [1.0, 2.0]])

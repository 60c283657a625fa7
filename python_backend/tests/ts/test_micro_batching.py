"""Micro-batching: order, slices, threads, errors, and what bypasses it."""

from __future__ import annotations

import threading
import time
from typing import Any, Callable

import pytest
import torch

from support.surroundings import Recorded
from ts.handler_utils.micro_batching import HANDLER_METHODS, MicroBatching
from ts.torch_handler.base_handler import BaseHandler

Make = Callable[..., Any]


class Slow(BaseHandler):
    """Writes down which slices its steps saw; later slices are quicker."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.seen: list[tuple[str, int | None, int]] = []
        self.threads: set[str] = set()
        self.fails: dict[str, int] = {}
        self.handle = MicroBatching(self, **options)  # type: ignore[method-assign]

    def step(self, name: str, data: Any) -> Any:
        index = self.handle.get_micro_batch_idx()  # type: ignore[attr-defined]
        self.seen.append((name, index, len(data)))
        self.threads.add(threading.current_thread().name)
        if self.fails.get(name) == index:
            raise RuntimeError(f"{name} of slice {index} fails")
        time.sleep(max(0.0, 0.02 - 0.004 * index))
        return list(data)

    def preprocess(self, data: Any) -> Any:
        return self.step("preprocess", data)

    def inference(self, data: Any, *args: Any, **kwargs: Any) -> Any:
        return self.step("inference", data)

    def postprocess(self, data: Any) -> Any:
        return self.step("postprocess", data)


@pytest.fixture
def made() -> Any:
    handlers: list[Slow] = []

    def make(**options: Any) -> Slow:
        handlers.append(Slow(**options))
        return handlers[-1]

    yield make
    for each in handlers:
        each.handle.shutdown()  # type: ignore[attr-defined]


@pytest.mark.parametrize("parallelism", [{}, {"preprocess": 3, "inference": 2, "postprocess": 3}])
@pytest.mark.parametrize(("count", "size", "lengths"), [(7, 3, [3, 3, 1]), (4, 2, [2, 2]), (2, 5, [2]), (1, 1, [1])])
def test_order_is_kept_and_slices_are_numbered(
    made: Any, make_context: Make, parallelism: dict[str, int], count: int, size: int, lengths: list[int]
) -> None:
    handler = made(micro_batch_size=size, parallelism=parallelism)
    for _ in range(2):
        handler.seen.clear()
        rows = [{"body": index} for index in range(count)]
        assert handler.handle(rows, make_context(headers=[{}] * count)) == rows
        for name in HANDLER_METHODS:
            assert sorted((index, length) for step, index, length in handler.seen if step == name) == list(
                enumerate(lengths)
            )
    assert handler.handle.get_micro_batch_idx() is None


def test_steps_overlap(made: Any) -> None:
    handler = made(micro_batch_size=1, parallelism={"preprocess": 4})
    handler.step = lambda name, data: (time.sleep(0.1 if name == "preprocess" else 0), list(data))[1]
    began = time.perf_counter()
    assert handler.handle.handle(list("abcd")) == list("abcd")
    assert time.perf_counter() - began < 0.35


def test_an_empty_batch(made: Any) -> None:
    assert made().handle.handle([]) == []


@pytest.mark.parametrize("step", HANDLER_METHODS)
def test_an_error_of_a_step_reaches_the_caller_and_the_next_batch_works(
    made: Any, make_context: Make, recorded: list[Recorded], step: str
) -> None:
    handler = made(micro_batch_size=2, parallelism={"inference": 2})
    handler.fails = {step: 1}
    rows = [{"body": index} for index in range(6)]
    with pytest.raises(RuntimeError, match=f"{step} of slice 1 fails"):
        handler.handle(rows, make_context(headers=[{}] * 6))
    assert not recorded
    handler.fails = {}
    assert handler.handle(rows, make_context(headers=[{}] * 6)) == rows


def test_of_several_errors_the_first_slices_counts(made: Any) -> None:
    handler = made(micro_batch_size=1, parallelism={"preprocess": 3})
    handler.step = lambda name, data: 1 / 0 if data == ["b"] else int("x")
    with pytest.raises(ValueError, match="invalid literal"):
        handler.handle.handle(["a", "b", "c"])


def test_a_call_is_that_of_the_base_handler(made: Any, make_context: Make, recorded: list[Recorded]) -> None:
    handler, context = made(), make_context()
    handler.handle([{"body": 1}], context)
    assert handler.context is context
    assert [(each.name, each.unit) for each in recorded] == [("HandlerTime", "Milliseconds")]


def test_describe_and_explain_are_not_sliced(made: Any, make_context: Make) -> None:
    handler = made(micro_batch_size=1)
    handler.describe_handle = lambda: {"a": 1}
    assert handler.handle([{}], make_context(headers=[{"describe": "True"}])) == [{"a": 1}]
    assert handler.seen == []
    handler.get_insights = lambda prepared, inputs, target: [[inputs, target], len(prepared)]
    handler.preprocess = lambda data: list(data)
    rows = [{"body": "x", "target": 2}, {"body": "y"}]
    assert handler.handle(rows, make_context(headers=[{"explain": "True"}, {}])) == [["x", 2], 2]


def test_profiling_is_not_sliced(made: Any, make_context: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENABLE_TORCH_PROFILER", "1")
    handler = made(micro_batch_size=1)
    handler.step = lambda name, data: list(data)
    handler.profiler_args = {"activities": [torch.profiler.ProfilerActivity.CPU], "on_trace_ready": lambda trace: None}
    rows = [{"body": 1}, {"body": 2}]
    assert handler.handle(rows, make_context(headers=[{}, {}])) == rows


def test_parallelism_is_merged_and_applied_at_once(made: Any) -> None:
    batching = made(parallelism={"preprocess": 2}).handle
    count = lambda: {name: len(group) for name, group in batching.thread_groups.items()}  # noqa: E731
    assert count() == {"preprocess": 2, "inference": 1, "postprocess": 1}
    batching.parallelism = {"inference": 3}
    assert batching.parallelism == {"preprocess": 2, "inference": 3}
    assert count() == {"preprocess": 2, "inference": 3, "postprocess": 1}
    batching.parallelism = {"inference": 1}
    assert count() == {"preprocess": 2, "inference": 1, "postprocess": 1}
    assert all(each.is_alive() for group in batching.thread_groups.values() for each in group)
    batching.parallelism["inference"] = 9
    assert batching.parallelism["inference"] == 1
    assert batching.handle(["a", "b"]) == ["a", "b"]


def test_the_size_can_be_changed(made: Any) -> None:
    handler = made(micro_batch_size=1)
    handler.handle.micro_batch_size = 3
    handler.handle.handle(list("abcd"))
    assert [length for name, _, length in handler.seen if name == "preprocess"] == [3, 1]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"parallelism": {"init": 2}}, AssertionError, "parallelism has the key 'init'"),
        ({"parallelism": {"inference": 0}}, ValueError, "whole number of at least 1, not 0"),
        ({"micro_batch_size": 0}, ValueError, "micro_batch_size should be a whole number of at least 1, not 0"),
    ],
)
def test_wrong_settings(made: Any, change: dict[str, Any], error: type[Exception], message: str) -> None:
    batching = made().handle

    def apply() -> None:
        for name, value in change.items():
            setattr(batching, name, value)
        batching.handle([1])

    with pytest.raises(error, match=message):
        apply()


def test_shutdown_ends_the_threads_which_never_keep_a_process(made: Any) -> None:
    batching = made(parallelism={"inference": 3}).handle
    threads = [each for group in batching.thread_groups.values() for each in group]
    assert all(each.daemon for each in threads)
    batching.shutdown()
    batching.shutdown()
    assert not any(each.is_alive() for each in threads)

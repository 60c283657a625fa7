"""Where workers compute."""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any

import pytest

from support.frontend import request
from ts_worker import cpu_placement

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="cores are bound to on Linux alone")

LOOK = """
import json, os, threading
import torch
started = threading.Event()
threading.Thread(target=started.wait, daemon=True).start()
def handle(data, context):
    if data is None:
        return None
    threads = {thread: sorted(os.sched_getaffinity(int(thread))) for thread in os.listdir("/proc/self/task")}
    cpus = sorted({cpu for own in threads.values() for cpu in own})
    return [json.dumps({"cpus": cpus, "threads": len(threads), "torch": torch.get_num_threads()})]
"""


def look(worker: Any) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(worker.predict(request(b"")).answers[0].body)
    return answer


def test_every_thread_of_a_worker_is_bound_and_bound_anew(workers, archive) -> None:
    allowed = sorted(os.sched_getaffinity(0))
    placement = {"cpus": allowed[:1], "memory_node": -1}
    worker = workers.serve(archive, LOOK, cpu_threads=1, placement=placement)
    seen = look(worker)
    assert seen["threads"] > 1
    assert (seen["cpus"], seen["torch"]) == (allowed[:1], 1)
    worker.send(tune={"cpu_threads": len(allowed), "placement": {"cpus": allowed, "memory_node": -1}})
    assert (look(worker)["cpus"], look(worker)["torch"]) == (allowed, len(allowed))
    assert workers.printed(worker, "Runs on CPUs ")


def test_cores_that_are_not_there_are_told_of(caplog: pytest.LogCaptureFixture) -> None:
    before = os.sched_getaffinity(0)
    cpu_placement.place([4093, 4094, 4095], -1)
    assert "Cannot run on CPUs 4093-4095 alone: [Errno 22]" in caplog.text
    assert os.sched_getaffinity(0) == before


def test_memory_comes_from_a_node_or_the_system_says_why_not(caplog: pytest.LogCaptureFixture) -> None:
    allowed = os.sched_getaffinity(0)

    def bind() -> None:
        cpu_placement.place(allowed, 0)
        cpu_placement.place(allowed, 1000)

    with caplog.at_level("INFO"):
        thread = threading.Thread(target=bind)
        thread.start()
        thread.join()
    # A container may forbid the call altogether.
    assert "Takes memory of node 0" in caplog.text or "Cannot take memory of node 0 alone: " in caplog.text
    assert "Cannot take memory of node 1000 alone: " in caplog.text


@pytest.mark.parametrize(("numbers", "text"), [([0], "0"), ([0, 1, 2, 5], "0-2,5"), ([1, 3, 4], "1,3-4"), ([], "")])
def test_cores_are_written_as_the_kernel_does(numbers: list[int], text: str) -> None:
    assert cpu_placement._ranges(numbers) == text

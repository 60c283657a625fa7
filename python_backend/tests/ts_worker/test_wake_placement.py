"""The core on which the frontend wakes when a worker answers."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from support.frontend import request
from ts_worker.wake_placement import WakePlacement

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2, reason="needs Linux and two cores"
)

SLOW = """
import time
def handle(data, context):
    if data is None:
        return None
    time.sleep(0.05)
    return [b"answer"]
"""


@pytest.fixture
def peer() -> Iterator[int]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process.pid
        process.kill()


@pytest.fixture
def core() -> Iterator[int]:
    """The core that this thread stays on."""
    cores = os.sched_getaffinity(0)
    chosen = min(cores)
    yield chosen
    os.sched_setaffinity(0, cores)


def placement_of(pid: int, threads: int | None = None) -> WakePlacement:
    placement = WakePlacement(pid)
    placement.allot(len(os.sched_getaffinity(0)) if threads is None else threads)
    return placement


def test_the_peer_is_kept_off_the_core_of_the_caller_and_may_then_run_anywhere(peer: int, core: int) -> None:
    cores = os.sched_getaffinity(0)
    placement = placement_of(peer)
    os.sched_setaffinity(0, {core})
    with placement.elsewhere():
        assert os.sched_getaffinity(peer) == cores - {core}
    assert os.sched_getaffinity(peer) == cores


@pytest.mark.parametrize("threads", [0, 1])
def test_a_worker_that_has_not_all_cores_leaves_it_alone(peer: int, threads: int) -> None:
    cores = os.sched_getaffinity(0)
    with placement_of(peer, threads).elsewhere():
        assert os.sched_getaffinity(peer) == cores


def test_a_peer_that_somebody_else_has_bound_is_left_alone(peer: int, core: int) -> None:
    placement = placement_of(peer)
    os.sched_setaffinity(peer, {core})
    with placement.elsewhere():
        assert os.sched_getaffinity(peer) == {core}
    assert os.sched_getaffinity(peer) == {core}


def test_what_a_worker_left_that_was_killed_meanwhile_is_mended_by_the_next(peer: int, core: int) -> None:
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(peer, cores - {core})
    placement_of(peer)
    assert os.sched_getaffinity(peer) == cores


def test_a_peer_that_has_ended_or_is_not_known_is_no_failure() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        placement = placement_of(process.pid)
        process.kill()
    for each in (placement, placement_of(process.pid), placement_of(0)):
        with each.elsewhere():
            pass


def test_a_worker_places_its_frontend_for_the_answer_of_a_slow_handler(workers, archive) -> None:
    cores = os.sched_getaffinity(0)
    worker = workers.serve(archive, SLOW, cpu_threads=len(cores))
    seen = set()
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            seen.add(frozenset(os.sched_getaffinity(os.getpid())))

    # The frontend is this process, and its main thread the one that is placed.
    watch = threading.Thread(target=look)
    watch.start()
    try:
        deadline = time.monotonic() + 20
        while len(seen) < 2 and time.monotonic() < deadline:
            assert worker.predict(request(b"")).answers[0].body == b"answer"
    finally:
        over.set()
        watch.join()
    assert {len(cores) - len(one) for one in seen} == {0, 1}
    assert os.sched_getaffinity(0) == cores

"""The worker's end of the link beside a real gRPC server: who reads the stream, and when results travel."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.frontend import Attached, Frontend, eventually, request
from ts_worker.link import Link
from ts_worker.messages import FromWorker
from ts_worker.outbox import PIECES, RESULTS
from ts_worker.wire import Wire


class Ends:
    """Both ends of one link, and whether the worker's has heard that it was lost."""

    def __init__(self, frontend: Frontend) -> None:
        self.lost = threading.Event()
        self.link = Link(Wire(frontend.target), self.lost.set)
        self.link.open("9000", "secret")
        self.worker: Attached = frontend.accept()


@pytest.fixture
def ends(tmp_path: Path) -> Iterator[Ends]:
    frontend = Frontend(tmp_path)
    yield Ends(frontend)
    frontend.close()


def result(batch_id: int) -> Any:
    message = FromWorker()
    message.results.add(batch_id=batch_id)
    return message


def test_every_command_is_received_once_and_in_order_however_long_handlers_run(ends: Ends) -> None:
    pauses = [0.0, 0.0, 0.012, 0.0, 0.006, 0.0, 0.0, 0.02]
    received = []

    def feed() -> None:
        for number in range(200):
            ends.worker.start_batch(request())
            time.sleep(pauses[number % 7] / 2)

    threading.Thread(target=feed, daemon=True).start()
    for number in range(200):
        received.append(ends.link.receive().batch.id)
        time.sleep(pauses[number % 8])
    assert received == list(range(1, 201))


def test_nobody_else_reads_while_receive_waits(ends: Ends) -> None:
    threading.Timer(0.3, ends.worker.start_batch, (request(),)).start()
    assert ends.link.receive().batch.id == 1
    assert ends.link._inbox.empty()


def test_a_cancel_is_noticed_while_a_handler_runs(ends: Ends) -> None:
    batch_id = ends.worker.start_batch(request(), request())
    ends.link.receive()
    ends.worker.send(cancel={"batch_id": batch_id, "indices": [1]})
    assert eventually(lambda: ends.link.cancelled(batch_id) == {1})
    assert ends.worker.start_batch(request()) == ends.link.receive().batch.id


def test_a_result_waits_for_no_handler_that_runs_for_long(ends: Ends) -> None:
    ends.link.send(result(1), RESULTS)
    assert ends.worker.next_event("result").batch_id == 1


def test_nor_one_that_is_sent_just_as_the_stand_in_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frontend = Frontend(tmp_path)
    link = Link(Wire(frontend.target), lambda: None)
    put = link._outbox.put

    def put_as_it_begins(message: bytes, kind: int) -> None:
        assert link._reading.acquire(blocking=False)
        put(message, kind)

    # This test begins in its place.
    monkeypatch.setattr(link._stand_in, "start", lambda: None)
    link.open("9000", "secret")
    worker = frontend.accept()
    monkeypatch.setattr(link._outbox, "put", put_as_it_begins)
    link.send(result(1), RESULTS)
    assert worker.next_event("result").batch_id == 1
    frontend.close()


def test_nor_one_that_a_handler_left_which_ran_for_long_itself(ends: Ends) -> None:
    ends.worker.send(batches={"batches": [{"id": 1}, {"id": 2}]})
    ends.link.receive()
    assert eventually(ends.link._reading.locked)
    ends.link.send(result(1), RESULTS)
    assert ends.worker.next_event("result").batch_id == 1


def test_pieces_wait_for_no_handler_that_runs_for_long(ends: Ends) -> None:
    for number in range(10):
        ends.link.send(FromWorker(pieces=[{"batch_id": 1, "index": number}]), PIECES)
    assert [ends.worker.next_event("piece").index for _ in range(10)] == list(range(10))


def test_results_and_other_words_keep_their_order(ends: Ends) -> None:
    for number in range(1, 30):
        ends.link.send(result(number), RESULTS)
        if number % 10 == 0:
            ends.link.send(FromWorker(metrics={"metrics": [{"name": str(number)}]}))
    ends.link.close(10)
    events = list(iter(ends.worker.events.get, None))
    said = [event.results[0].batch_id if event.results else event.metrics.metrics[0].name for event in events]
    assert said == [*range(1, 11), "10", *range(11, 21), "20", *range(21, 30)]


def test_the_loss_of_the_frontend_is_noticed_at_once(ends: Ends) -> None:
    ends.worker.hang_up()
    assert ends.link.receive() is None
    assert ends.lost.is_set()


def test_the_loss_of_the_frontend_is_noticed_while_a_handler_runs(ends: Ends) -> None:
    ends.worker.start_batch(request())
    ends.link.receive()
    ends.worker.hang_up()
    assert ends.lost.wait(10)
    assert ends.link.receive() is None


def test_no_loss_after_a_shutdown(ends: Ends) -> None:
    ends.worker.send(shutdown={})
    assert ends.link.receive().HasField("shutdown")
    ends.link.close(10)
    assert ends.worker.ended()
    assert not ends.lost.is_set()

"""What of a worker's words travels together, and what never waits."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from support.frontend import eventually
from ts_worker import outbox
from ts_worker.outbox import ALONE, PIECES, RESULTS, Courier, Outbox


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Sent(list):
    """Stands in for a wire."""

    def write(self, message: bytes) -> None:
        self.append(message)

    def finish(self) -> None:
        self.append(None)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(outbox, "monotonic", clock)
    return clock


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Calls of the courier, who does not come."""
    calls: list[str] = []
    monkeypatch.setattr(Courier, "call", lambda _: calls.append("call"))
    return calls


def put(box: Outbox, *messages: tuple[bytes, int]) -> None:
    for message, kind in messages:
        box.put(message, kind)


def test_a_piece_by_itself_goes_at_once(clock: Clock, calls: list[str]) -> None:
    sent = Sent()
    box = Outbox(sent)
    for number in range(3):
        box.put(b"%d" % number, PIECES)
        clock.now += 0.0006
    assert sent == [b"0", b"1", b"2"]
    assert calls == []


def test_pieces_in_quick_succession_travel_together_and_with_the_result(clock: Clock, calls: list[str]) -> None:
    sent = Sent()
    box = Outbox(sent)
    put(box, (b"0", PIECES), (b"1", PIECES), (b"2", PIECES))
    assert sent == [b"0"]
    assert calls  # what waits here does not depend on what follows
    clock.now += 0.0006
    box.put(b"3", PIECES)
    assert sent == [b"0", b"123"]
    put(box, (b"4", PIECES), (b"5", RESULTS))
    box.flush()
    assert sent == [b"0", b"123", b"45"]
    # The first piece of the next result does not wait for it.
    box.put(b"6", PIECES)
    assert sent[3:] == [b"6"]


def test_the_order_is_kept(clock: Clock, calls: list[str]) -> None:
    sent = Sent()
    box = Outbox(sent)
    put(box, (b"0", RESULTS), (b"1", RESULTS), (b"2", PIECES), (b"3", PIECES), (b"4", ALONE), (b"5", RESULTS))
    assert sent == [b"01", b"2", b"3", b"4"]
    box.finish()
    assert sent == [b"01", b"2", b"3", b"4", b"5", None]


def test_a_joined_message_stays_small(clock: Clock, calls: list[str]) -> None:
    sent = Sent()
    box = Outbox(sent)
    put(box, *[(bytes(30_000), PIECES)] * 6)
    box.flush()
    assert [len(message) for message in sent] == [30_000, 90_000, 60_000]


def test_what_waits_is_sent_though_nothing_follows(clock: Clock) -> None:
    sent = Sent()
    box = Outbox(sent)
    for number in range(20):
        box.put(b"%02d" % number, PIECES)
    assert eventually(lambda: len(b"".join(sent)) == 40)
    assert b"".join(sent) == b"".join(b"%02d" % number for number in range(20))


def test_pieces_of_many_threads_all_arrive_each_thread_s_in_order() -> None:
    sent = Sent()
    box = Outbox(sent)

    def write(writer: int) -> None:
        for number in range(500):
            box.put(b"%d:%03d " % (writer, number), PIECES)

    threads: list[Any] = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    box.flush()
    received = b"".join(sent).split()
    assert len(received) == 2000
    for writer in range(4):
        own = [message for message in received if message.startswith(b"%d:" % writer)]
        assert own == sorted(own)

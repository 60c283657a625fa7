"""The wire beside grpcio's own server."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest

from ts_worker.messages import PACKAGE
from ts_worker.wire import Wire

UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


class Echo:
    """Sends every message back; ends its half when the worker has ended its own, or when told `bye`."""

    def __init__(self, folder: Path) -> None:
        self.target = f"unix:{folder / 'echo.sock'}"
        self.server = grpc.server(ThreadPoolExecutor(8), options=UNLIMITED)
        handler = grpc.stream_stream_rpc_method_handler(self._attach)
        service = grpc.method_handlers_generic_handler(f"{PACKAGE}.WorkerLink", {"Attach": handler})
        self.server.add_generic_rpc_handlers((service,))
        self.server.add_insecure_port(self.target)
        self.server.start()

    @staticmethod
    def _attach(messages: Iterator[bytes], context: Any) -> Iterator[bytes]:
        for message in messages:
            if message == b"refuse":
                context.abort(grpc.StatusCode.UNAUTHENTICATED, "no")
            if message == b"bye":
                return
            yield message


@pytest.fixture(scope="module")
def echo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Echo]:
    server = Echo(tmp_path_factory.mktemp("echo"))
    yield server
    server.server.stop(None)


def rest(wire: Wire) -> list[bytes]:
    """Everything until the end, read elsewhere so that a stream that never ends fails the test."""
    messages: queue.Queue[bytes | None] = queue.Queue()

    def read() -> None:
        while True:
            messages.put(message := wire.read())
            if message is None:
                return

    threading.Thread(target=read, daemon=True).start()
    return list(iter(lambda: messages.get(timeout=20), None))


def test_messages_come_back_in_order(echo: Echo) -> None:
    wire = Wire(echo.target)
    sent = [b"%d" % number for number in range(500)]
    for message in sent:
        wire.write(message)
    wire.finish()
    assert rest(wire) == sent
    assert wire.ending()


def test_writes_from_many_threads_all_arrive(echo: Echo) -> None:
    wire = Wire(echo.target)

    def write(writer: int) -> None:
        for number in range(100):
            wire.write(b"%d:%03d" % (writer, number))

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    reading = ThreadPoolExecutor(1).submit(rest, wire)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wire.finish()
    received = reading.result(timeout=20)
    assert len(received) == 400
    for writer in range(4):
        own = [message for message in received if message.startswith(b"%d:" % writer)]
        assert own == sorted(own)


def test_there_is_no_limit_to_a_message(echo: Echo) -> None:
    wire = Wire(echo.target)
    big = bytes(range(256)) * (20 * 4096)  # 20 MiB, five times grpc's own limit
    wire.write(big)
    wire.write(b"")
    wire.finish()
    assert rest(wire) == [big, b""]


def test_the_other_half_may_end_first(echo: Echo) -> None:
    wire = Wire(echo.target)
    wire.write(b"hello")
    wire.write(b"bye")
    assert rest(wire) == [b"hello"]
    assert wire.ending()
    for _ in range(3):
        wire.write(b"too late")
    wire.finish()


def test_a_refusal_ends_the_stream(echo: Echo) -> None:
    wire = Wire(echo.target)
    wire.write(b"refuse")
    assert rest(wire) == []
    assert "ended the stream" in wire.ending()


def test_nobody_listens(tmp_path: Path) -> None:
    wire = Wire(f"unix:{tmp_path / 'nobody.sock'}")
    wire.write(b"hello")
    assert rest(wire) == []
    assert "nobody.sock" in wire.ending()

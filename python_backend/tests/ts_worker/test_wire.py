"""Both ways of talking over one Attach stream keep the same promises."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest

from ts_worker.fast_wire import FastWire
from ts_worker.messages import PACKAGE
from ts_worker.wire import CHANNEL_OPTIONS, PublicWire, Wire, open_wire

WIRES = pytest.mark.parametrize("make", [FastWire, PublicWire])


class Echo:
    """Sends every message back; ends its half when the worker has ended its own, or when told `bye`."""

    def __init__(self, folder: Path) -> None:
        self.target = f"unix:{folder / 'echo.sock'}"
        self.server = grpc.server(ThreadPoolExecutor(8), options=list(CHANNEL_OPTIONS))
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


@WIRES
def test_messages_come_back_in_order(echo: Echo, make: Any) -> None:
    wire = make(echo.target)
    sent = [b"%d" % number for number in range(500)]
    for message in sent:
        wire.write(message)
    wire.finish()
    assert rest(wire) == sent
    assert wire.ending()


@WIRES
def test_writes_from_many_threads_all_arrive(echo: Echo, make: Any) -> None:
    wire = make(echo.target)

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


@WIRES
def test_there_is_no_limit_to_a_message(echo: Echo, make: Any) -> None:
    wire = make(echo.target)
    big = bytes(range(256)) * (20 * 4096)  # 20 MiB, five times grpc's own limit
    wire.write(big)
    wire.write(b"")
    wire.finish()
    assert rest(wire) == [big, b""]


@WIRES
def test_the_other_half_may_end_first(echo: Echo, make: Any) -> None:
    wire = make(echo.target)
    wire.write(b"hello")
    wire.write(b"bye")
    assert rest(wire) == [b"hello"]
    assert wire.ending()
    for _ in range(3):
        wire.write(b"too late")
    wire.finish()


@WIRES
def test_a_refusal_tells_its_reason(echo: Echo, make: Any) -> None:
    wire = make(echo.target)
    wire.write(b"refuse")
    assert rest(wire) == []
    assert "no" in wire.ending()


@WIRES
def test_nobody_listens(tmp_path: Path, make: Any) -> None:
    wire = make(f"unix:{tmp_path / 'nobody.sock'}")
    wire.write(b"hello")
    assert rest(wire) == []
    assert "nobody.sock" in wire.ending()


@pytest.mark.parametrize("error", [ImportError, AttributeError, TypeError])
def test_a_grpcio_of_another_shape_gets_the_public_wire(
    echo: Echo, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def elsewhere(*_: Any) -> None:
        raise error("grpcio has changed")

    assert isinstance(open_wire(echo.target), FastWire)
    monkeypatch.setattr("ts_worker.fast_wire.FastWire", elsewhere)
    wire = open_wire(echo.target)
    assert isinstance(wire, PublicWire)
    wire.write(b"still here")
    wire.finish()
    assert rest(wire) == [b"still here"]

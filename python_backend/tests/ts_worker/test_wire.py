"""The wire beside grpcio's own server, and beside one that does what servers seldom do."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest

from ts_worker import frames
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
        self.tcp_target = f"127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}"
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


def test_it_dials_ports_too(echo: Echo) -> None:
    wire = Wire(echo.tcp_target)
    wire.write(b"hello")
    wire.finish()
    assert rest(wire) == [b"hello"]


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


class Peer:
    """A server that is told every byte: for what no server does at our bidding."""

    def __init__(self, folder: Path) -> None:
        self.target = f"unix:{folder / 'peer.sock'}"
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(folder / "peer.sock"))
        listener.listen()
        self.wire = Wire(self.target)
        self._connection, _ = listener.accept()
        self._connection.settimeout(20)
        listener.close()
        self._reader = frames.FrameReader()
        self._frames: list[frames.Frame] = []
        preface = self._connection.recv(len(frames.PREFACE), socket.MSG_WAITALL)
        assert preface == frames.PREFACE

    def say(self, *parts: bytes) -> None:
        self._connection.sendall(b"".join(parts))

    def hear(self, kind: int) -> frames.Frame:
        """The next frame of this kind; those before it are thrown away."""
        while True:
            while self._frames:
                frame = self._frames.pop(0)
                if frame.kind == kind:
                    return frame
            self._frames.extend(self._reader.feed(self._connection.recv(1 << 16)))


@pytest.fixture
def peer(tmp_path: Path) -> Peer:
    return Peer(tmp_path)


def data(payload: bytes, flags: int = 0) -> bytes:
    return frames.head(len(payload), frames.DATA, flags, 1) + payload


def message(body: bytes) -> bytes:
    return b"\0" + len(body).to_bytes(4, "big") + body


def test_messages_are_found_however_they_are_cut(peer: Peer) -> None:
    stream = message(b"one") + message(b"") + message(b"three" * 10)
    cut = b"".join(data(stream[at : at + 3]) for at in range(0, len(stream), 3))
    # In another thread: what nobody reads fills the socket.
    threading.Thread(target=lambda: [peer.say(bytes((byte,))) for byte in cut], daemon=True).start()
    assert [peer.wire.read() for _ in range(3)] == [b"one", b"", b"three" * 10]
    peer.say(data(stream))
    assert [peer.wire.read() for _ in range(3)] == [b"one", b"", b"three" * 10]


def test_padding_is_no_part_of_a_message(peer: Peer) -> None:
    padded = b"\x04" + message(b"one") + bytes(4)
    peer.say(data(padded, frames.PADDED))
    assert peer.wire.read() == b"one"


def test_a_ping_is_answered(peer: Peer) -> None:
    peer.say(frames.head(8, frames.PING, 0, 0), b"12345678", data(message(b"one")))
    assert peer.wire.read() == b"one"
    answer = peer.hear(frames.PING)
    assert (answer.flags, answer.payload) == (frames.ACK, b"12345678")


def test_no_more_is_sent_than_there_is_room_for(peer: Peer) -> None:
    peer.say(frames.settings({frames.INITIAL_WINDOW_SIZE: 10, frames.MAX_FRAME_SIZE: 1 << 20}), data(message(b"go")))
    assert peer.wire.read() == b"go"
    assert peer.hear(frames.SETTINGS).flags == 0
    peer.hear(frames.SETTINGS)
    peer.wire.write(b"x" * 25)  # 30 bytes with its prefix
    peer.wire.write(b"y")
    peer.wire.finish()
    assert len(peer.hear(frames.DATA).payload) == 10
    peer.say(frames.window_update(1, 15), data(message(b"on")))
    assert peer.wire.read() == b"on"
    assert len(peer.hear(frames.DATA).payload) == 15
    peer.say(frames.settings({frames.INITIAL_WINDOW_SIZE: 1000}), data(message(b"on")))
    assert peer.wire.read() == b"on"
    assert peer.hear(frames.DATA).payload == b"x" * 5
    assert peer.hear(frames.DATA).payload == message(b"y")
    assert peer.hear(frames.DATA).flags == frames.END_STREAM


def test_a_stream_that_is_broken_off_is_over(peer: Peer) -> None:
    peer.say(frames.head(4, frames.RST_STREAM, 0, 1), (8).to_bytes(4, "big"))
    assert peer.wire.read() is None
    assert "error 8" in peer.wire.ending()

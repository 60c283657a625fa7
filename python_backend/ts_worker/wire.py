"""One Attach stream as bytes: gRPC over HTTP/2, spoken on the socket itself.

A library for all of gRPC has threads that hand each message to each other, and a lone request then costs more in
switching than in anything else: with grpcio a worker's threads went to sleep and were woken ten times a request. One
stream of messages, in clear and uncompressed, to a server on the same machine, is a small part of the protocol; whoever
reads or writes it here talks to the socket (docs/performance.md has the measurement).
"""

from __future__ import annotations

import os
import socket
import threading
from collections import deque
from struct import Struct

from ts_worker import frames
from ts_worker.messages import ATTACH

# Process, user and group, as SO_PEERCRED has them.
_CREDENTIALS = Struct("3i")

# The only stream of its connection.
_STREAM = 1

# A byte that says whether it is compressed, and the length of the message.
_PREFIX = Struct(">BI")

# Most that is taken from the socket at once.
_READ_BYTES = 1 << 18

# What was received is told after so many bytes, long before the other side would wait for it.
_TOLD_BYTES = 1 << 30


class Wire:
    """A two-way stream of messages. `write` and `finish` may be called from any thread, `read` from one at a time."""

    def __init__(self, target: str) -> None:
        """Dials `unix:/run/x/link.sock` or `127.0.0.1:1234`. Failure to connect shows as the end of the stream."""
        self._lock = threading.Lock()
        self._frames = frames.FrameReader()
        self._messages: deque[bytes] = deque()
        self._partial = bytearray()
        self._untold = 0
        # What is to be sent: messages with their prefix, None for the end.
        self._outbox: deque[memoryview | None] = deque()
        self._windows = {0: frames.FIRST_WINDOW, _STREAM: frames.FIRST_WINDOW}
        self._first_window = frames.FIRST_WINDOW
        self._frame_size = frames.FIRST_FRAME_SIZE
        self._ending = ""
        try:
            self._socket = _dial(target)
            self._socket.sendall(_opening())
        except OSError as error:
            self._end(f"{target}: {error.strerror or error}")
        else:
            # A process that a handler forks must not keep the stream open after this one has died.
            os.register_at_fork(after_in_child=self._socket.close)

    def write(self, message: bytes) -> None:
        """Sends a message after those already written. Does nothing on a stream that is over.

        Waits for the socket at most; what the other side has no room for is sent as `read` hears of more room.
        """
        with self._lock:
            self._outbox.append(memoryview(_PREFIX.pack(0, len(message)) + message))
            self._send()

    def finish(self) -> None:
        """No more writes; the frontend ends its half when it has read all of them, and `read` returns None."""
        with self._lock:
            self._outbox.append(None)
            self._send()

    def read(self) -> bytes | None:
        """Waits for the next message; None when the stream is over, whoever ended it."""
        while not self._messages:
            if self._ending:
                return None
            try:
                data = self._socket.recv(_READ_BYTES)
            except OSError as error:
                self._end(error.strerror or str(error))
            else:
                self._receive(data)
        return self._messages.popleft()

    def ending(self) -> str:
        """How the stream ended, for the log; empty while it lives."""
        return self._ending

    def peer_pid(self) -> int:
        """The process at the other end; 0 where that cannot be told."""
        if self._ending or self._socket.family != socket.AF_UNIX:
            return 0
        try:
            credentials = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        except (AttributeError, OSError):
            return 0
        return int(_CREDENTIALS.unpack(credentials)[0])

    def _receive(self, data: bytes) -> None:
        if not data:
            self._end("the connection was closed")
        for frame in self._frames.feed(data):
            if frame.kind == frames.DATA:
                self._take(frame.data)
                self._tell(len(frame.payload))
            elif frame.kind == frames.SETTINGS and not frame.flags & frames.ACK:
                self._obey(frame.settings())
            elif frame.kind == frames.WINDOW_UPDATE:
                self._widen(frame.stream, frame.number)
            elif frame.kind == frames.PING and not frame.flags & frames.ACK:
                self._answer(frames.head(len(frame.payload), frames.PING, frames.ACK, 0) + frame.payload)
            elif frame.kind == frames.RST_STREAM:
                self._end(f"the frontend broke the stream off (HTTP/2 error {frame.number})")
            if frame.kind in (frames.DATA, frames.HEADERS) and frame.flags & frames.END_STREAM:
                # Why is in headers that are not decoded here, and in the frontend's log.
                self._end("the frontend ended the stream")

    def _take(self, data: bytes) -> None:
        """Bytes of messages: most often one whole message."""
        if self._partial:
            self._partial += data
            if len(self._partial) < _PREFIX.size + _length(self._partial):
                return
            data = bytes(self._partial)
            self._partial.clear()
        while len(data) >= _PREFIX.size:
            end = _PREFIX.size + _length(data)
            if end > len(data):
                break
            self._messages.append(data[_PREFIX.size : end])
            data = data[end:]
        self._partial += data

    def _tell(self, count: int) -> None:
        """Makes room for as much as was received."""
        self._untold += count
        if self._untold >= _TOLD_BYTES:
            more, self._untold = self._untold, 0
            self._answer(frames.window_update(0, more) + frames.window_update(_STREAM, more))

    def _obey(self, settings: dict[int, int]) -> None:
        with self._lock:
            window = settings.get(frames.INITIAL_WINDOW_SIZE, self._first_window)
            self._windows[_STREAM] += window - self._first_window
            self._first_window = window
            self._frame_size = settings.get(frames.MAX_FRAME_SIZE, self._frame_size)
        self._answer(frames.head(0, frames.SETTINGS, frames.ACK, 0))

    def _widen(self, stream: int, more: int) -> None:
        with self._lock:
            self._windows[stream] += more
            self._send()

    def _answer(self, frame: bytes) -> None:
        with self._lock:
            self._put([frame])
            self._send()

    def _send(self) -> None:
        """Sends of the outbox what the other side has room for. The lock is held."""
        if self._ending:
            self._outbox.clear()
        parts: list[bytes | memoryview] = []
        while self._outbox:
            message = self._outbox[0]
            if message is None:
                parts.append(frames.head(0, frames.DATA, frames.END_STREAM, _STREAM))
            else:
                size = min(len(message), self._frame_size, *self._windows.values())
                if size <= 0:
                    break
                parts += (frames.head(size, frames.DATA, 0, _STREAM), message[:size])
                for stream in self._windows:
                    self._windows[stream] -= size
                if size < len(message):
                    self._outbox[0] = message[size:]
                    continue
            self._outbox.popleft()
        if parts:
            self._put(parts)

    def _put(self, parts: list[bytes | memoryview]) -> None:
        if self._ending:
            return
        try:
            self._socket.sendall(b"".join(parts))
        except OSError:
            pass  # `read` hears of it

    def _end(self, how: str) -> None:
        if not self._ending:
            self._ending = how


def _length(data: bytes | bytearray) -> int:
    """Of the message that begins here, as far as it can be told."""
    return int(_PREFIX.unpack_from(data)[1]) if len(data) >= _PREFIX.size else 0


def _dial(target: str) -> socket.socket:
    kind, _, path = target.partition(":")
    if kind == "unix":
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(path)
        return connection
    host, _, port = target.rpartition(":")
    connection = socket.create_connection((host, int(port)))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _opening() -> bytes:
    """Opens the connection and its stream. The other side may send without end: it bounds what it sends by itself."""
    fields = {
        ":method": "POST",
        ":scheme": "http",
        ":path": ATTACH,
        ":authority": "localhost",
        "te": "trailers",
        "content-type": "application/grpc",
    }
    return b"".join(
        (
            frames.PREFACE,
            frames.settings({frames.HEADER_TABLE_SIZE: 0, frames.INITIAL_WINDOW_SIZE: frames.LARGEST_WINDOW}),
            frames.window_update(0, frames.LARGEST_WINDOW - frames.FIRST_WINDOW),
            frames.headers(_STREAM, fields),
        )
    )

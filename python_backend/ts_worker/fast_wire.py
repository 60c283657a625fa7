"""One Attach stream over the layer beneath grpcio's public interface.

The public interface hands every message from thread to thread: the channel's, the reader's and the writer's. Here a
message is sent by the thread that has it, and the reader waits in grpc itself. Round trips of small messages against
the same server, two busy cores, two under way: 5,400/s and 140 µs of this process's CPU each, against 2,500/s and
345 µs. The layer has kept its shape for years; where it has another, `open_wire` takes the public one.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from typing import Any

from ts_worker.messages import ATTACH
from ts_worker.wire import CHANNEL_OPTIONS

# Small messages are joined up to about this size; large ones gain nothing from it.
_JOINED_BYTES = 1 << 16

_SENT, _RECEIVED, _ENDED = "sent", "received", "ended"


def _poll_in_the_reader() -> None:
    """Lets the reading thread poll the socket itself; grpc's event engine would do it in a thread of its own.

    Only for releases known to have the switch: others would complain about it on stderr.
    """
    import grpc

    release = tuple(int(part) for part in grpc.__version__.split(".")[:2])
    if (1, 70) <= release <= (1, 85):
        os.environ.setdefault("GRPC_EXPERIMENTS", "-event_engine_client")


class FastWire:
    """See `ts_worker.wire.Wire`."""

    def __init__(self, target: str) -> None:
        chosen = os.environ.get("GRPC_EXPERIMENTS")
        _poll_in_the_reader()
        from grpc._cython import cygrpc

        # All that is needed later is named here, so that a grpcio without it is noticed before anything is sent.
        self._send_message = cygrpc.SendMessageOperation
        self._send_close = cygrpc.SendCloseFromClientOperation
        self._receive_message = cygrpc.ReceiveMessageOperation
        self._lock = threading.Lock()
        self._sending = False
        self._waiting: deque[tuple[bytes | None, bool]] = deque()
        self._over = False
        self._status: Any = None
        options = tuple((name.encode(), value) for name, value in CHANNEL_OPTIONS)
        self._channel = cygrpc.Channel(target.encode(), options, None)
        start = (
            ((cygrpc.SendInitialMetadataOperation((), 0),), None),
            ((cygrpc.ReceiveInitialMetadataOperation(0),), None),
            ((self._receive_message(0),), _RECEIVED),
            ((cygrpc.ReceiveStatusOnClientOperation(0),), _ENDED),
        )
        self._call = self._channel.segregated_call(0, ATTACH.encode(), None, None, (), None, start, None)
        if chosen is None:
            os.environ.pop("GRPC_EXPERIMENTS", None)  # read by now; not for the handler's children

    def write(self, message: bytes, joins: bool = False) -> None:
        self._enqueue(message, joins)

    def finish(self) -> None:
        self._enqueue(None, False)

    def read(self) -> bytes | None:
        while True:
            event = self._call.next_event()
            if event.tag is _SENT:
                self._send_waiting()
            elif event.tag is _ENDED:
                self._status = event.batch_operations[0]
                self._over = True
                return None
            elif event.tag is _RECEIVED:
                message: bytes | None = event.batch_operations[0].message()
                if message is not None:
                    self._call.operate((self._receive_message(0),), _RECEIVED)
                    return message

    def ending(self) -> str:
        if self._status is None:
            return ""
        return f"{self._status.code()}: {self._status.details() or 'the frontend ended the stream'}"

    def _enqueue(self, message: bytes | None, joins: bool) -> None:
        # grpc takes one message at a time; the next goes when the reader sees that this one went.
        with self._lock:
            if self._sending:
                self._waiting.append((message, joins))
                return
            self._sending = True
        self._send(message)

    def _send_waiting(self) -> None:
        with self._lock:
            if not self._waiting:
                self._sending = False
                return
            message = self._next_message()
        self._send(message)

    def _next_message(self) -> bytes | None:
        message, joins = self._waiting.popleft()
        if message is None or not joins:
            return message
        joined, size = [message], len(message)
        while self._waiting and self._waiting[0][1] and size < _JOINED_BYTES:
            more = self._waiting.popleft()[0] or b""
            joined.append(more)
            size += len(more)
        return b"".join(joined)

    def _send(self, message: bytes | None) -> None:
        operation = self._send_close(0) if message is None else self._send_message(message, 0)
        try:
            self._call.operate((operation,), _SENT)
        except ValueError:
            if not self._over:  # grpc refuses operations on a call that has ended
                raise

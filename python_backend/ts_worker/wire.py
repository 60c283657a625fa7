"""One Attach stream as bytes, over grpcio's public interface; `open_wire` prefers the quicker one of `fast_wire`."""

from __future__ import annotations

from queue import SimpleQueue
from typing import Any, Protocol

from ts_worker.messages import ATTACH

# Whole batches travel in one message: no limit to their size, in either direction.
CHANNEL_OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.enable_http_proxy", 0),  # the frontend is no matter for the proxy of the user's environment
)


class Wire(Protocol):
    """A two-way stream of messages. `write` and `finish` may be called from any thread, `read` from one."""

    def write(self, message: bytes, joins: bool = False) -> None:
        """Sends a message after those already written. Returns at once; does nothing on a stream that is over.

        Messages that stand next to each other and all `joins` may be sent as one: their bytes put together.
        """

    def read(self) -> bytes | None:
        """The next message; None when the stream is over, whoever ended it."""

    def finish(self) -> None:
        """No more writes; the frontend ends its half when it has read all of them, and `read` returns None."""

    def ending(self) -> str:
        """How the stream ended, for the log; empty while it lives."""


class PublicWire:
    """Works with every grpcio, at the price of a thread that takes messages over from `write`."""

    def __init__(self, target: str) -> None:
        import grpc

        self._outbox: SimpleQueue[bytes | None] = SimpleQueue()
        self._ending = ""
        self._error = grpc.RpcError
        self._channel = grpc.insecure_channel(target, options=CHANNEL_OPTIONS)
        attach: Any = self._channel.stream_stream(ATTACH)
        self._responses = attach(iter(self._outbox.get, None))

    def write(self, message: bytes, joins: bool = False) -> None:
        self._outbox.put(message)

    def read(self) -> bytes | None:
        try:
            message: bytes = next(self._responses)
            return message
        except StopIteration:
            self._ending = "the frontend ended the stream"
        except self._error:
            self._ending = f"{self._responses.code().name}: {self._responses.details()}"
        return None

    def finish(self) -> None:
        self._outbox.put(None)

    def ending(self) -> str:
        return self._ending


def open_wire(target: str) -> Wire:
    """Dials a gRPC target such as `unix:/run/x/link.sock`. Failure to connect shows as the end of the stream."""
    try:
        from ts_worker.fast_wire import FastWire

        return FastWire(target)
    except (ImportError, AttributeError, TypeError):
        return PublicWire(target)

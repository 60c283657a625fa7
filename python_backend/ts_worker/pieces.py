"""Parts of a streamed result, sent while the handler still runs."""

from __future__ import annotations

import threading
from math import inf
from typing import Any

from ts_worker.failure import CallersGone
from ts_worker.flow import Reader
from ts_worker.link import Link
from ts_worker.messages import FromWorker
from ts_worker.outbox import PIECES
from ts_worker.outputs import STREAM_NEXT, encode, fill, fill_body
from ts_worker.rank import is_silent_rank

# Pieces of up to so many bytes never travel in shared memory.
_SMALL_BYTES = 1 << 12


class _Stream:
    """The pieces of one request's result."""

    __slots__ = ("answer", "has_begun", "message", "reader")

    def __init__(self, batch_id: int, index: int, reader: Reader) -> None:
        self.reader = reader
        self.has_begun = False
        # What its small pieces travel in: to make a message takes four times as long as to fill it anew.
        self.message, self.answer = _message(batch_id, index)


class BatchChannel:
    """What a handler finds as `context.cl_socket`: the way back to the callers of one batch."""

    def __init__(self, link: Link, batch: Any) -> None:
        self._link = link
        self._batch_id = batch.id
        self._size = len(batch.requests)
        self.in_step = link.in_step
        self.callers_gone = link.callers_gone(batch.id)
        self._streams: dict[int, _Stream] = {}
        self._lock = threading.Lock()
        self.is_silent = link.is_silent
        self.cancelled = link.cancelled(batch.id)

    def send_piece(self, index: int, body: bytes, processor: Any) -> None:
        """Sends a part of the result of request `index`, as soon as its caller keeps up. Safe from any thread.

        Raises `CallersGone` where nobody waits for any result of the batch any more.
        """
        stream = self._streams.get(index) or self._open(index)
        if stream.reader.lags:
            self._link.flow.wait(stream.reader)
        if len(self.cancelled) == self._size:
            raise CallersGone
        with self._lock:
            stream.reader.sent += len(body)
            if stream.has_begun and len(body) <= _SMALL_BYTES:
                stream.answer.body = body
                self._link.send(stream.message, PIECES)
                return
        self._send_large_or_first(stream, index, body, processor)

    def _send_large_or_first(self, stream: _Stream, index: int, body: bytes, processor: Any) -> None:
        message, answer = _message(self._batch_id, index)
        if stream.has_begun:
            fill_body(answer, body, self._link.memory)
        else:
            processor.add_response_property(STREAM_NEXT, "true")
            fill(answer, body, processor, self._link.memory)
        self._link.send(message, PIECES)
        # Not before: no piece of another thread may overtake the one that has the headers.
        stream.has_begun = True

    def _open(self, index: int) -> _Stream:
        """Of two threads that come here at once, both get the same."""
        reader = self._link.flow.reader(self._batch_id, index)
        # Who left before had no reader that could be told of it. Who leaves now has one.
        if index in self.callers_gone:
            reader.read = inf
        return self._streams.setdefault(index, _Stream(self._batch_id, index, reader))

    def sendall(self, data: bytes) -> None:
        """There is no socket to write to."""
        raise TypeError(
            "context.cl_socket is no socket: call send_intermediate_predict_response of ts.handler_utils.utils"
        )

    def __deepcopy__(self, memo: Any) -> BatchChannel:
        return self


def _message(batch_id: int, index: int) -> tuple[Any, Any]:
    """A message with one piece, and the piece's answer, which is empty."""
    message = FromWorker()
    return message, message.pieces.add(batch_id=batch_id, index=index).answer


def send_pieces(ret: list[Any], request_ids: dict[int, str], context: Any) -> None:
    """Sends `ret[i]` for each `i` of `request_ids` (`{i: request id}`) as the next part of that request's result.

    The index may count within a part of the batch, as in micro-batching; the id decides whose part it is. Does nothing
    on ranks other than 0. Safe from any thread.
    """
    channel = context.cl_socket
    if not isinstance(channel, BatchChannel):
        _write_pieces(ret, request_ids, context)
        return
    if channel.is_silent:
        return
    whole = context.request_ids
    places = None if request_ids is whole else {request_id: index for index, request_id in whole.items()}
    for index, request_id in request_ids.items():
        place = index if places is None else places.get(request_id, index)
        channel.send_piece(place, encode(ret[index]), context.request_processor[place])


def _write_pieces(ret: list[Any], request_ids: dict[int, str], context: Any) -> None:
    """Outside a worker, where a program or test has set a socket of its own."""
    if is_silent_rank():
        return
    from ts.protocol.otf_message_handler import create_predict_response

    if context.cl_socket is None:
        raise RuntimeError("a part of a result can be sent only while the worker runs a batch")
    message = "Intermediate Prediction success"
    context.cl_socket.sendall(create_predict_response(ret, request_ids, message, 200, context, ts_stream_next=True))

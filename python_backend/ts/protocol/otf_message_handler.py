"""TorchServe's worker messages, for code that reads or writes them. The link to our frontend is another one.

Numbers are 32 bits, the highest byte first; text and bytes follow their length; -1 ends a list.
"""

from __future__ import annotations

import struct
import warnings
from functools import cache
from typing import Any

from ts_worker.failure import BatchFailure
from ts_worker.inputs import decode_value, decodes_values
from ts_worker.outputs import STREAM_NEXT, encode, next_mark
from ts_worker.pieces import send_pieces
from ts_worker.rank import is_silent_rank

LOAD_MSG = b"L"
PREDICT_MSG = b"I"
END_OF_LIST = -1


def send_intermediate_predict_response(
    ret: list[Any], req_id_map: dict[int, str], message: str, code: int, context: Any = None
) -> None:
    """Moved to :func:`ts.handler_utils.utils.send_intermediate_predict_response`, which see."""
    _warn_that_it_moved()
    send_pieces(ret, req_id_map, context)


@cache  # A warning that nobody sees would take a sixth of the time of each piece.
def _warn_that_it_moved() -> None:
    warnings.warn(
        "send_intermediate_predict_response is deprecated in 1.0 and moved to "
        "ts.handler_utils.utils.send_intermediate_predict_response",
        PendingDeprecationWarning,
        stacklevel=3,
    )


def create_load_model_response(code: int, message: str) -> bytearray:
    """The answer to a load message."""
    return _number(code) + _sized(message.encode("utf-8")) + _number(END_OF_LIST)


def create_predict_response(
    ret: list[Any] | None,
    req_id_map: dict[int, str],
    message: str,
    code: int,
    context: Any = None,
    ts_stream_next: bool = False,
) -> bytearray | None:
    """The answer to a predict message: what ``ret`` holds for each index of ``req_id_map``.

    :param ret: None where the batch failed with ``code`` and ``message``.
    :param context: gives each answer its status and headers.
    :param ts_stream_next: marks the answers as parts that others follow.
    :returns: None on ranks other than 0, which do not answer. Where an item cannot be carried, the answer says so.
    """
    if is_silent_rank():
        return None
    response = _number(code) + _sized(message.encode("utf-8"))
    for index, request_id in req_id_map.items():
        try:
            body = b"error" if ret is None else encode(ret[index])
        except BatchFailure as failure:
            return create_predict_response(None, req_id_map, failure.message, failure.http_status)
        response += _sized(request_id.encode("utf-8"))
        if context is None:
            response += _sized(b"") + _number(code) + _sized(b"") + _number(0)
        else:
            response += _head(context, index, None if ret is None else ret[index], ts_stream_next)
        response += _sized(body)
    return response + _number(END_OF_LIST)


def retrieve_msg(conn: Any) -> tuple[bytes, Any]:
    """Reads one message from a socket.

    :returns: ``(b"L", dict)`` with ``modelName``, ``modelPath``, ``batchSize``, ``handler``, ``envelope``,
        ``limitMaxImagePixels``, and ``gpu`` unless it is the CPU; or ``(b"I", list)`` of requests as
        :meth:`ts.service.Service.retrieve_data_for_inference` takes them.
    :raises ValueError: for any other message.
    """
    command = _read(conn, 1)
    if command == LOAD_MSG:
        return command, _read_load(conn)
    if command == PREDICT_MSG:
        return command, list(_read_list(conn, _read_request))
    raise ValueError(f"Invalid command: {command!r}")


def _head(context: Any, index: int, item: Any, more: bool) -> bytearray:
    mark = "true" if more else next_mark(context, index, item)
    if mark is not None:
        context.set_response_header(index, STREAM_NEXT, mark)
    status, phrase = context.get_response_status(index)
    headers = context.get_response_headers(index)
    content_type = context.get_response_content_type(index) or ""
    head = _sized(content_type.encode("utf-8")) + _number(status) + _sized((phrase or "").encode("utf-8"))
    head += _number(len(headers))
    for name, value in headers.items():
        head += _sized(name.encode("utf-8")) + _sized(value.encode("utf-8"))
    return head


def _number(value: int) -> bytearray:
    return bytearray(struct.pack("!i", value))


def _sized(value: bytes) -> bytearray:
    return _number(len(value)) + value


def _read(conn: Any, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        part = conn.recv(length - len(data))
        if not part:
            raise ConnectionError("Frontend disconnected.")
        data += part
    return bytes(data)


def _read_number(conn: Any) -> int:
    number: int = struct.unpack("!i", _read(conn, 4))[0]
    return number


def _read_sized(conn: Any) -> bytes:
    return _read(conn, _read_number(conn))


def _read_load(conn: Any) -> dict[str, Any]:
    load: dict[str, Any] = {"modelName": _read_sized(conn), "modelPath": _read_sized(conn)}
    load["batchSize"] = _read_number(conn)
    load["handler"] = _read_sized(conn)
    gpu = _read_number(conn)
    if gpu >= 0:
        load["gpu"] = gpu
    load["envelope"] = _read_sized(conn)
    load["limitMaxImagePixels"] = _read(conn, 1) != b"\0"
    return load


def _read_list(conn: Any, read: Any) -> Any:
    """Items that begin with a length; -1 in its place ends them."""
    while True:
        length = _read_number(conn)
        if length == END_OF_LIST:
            return
        yield read(conn, _read(conn, length))


def _read_request(conn: Any, request_id: bytes) -> dict[str, Any]:
    headers = list(_read_list(conn, lambda conn, name: {"name": name, "value": _read_sized(conn)}))
    return {"requestId": request_id, "headers": headers, "parameters": list(_read_list(conn, _read_parameter))}


def _read_parameter(conn: Any, name: bytes) -> dict[str, Any]:
    content_type = _read_sized(conn).decode("utf-8")
    value = decode_value(content_type, _read_sized(conn), decodes_values())
    return {"name": name.decode("utf-8"), "contentType": content_type, "value": value}

"""``ts.async_service``: coroutine handlers behind TorchServe's own messages."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ts.async_service import AsyncService
from ts.protocol.otf_message_handler import create_predict_response
from ts.service import Service


async def handle(data: Any, context: Any) -> list[Any]:
    name = data[0]["body"]
    if name == b"odd":
        raise ValueError(name)
    context.name = name
    await asyncio.sleep(0.05)
    return [context.name]


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    asyncio.set_event_loop(made)
    yield made
    asyncio.set_event_loop(None)
    made.close()


@pytest.fixture
def service(tmp_path: Path) -> AsyncService:
    return AsyncService(Service("m", str(tmp_path), {}, handle, None, 1))


def batch(name: bytes) -> list[dict[str, Any]]:
    return [{"requestId": name, "parameters": [{"name": "body", "contentType": "", "value": name}]}]


def answer(name: bytes, code: int = 200, message: str = "Prediction success") -> bytearray | None:
    context = Service("m", "", {}, handle, None, 1).context
    processors, _, ids = Service.retrieve_data_for_inference(batch(name))
    context.request_processor = processors
    if code != 200:
        return create_predict_response(None, ids, message, code)
    return create_predict_response([name], ids, message, code, context)


def test_batches_do_not_see_each_others_context(service: AsyncService, loop: asyncio.AbstractEventLoop) -> None:
    async def both() -> list[Any]:
        return await asyncio.gather(*(service.predict(batch(name)) for name in (b"a", b"b", b"odd")))

    assert loop.run_until_complete(both()) == [answer(b"a"), answer(b"b"), answer(b"odd", 503, "Prediction failed")]
    assert not hasattr(service.service.context, "name")


def test_serves_a_socket_until_the_other_side_hangs_up(service: AsyncService, loop: asyncio.AbstractEventLoop) -> None:
    ours, theirs = socket.socketpair()
    service.service.set_cl_socket(ours)

    def sized(value: bytes) -> bytes:
        return struct.pack("!i", len(value)) + value

    received: list[bytes] = []

    def ask() -> None:
        end = struct.pack("!i", -1)
        with theirs:
            theirs.sendall(b"I" + sized(b"a") + end + sized(b"body") + sized(b"") + sized(b"a") + end + end)
            received.append(theirs.recv(len(answer(b"a") or b""), socket.MSG_WAITALL))

    client = threading.Thread(target=ask)
    client.start()
    with ours:
        assert service.run() is None
    client.join()
    assert received == [answer(b"a")]

"""Large bodies through memory that both sides have open; the other side is played here."""

from __future__ import annotations

import os
import random
import sys
from collections import deque
from pathlib import Path
from typing import Any

import pytest

from support.frontend import request
from ts_worker.messages import Load
from ts_worker.shared_memory import Ring, SharedMemory, open_shared_memory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and tmpfs")

SIZE = 1 << 20


@pytest.fixture
def ring(tmp_path: Path) -> Ring:
    path = tmp_path / "answers"
    path.write_bytes(b"")
    os.truncate(path, SIZE)
    return Ring(str(path), SIZE)


def read(path: Path, offset: int, length: int) -> bytes:
    """What the frontend does: copies, and clears the flag."""
    with open(path, "r+b") as file:
        assert os.pread(file.fileno(), 1, offset - 8) == b"\1"
        body = os.pread(file.fileno(), length, offset)
        os.pwrite(file.fileno(), b"\0", offset - 8)
    return body


def test_bodies_are_found_whatever_their_sizes_and_the_order_of_reading(ring: Ring, tmp_path: Path) -> None:
    path, chance = tmp_path / "answers", random.Random(7)
    unread: deque[tuple[int, bytes]] = deque()
    put = refused = 0
    for _ in range(3000):
        if chance.random() < 0.55:
            body = chance.randbytes(chance.choice((1, 64, 5000, 100_000, chance.randrange(1, SIZE // 2))))
            offset = ring.put(body)
            if offset is None:
                assert unread, "an empty ring takes every body that fits"
                refused += 1
            else:
                unread.append((offset, body))
                put += 1
        elif unread:
            unread.rotate(-chance.randrange(3))  # mostly, but not always, the oldest first
            offset, body = unread.popleft()
            assert read(path, offset, len(body)) == body
    assert put > 300
    assert refused > 100


def test_a_body_that_is_too_large_is_refused(ring: Ring) -> None:
    assert ring.put(bytes(SIZE)) is None
    assert ring.put(bytes(SIZE - 8)) == 8


def test_memory_is_given_back_when_all_is_read(ring: Ring, tmp_path: Path) -> None:
    path = tmp_path / "answers"
    offset = ring.put(b"x" * 500_000)
    assert offset is not None
    ring.trim()
    assert ring.used
    assert read(path, offset, 500_000) == b"x" * 500_000
    ring.trim()
    assert not ring.used
    assert path.stat().st_blocks == 0
    assert ring.put(b"y") == 8


def test_a_full_file_system_is_no_more_than_a_refusal(ring: Ring, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwritev", full)
    assert ring.put(b"x") is None
    monkeypatch.setattr(os, "pwritev", lambda *_: 5)  # room for a part
    assert ring.put(b"x") is None
    monkeypatch.undo()
    assert ring.put(b"x") == 8


class Offer:
    """A frontend's files, and the `Load` that offers them."""

    def __init__(self, folder: Path) -> None:
        self.values, self.answers = folder / "values", folder / "answers"
        for path in (self.values, self.answers):
            path.write_bytes(b"")
            os.truncate(path, SIZE)
        self.message = {
            "values_path": str(self.values),
            "values_bytes": SIZE,
            "answers_path": str(self.answers),
            "answers_bytes": SIZE,
            "least_bytes": 1000,
        }

    def write(self, offset: int, value: bytes) -> None:
        with open(self.values, "r+b") as file:
            os.pwrite(file.fileno(), value, offset)

    def body(self, answer: Any) -> bytes:
        if answer.HasField("shared"):
            return read(self.answers, answer.shared.offset, answer.shared.length)
        body: bytes = answer.body
        return body


@pytest.fixture
def offer(tmp_path: Path) -> Offer:
    folder = tmp_path / "shared"
    folder.mkdir()
    return Offer(folder)


def shared(parameter: str, offset: int, length: int, content_type: str = "") -> Any:
    message = request(None)
    message.parameters.add(name=parameter, content_type=content_type, shared={"offset": offset, "length": length})
    return message


MIRROR = """
    import os
    def handle(data, context):
        if data and "fail" in data[0]:
            return [b"x" * 5000, object()]
        return [repr(type(row["body"])).encode() + (row["body"] if isinstance(row["body"], bytearray)
                else str(row["body"]).encode()) for row in data or []]
"""


def test_a_worker_reads_and_answers_there(workers: Any, archive: Any, offer: Offer) -> None:
    worker = workers.fork(archive.write("handler.py", MIRROR).folder)
    assert worker.load(archive.folder, "handler.py", memory=offer.message).shares_memory
    offer.write(4096, b"a" * 100_000)
    offer.write(200_000, b'{"b": 1}')
    result = worker.predict(
        shared("body", 4096, 100_000),
        shared("body", 200_000, 8, "application/json"),
        shared("body", 4096, 2, "text/plain"),
        request(b"sent"),
    )
    assert [answer.HasField("shared") for answer in result.answers] == [True, False, False, False]
    assert [offer.body(answer) for answer in result.answers] == [
        b"<class 'bytearray'>" + b"a" * 100_000,
        b"<class 'dict'>{'b': 1}",
        b"<class 'str'>aa",
        b"<class 'bytearray'>sent",
    ]


def test_what_a_failed_batch_put_there_is_free_again(workers: Any, archive: Any, offer: Offer) -> None:
    worker = workers.serve(archive, MIRROR, memory=offer.message)
    for _ in range(3):
        assert worker.predict(request(None, fail=("", b"")), request()).code != 0
    # Were those bodies still there, this one would not be the first.
    offer.write(0, b"b" * 2000)
    result = worker.predict(shared("body", 0, 2000))
    assert result.answers[0].shared.offset == 8


def test_a_worker_that_cannot_open_it_says_so(workers: Any, archive: Any, offer: Offer) -> None:
    worker = workers.fork(archive.write("handler.py", MIRROR).folder)
    memory = {**offer.message, "values_path": "/nowhere/values"}
    assert not worker.load(archive.folder, "handler.py", memory=memory).shares_memory
    assert len(worker.predict(request(b"x" * 5000)).answers[0].body) > 5000


def test_nothing_is_opened_where_nothing_is_offered(offer: Offer) -> None:
    assert open_shared_memory(Load()) is None
    assert isinstance(open_shared_memory(Load(memory=offer.message)), SharedMemory)

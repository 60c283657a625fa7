"""Memory that the frontend and its workers on one machine share, so that large bodies need not be sent.

See SharedMemory in worker.proto for who writes what. Values of requests are read where they lie; bodies of answers are
put into a ring, whose stretches the frontend gives back in any order by clearing their flag.
"""

from __future__ import annotations

import mmap
import os
import threading
from collections import deque
from typing import Any, Union

Bytes = Union[bytes, bytearray]

_FLAG_BYTES = 8
_UNREAD = b"\x01" + bytes(_FLAG_BYTES - 1)

# Stretches begin where cache lines do.
_GRAIN = 64


class SharedMemory:
    """One worker's view of it."""

    def __init__(self, offer: Any) -> None:
        """Opens what a `SharedMemory` message offers. Raises OSError where that cannot be."""
        values = os.open(offer.values_path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            self._values = memoryview(mmap.mmap(values, offer.values_bytes, prot=mmap.PROT_READ))
        finally:
            os.close(values)
        self._answers = Ring(offer.answers_path, offer.answers_bytes)
        self._least = offer.least_bytes

    def value(self, parameter: Any) -> bytes | memoryview:
        """The value of a `Parameter`; what lies in shared memory stays valid until the batch is answered."""
        if parameter.HasField("shared"):
            offset = parameter.shared.offset
            return self._values[offset : offset + parameter.shared.length]
        value: bytes = parameter.value
        return value

    def put(self, answer: Any, body: Bytes) -> bool:
        """Puts the body of an `Answer` there; False where it is too short to be worth it, or there is no room."""
        if len(body) < self._least:
            return False
        offset = self._answers.put(body)
        if offset is None:
            return False
        answer.shared.offset, answer.shared.length = offset, len(body)
        return True

    def take_back(self, answers: Any) -> None:
        """Frees what was put there for answers that will not be sent."""
        for answer in answers:
            if answer.HasField("shared"):
                self._answers.free(answer.shared.offset)

    @property
    def lies_idle(self) -> bool:
        """Whether memory is held that nobody may need for a while."""
        return self._answers.used

    def trim(self) -> None:
        """Gives idle memory back."""
        self._answers.trim()


class Ring:
    """Stretches of a file, each its flag and its bytes. Safe from any thread."""

    def __init__(self, path: str, size: int) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        self._size = size
        self._flags = mmap.mmap(self._file, size, prot=mmap.PROT_READ)
        self._lock = threading.Lock()
        # From the oldest to the newest, each (start, end).
        self._stretches: deque[tuple[int, int]] = deque()
        self.used = False

    def put(self, body: Bytes) -> int | None:
        """Writes a body; where it begins, or None where there is no room."""
        whole = -(-(_FLAG_BYTES + len(body)) // _GRAIN) * _GRAIN
        with self._lock:
            start = self._room_for(whole)
            if start is None:
                return None
            self.used = True
            # Not through the mapping: a full tmpfs is an error here, and a fatal signal there.
            try:
                written = os.pwritev(self._file, (_UNREAD, body), start)
            except OSError:
                return None
            if written < _FLAG_BYTES + len(body):
                return None
            self._stretches.append((start, start + whole))
            return start + _FLAG_BYTES

    def free(self, offset: int) -> None:
        """What was put at this offset will not be read."""
        os.pwrite(self._file, b"\0", offset - _FLAG_BYTES)

    def trim(self) -> None:
        """Gives the memory back, if nothing is to be read from it any more."""
        with self._lock:
            self._drop_read()
            if not self._stretches:
                os.ftruncate(self._file, 0)
                os.ftruncate(self._file, self._size)
                self.used = False

    def _drop_read(self) -> None:
        while self._stretches and self._flags[self._stretches[0][0]] == 0:
            self._stretches.popleft()

    def _room_for(self, whole: int) -> int | None:
        self._drop_read()
        if not self._stretches:
            return 0 if whole <= self._size else None
        oldest, newest = self._stretches[0], self._stretches[-1]
        if newest[0] < oldest[0]:  # it has wrapped around
            return newest[1] if oldest[0] - newest[1] >= whole else None
        if self._size - newest[1] >= whole:
            return newest[1]
        return 0 if oldest[0] >= whole else None


def open_shared_memory(load: Any) -> SharedMemory | None:
    """What a `Load` offers; None where it offers nothing, or this process cannot have it (another machine, another
    user)."""
    if not load.HasField("memory"):
        return None
    try:
        return SharedMemory(load.memory)
    except (OSError, ValueError):
        return None

"""Holds a handler up while a caller does not read its streamed result as fast as it is made."""

from __future__ import annotations

import asyncio
import threading
from math import inf

# So many bytes of a result may be on their way to a caller who has not read them. The frontend says what was read at
# every quarter of it (`piece-stream.ts`).
WINDOW_BYTES = 2 << 20


class Reader:
    """A caller who reads a streamed result. `sent` is counted by who sends to it, `read` by the `Flow`."""

    __slots__ = ("read", "sent")

    def __init__(self) -> None:
        self.sent = 0
        #: Without end where nobody is to be held up any more.
        self.read: float = 0

    @property
    def lags(self) -> bool:
        """Whether a piece must wait. One may be sent otherwise, however large it is by itself."""
        return self.sent - self.read > WINDOW_BYTES


class Flow:
    """The readers of results. Told by the link's reading thread what they have read, asked by the handler's."""

    def __init__(self) -> None:
        self._readers: dict[tuple[int, int], Reader] = {}
        self._over = False
        self._changed = threading.Condition()

    def reader(self, batch_id: int, index: int) -> Reader:
        """The caller of request `index` of a batch, who has read nothing so far."""
        with self._changed:
            reader = self._readers.setdefault((batch_id, index), Reader())
            if self._over:
                reader.read = inf
            return reader

    def read(self, batch_id: int, index: int, count: int) -> None:
        """A caller has read so many more bytes."""
        with self._changed:
            reader = self._readers.get((batch_id, index))
            if reader:
                reader.read += count
                self._changed.notify_all()

    def forget(self, batch_id: int, indices: list[int] | None = None) -> None:
        """These callers have gone and hold nobody up any more; all of them, once the batch is answered."""
        if not self._readers:
            return
        with self._changed:
            for key in [key for key in self._readers if key[0] == batch_id and (indices is None or key[1] in indices)]:
                self._readers.pop(key).read = inf
            self._changed.notify_all()

    def end(self) -> None:
        """The frontend is gone: nobody is held up any more."""
        with self._changed:
            self._over = True
            for reader in self._readers.values():
                reader.read = inf
            self._changed.notify_all()

    def wait(self, reader: Reader) -> None:
        """Until a reader who lags has caught up.

        Does not wait on a thread that runs an event loop: other requests live there, and must not be held up. The
        frontend bounds by itself what it keeps for a slow reader.
        """
        if _runs_event_loop():
            return
        with self._changed:
            self._changed.wait_for(lambda: not reader.lags)


def _runs_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True

"""Holds a handler up while a caller does not read its streamed result as fast as it is made."""

from __future__ import annotations

import asyncio
import threading

# So many bytes of a result may be on their way to a caller who has not read them. The frontend says what was read at
# every quarter of it (`piece-stream.ts`).
WINDOW_BYTES = 2 << 20


class Flow:
    """The bytes of results that are sent and not read. Told by the link's reading thread, asked by the handler's."""

    def __init__(self) -> None:
        self._unread: dict[tuple[int, int], int] = {}
        self._over = False
        # The lock by itself is quicker to take than through the condition, and every piece takes it.
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)

    def read(self, batch_id: int, index: int, count: int) -> None:
        """The caller of request `index` of a batch has read so many more bytes."""
        with self._changed:
            if (batch_id, index) in self._unread:
                self._unread[batch_id, index] -= count
                self._changed.notify_all()

    def forget(self, batch_id: int, indices: list[int] | None = None) -> None:
        """These callers have gone and hold nobody up any more; all of them, once the batch is answered."""
        if not self._unread:
            return
        with self._changed:
            for key in [key for key in self._unread if key[0] == batch_id and (indices is None or key[1] in indices)]:
                del self._unread[key]
            self._changed.notify_all()

    def end(self) -> None:
        """The frontend is gone: nobody is held up any more."""
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def take(self, batch_id: int, index: int, count: int) -> None:
        """Waits until a piece of so many bytes may be sent, however large it is by itself, and counts it.

        Does not wait on a thread that runs an event loop: other requests live there, and must not be held up. The
        frontend bounds by itself what it keeps for a slow reader.
        """
        key = (batch_id, index)
        with self._lock:
            if self._unread.get(key, 0) > WINDOW_BYTES and not _runs_event_loop():
                self._changed.wait_for(lambda: self._over or self._unread.get(key, 0) <= WINDOW_BYTES)
            self._unread[key] = self._unread.get(key, 0) + count


def _runs_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True

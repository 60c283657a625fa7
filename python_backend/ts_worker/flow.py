"""Holds a handler up while a caller does not read its streamed result as fast as it is made."""

from __future__ import annotations

import asyncio
import threading


class Flow:
    """Which requests' results may not grow for now. Told by the link's reading thread, asked by the handler's."""

    def __init__(self) -> None:
        self._held: set[tuple[int, int]] = set()
        self._over = False
        self._changed = threading.Condition()

    def hold(self, batch_id: int, index: int, held: bool) -> None:
        """The caller of request `index` of a batch does not keep up, or has caught up."""
        with self._changed:
            if held:
                self._held.add((batch_id, index))
            else:
                self._held.discard((batch_id, index))
            self._changed.notify_all()

    def forget(self, batch_id: int) -> None:
        """The batch is answered."""
        if self._held:
            with self._changed:
                self._held = {(batch, index) for batch, index in self._held if batch != batch_id}

    def release(self, batch_id: int, indices: list[int]) -> None:
        """The callers of these requests are gone, and hold nobody up any more."""
        for index in indices:
            self.hold(batch_id, index, False)

    def end(self) -> None:
        """The frontend is gone: nobody is held any more."""
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def wait(self, batch_id: int, index: int) -> None:
        """Until the next piece of the request's result may be sent.

        Returns at once on a thread that runs an event loop: other requests live there, and must not be held up. The
        frontend bounds what it keeps for a slow reader by itself then.
        """
        if (batch_id, index) not in self._held or _runs_event_loop():
            return
        with self._changed:
            self._changed.wait_for(lambda: self._over or (batch_id, index) not in self._held)


def _runs_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True

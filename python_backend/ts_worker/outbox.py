"""What a worker has to say, on its way to the stream: what comes in quick succession travels together."""

from __future__ import annotations

import threading
from time import monotonic, sleep
from typing import Callable

from ts_worker.wire import Wire

# Which messages may be sent as one, their bytes put together: any that follow each other, but none that is ALONE, and
# no piece after a result, since the frontend takes the pieces of a message before its results.
ALONE, PIECES, RESULTS = 0, 1, 2

# How long, in seconds, a message may wait for others to travel with: the frontend passes on what was sent while more is
# made, so that smaller portions are out sooner, and at twice the time nothing is any cheaper.
_COMPANY_SECONDS = 0.00025

# How often, in seconds, the courier looks whether it is called, and after how many times without a call it sleeps.
_LOOK_SECONDS, _QUIET_LOOKS = 0.001, 20

# Messages are joined up to about this size; large ones gain nothing from it.
_JOINED_BYTES = 1 << 16


class Outbox:
    """Sends messages in the order in which they are put. Safe from any thread."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._lock = threading.Lock()
        # What is held back: messages of one kind or of two, the kind of the last, their size, and since when.
        self._held: list[bytes] = []
        self._kind = ALONE
        self._held_bytes = 0
        self._held_since = 0.0
        # Until when a piece is in quick succession to the one before.
        self._streaming_until = 0.0
        self._courier = Courier(self.flush)

    def put(self, message: bytes, kind: int = ALONE) -> None:
        """Sends a message: a piece at once, unless others went just before.

        Such a piece, and a result, wait to travel together: until one has waited long enough when the next is put,
        until `flush`, and pieces no longer than until the courier comes.
        """
        with self._lock:
            if kind < self._kind:
                self._send()
            if kind == ALONE:
                self._wire.write(message)
                return
            now = monotonic()
            if not self._held:
                self._held_since = now
            self._held.append(message)
            self._held_bytes += len(message)
            self._kind = kind
            is_first_piece = kind == PIECES and now >= self._streaming_until
            if is_first_piece or now - self._held_since >= _COMPANY_SECONDS or self._held_bytes >= _JOINED_BYTES:
                self._send()
            elif kind == PIECES and not self._courier.is_called:
                self._courier.call()

    def flush(self) -> None:
        """Sends what waits."""
        with self._lock:
            self._send()

    def finish(self) -> None:
        """Sends what waits, and that nothing follows."""
        with self._lock:
            self._send()
            self._wire.finish()

    def _send(self) -> None:
        if not self._held:
            return
        self._wire.write(b"".join(self._held))
        self._streaming_until = monotonic() + _COMPANY_SECONDS if self._kind == PIECES else 0.0
        self._held.clear()
        self._held_bytes, self._kind = 0, ALONE


class Courier:
    """A thread that does something soon after it was called.

    To wake a thread for each portion costs more than to make and send it, and the thread that was busy with the next
    waits for it: while calls follow each other it looks from time to time, and sleeps when there are none.
    """

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self._wake = threading.Event()
        #: Whether it has been called since it last began the work.
        self.is_called = False
        self._is_asleep = True
        self._has_begun = False

    def call(self) -> None:
        """Asks for the work to be done once more. Not safe from two threads at a time."""
        if not self._has_begun:
            self._has_begun = True
            threading.Thread(target=self._run, name="torchbridge-courier", daemon=True).start()
        self.is_called = True
        if self._is_asleep:
            self._is_asleep = False
            self._wake.set()

    def _run(self) -> None:
        quiet = 0
        while True:
            sleep(_LOOK_SECONDS)
            quiet += 1
            if self.is_called:
                self.is_called = False
                self._work()
                quiet = 0
            elif quiet >= _QUIET_LOOKS:
                self._sleep()
                quiet = 0

    def _sleep(self) -> None:
        """Until the next call."""
        self._wake.clear()
        self._is_asleep = True
        if not self.is_called:
            self._wake.wait()
        self._is_asleep = False

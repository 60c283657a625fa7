"""On which core the frontend wakes when it is sent something."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class WakePlacement:
    """Keeps a process that is woken off the core of the thread that wakes it.

    A socket wakes its reader with the hint that the writer is about to sleep, and Linux then gives the reader the
    writer's core. A worker that has answered goes on with the next batch at once; where it computes on every core, its
    other threads have nothing to do just then (docs/performance.md has the measurement).
    """

    def __init__(self, peer: int) -> None:
        """`peer` is the pid of a process with the same cores as this one; 0: it is not known, and nothing is done."""
        self._peer = peer
        self._cores: set[int] = set()
        # Whether this process computes on every core, as one at a time can. Only such a one places its peer.
        self._has_all_cores = False
        try:
            # Keeps the interpreter's lock: the call is shorter than it takes to be given the lock again.
            self._core_of_caller = ctypes.PyDLL(None).sched_getcpu
            self._cores = os.sched_getaffinity(0)
            if peer and len(self._cores - os.sched_getaffinity(peer)) == 1:
                os.sched_setaffinity(peer, self._cores)  # whoever had it placed was killed meanwhile
        except (AttributeError, OSError):
            self._peer = 0  # another system than Linux, or another user's process

    def allot(self, threads: int) -> None:
        """This process may compute on so many cores; 0: it is not said."""
        self._has_all_cores = threads >= len(self._cores) > 1

    @contextmanager
    def elsewhere(self) -> Iterator[None]:
        """What wakes the peer in here wakes it on another core. One that is bound otherwise than this process is left
        as it is."""
        is_placed = self._place()
        try:
            yield
        finally:
            if is_placed:
                with suppress(OSError):  # it has ended
                    os.sched_setaffinity(self._peer, self._cores)

    def _place(self) -> bool:
        if not (self._peer and self._has_all_cores):
            return False
        try:
            if os.sched_getaffinity(self._peer) != self._cores:
                return False
            os.sched_setaffinity(self._peer, self._cores - {self._core_of_caller()})
        except OSError:
            return False  # it has ended, or may not be touched
        return True

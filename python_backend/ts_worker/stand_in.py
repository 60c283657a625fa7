"""A thread that does the work of another while that one is busy with something else."""

from __future__ import annotations

import threading
import time
from typing import Callable

# How often, in seconds, it looks whether it is needed: an absence is taken for a long one after one to two of these.
_LOOK_SECONDS = 0.005

# After so many looks at one who has not gone away it sleeps until that happens.
_QUIET_LOOKS = 20

# After so many seconds of sleep, and once, it tidies up.
_TIDY_SECONDS = 10.0


class StandIn:
    """Stands in for its principal, a thread that is back and away by turns.

    To wake a thread costs more than most of what happens in between, so that none is woken for a short absence: it
    looks around from time to time while the principal comes and goes, and sleeps while it stays.
    """

    def __init__(self, work: Callable[[], object], tidy: Callable[[], object]) -> None:
        """`work` is called where the principal stays away, and returns when it is no longer needed; `tidy` when nothing
        has happened for a while. Both on the stand-in's own thread."""
        self._work = work
        self._tidy = tidy
        #: Whether the principal is there.
        self.principal_there = False
        self._absences = 0
        self._asleep = False
        self._needed = threading.Event()
        self._ended = False

    def start(self) -> None:
        threading.Thread(target=self._run, name="torchbridge-link", daemon=True).start()

    def end(self) -> None:
        """From now on there is no work."""
        self._ended = True

    def back(self) -> None:
        """The principal does its work itself."""
        self.principal_there = True

    def away(self) -> None:
        """The principal does something else."""
        self._absences += 1
        self.principal_there = False
        if self._asleep:
            self._needed.set()

    def _run(self) -> None:
        quiet, seen = 0, self._absences
        while not self._ended:
            time.sleep(_LOOK_SECONDS)
            quiet = quiet + 1 if self.principal_there and self._absences == seen else 0
            if quiet >= _QUIET_LOOKS:
                self._sleep(seen)
                quiet = 0
            elif not self.principal_there and self._absences == seen:
                self._work()
            seen = self._absences

    def _sleep(self, seen: int) -> None:
        """Until the principal goes away for the first time since."""
        self._needed.clear()
        self._asleep = True
        if self._absences == seen and not self._needed.wait(_TIDY_SECONDS):
            self._tidy()
            self._needed.wait()
        self._asleep = False

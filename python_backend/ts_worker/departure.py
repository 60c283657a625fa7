"""Ways out of a worker."""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time
from typing import NoReturn


def leave(status: int, patience: float = 5.0) -> NoReturn:
    """Ends the process: exit hooks run, threads that a handler left behind are not waited for.

    Hooks that take longer than `patience` seconds are cut short.
    """
    leave_within(patience, status)
    try:
        atexit._run_exitfuncs()
    except BaseException:
        pass  # already printed by atexit; nothing keeps a worker from leaving
    _flush()
    os._exit(status)


def leave_within(seconds: float, status: int) -> None:
    """The process ends after `seconds` at the latest, whatever its threads do."""

    def cut() -> None:
        time.sleep(seconds)
        os._exit(status)

    threading.Thread(target=cut, name="torchbridge-departure", daemon=True).start()


def status_of(exit: SystemExit) -> int:
    """The exit status that Python would give: text is printed and counts as 1."""
    code = exit.code
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)
    return 1


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass  # nobody reads it any more

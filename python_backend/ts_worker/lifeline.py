"""Ties a process to its parent, so that nothing outlives the server."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_PARENT = "TORCHBRIDGE_PARENT"


def die_with_parent(parent: int | None = None, by: signal.Signals = signal.SIGKILL) -> None:
    """The kernel sends this process a signal when its parent ends (Linux; elsewhere the loss of the link has to do).

    `parent` is the pid that the parent should have: if it is gone already, this process ends here. `by` is for a
    process that has something to end first; SIGKILL cannot be missed by a handler that is stuck.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, by, 0, 0, 0)
    if parent is not None and os.getppid() != parent:
        os._exit(1)


def parent_told() -> int | None:
    """The parent's pid as it told it (TORCHBRIDGE_PARENT), or None; not left for handlers to see."""
    told = os.environ.pop(_PARENT, "")
    return int(told) if told else None


def tell_children() -> None:
    """The processes that this one starts from now on find it as `parent_told`."""
    os.environ[_PARENT] = str(os.getpid())


def lead_session() -> None:
    """A session and process group of its own: the terminal's Ctrl-C stays with the server, and one signal to the group
    reaches the handler's child processes too."""
    try:
        os.setsid()
    except PermissionError:
        pass  # whoever started this process has seen to it

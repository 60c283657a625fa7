"""Where a worker finds modules: its own archive first, this backend last, and nothing of any other model."""

from __future__ import annotations

import os
import site
import sys

PACKAGE_HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_INSTALLED = PACKAGE_HOME in (*site.getsitepackages(), site.getusersitepackages())


def leave_start_folder() -> None:
    """Takes back what `python -m` put on the path: the folder in which it was started, whatever that holds.

    This backend stays reachable, behind everything else.
    """
    if not getattr(sys.flags, "safe_path", False) and sys.path:
        del sys.path[0]
    if not _INSTALLED:
        sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != PACKAGE_HOME]
        sys.path.append(PACKAGE_HOME)


def adopt_pythonpath(before: str, after: str) -> None:
    """A forked worker's PYTHONPATH takes the place of its nursery's."""
    new = _split(after)
    stale = {*_split(before), *new}
    sys.path[:] = [*new, *(entry for entry in sys.path if entry not in stale)]


def enter_model_dir(model_dir: str, handler: str) -> None:
    """Makes the archive the working directory and puts its modules before the standard library's and installed ones.

    Behind what the user's PYTHONPATH names, as in TorchServe, and for the handler's child processes as well.
    """
    os.chdir(model_dir)
    front: list[str] = []
    if ":" in handler:
        front.append(handler.partition(":")[0].rpartition("/")[0])
    front += _split(os.environ.get("PYTHONPATH", ""))
    front.append(os.path.realpath(model_dir))
    if os.path.islink(model_dir):
        front.append(os.path.dirname(os.path.abspath(model_dir)))  # packages installed for a linked model
    front = list(dict.fromkeys(entry for entry in front if entry))
    sys.path[:] = [*front, *(entry for entry in sys.path if entry not in front)]
    os.environ["PYTHONPATH"] = os.pathsep.join(front if _INSTALLED else [*front, PACKAGE_HOME])


def _split(path: str) -> list[str]:
    """The entries, without this backend's own, whose place is last."""
    entries = [entry for entry in path.split(os.pathsep) if entry]
    return entries if _INSTALLED else [entry for entry in entries if os.path.abspath(entry) != PACKAGE_HOME]

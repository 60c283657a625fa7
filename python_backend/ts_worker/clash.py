"""Whether a model can be served by a process that has imported things already."""

from __future__ import annotations

import os
import sys


def imported_names() -> set[str]:
    """Top-level names of all modules imported so far."""
    return {name.partition(".")[0] for name in sys.modules}


def clash(model_dir: str, taken: frozenset[str]) -> str | None:
    """Why an archive needs a fresh interpreter, or None.

    An archive's modules come before installed ones of the same name, which a process that has imported those (`taken`)
    cannot give it any more. Names of the standard library are no obstacle, they are imported everywhere.
    """
    folders = [model_dir]
    if os.path.islink(model_dir):
        folders.append(os.path.dirname(model_dir))  # packages installed for a linked model
    standard: frozenset[str] = getattr(sys, "stdlib_module_names", frozenset())
    for folder in folders:
        for name in sorted(_modules_in(folder)):
            if name in taken and name not in standard:
                return f"its module {name} would be hidden by the installed one of that name"
    return None


def _modules_in(folder: str) -> set[str]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return set()  # loading will say so
    found = set()
    for entry in entries:
        if entry.name.endswith((".py", ".so", ".pyc")):
            found.add(entry.name.partition(".")[0])
        elif os.path.isfile(os.path.join(entry.path, "__init__.py")):
            found.add(entry.name)
    return found

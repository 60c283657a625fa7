"""The command ``torchserve`` for Python installations.

The server is a Node program. This finds it, and runs it with this interpreter for its workers.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

_MISSING = (
    "The torchserve command is a Node program, and it was not found beside the ts package or on PATH. "
    "Install it: npm install -g torchbridge"
)


def start() -> None:
    """Run ``torchserve`` with this process's arguments, and exit with its status where that is not 0."""
    status = run(sys.argv[1:])
    if status:
        sys.exit(status)


def run(arguments: list[str]) -> int:
    """Run ``torchserve`` and wait for the command to end; its input and output are this process's.

    :returns: its exit status.
    """
    try:
        return subprocess.call([command(), *arguments], env=environment())
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def command() -> str:
    """The path of the Node program ``torchserve``.

    :raises FileNotFoundError: if there is none, with the command that installs it.
    """
    # In a checkout and in the npm package alike, bin/ is beside the folder that holds the ts package.
    beside = Path(__file__).resolve().parents[2] / "bin" / "torchserve"
    if beside.is_file():
        return str(beside)
    for folder in os.get_exec_path():
        found = shutil.which("torchserve", path=folder)
        if found and _runs_node(found):
            return found
    raise FileNotFoundError(_MISSING)


def environment() -> dict[str, str]:
    """This process's environment, with this interpreter as the one for workers unless ``TS_PYTHON`` names another."""
    return {"TS_PYTHON": sys.executable, **os.environ}


def load_properties(file_path: str) -> dict[str, str]:
    """The ``key=value`` lines of a file, stripped; lines that begin with ``#`` are left out."""
    properties: dict[str, str] = {}
    with open(file_path, encoding="utf-8") as file:
        for line in file:
            key, separator, value = line.strip().partition("=")
            if separator and not key.startswith("#"):
                properties[key.strip()] = value.strip()
    return properties


def _runs_node(path: str) -> bool:
    """Whether the file is for Node: pip installs a command of the same name, which runs :func:`start`."""
    try:
        with open(path, "rb") as file:
            return b"node" in file.readline(200)
    except OSError:
        return False


if __name__ == "__main__":
    start()

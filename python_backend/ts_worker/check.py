"""Whether this interpreter can run workers: `python -m ts_worker.check` prints one line of JSON.

    {"python": "3.11.7", "executable": "...", "torch": "2.13.0", ..., "problems": [{"missing": "...", "cure": "..."}]}

Imports nothing but the standard library, so that it answers quickly and where everything else is missing. Keeps to
syntax that an interpreter too old for workers can still read.
"""

import json
import platform
import sys
from importlib import util

OLDEST_PYTHON = (3, 9)
OLDEST_TORCH = (2, 0)

# Distribution, the module that it brings, and what to install.
NEEDED = (
    ("torch", "torch", "torch"),
    ("protobuf", "google.protobuf", "'protobuf>=4'"),
    ("pyyaml", "yaml", "pyyaml"),
    ("psutil", "psutil", "psutil"),
)


def release(distribution: str) -> "str | None":
    from importlib import metadata

    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def importable(module: str) -> bool:
    try:
        return util.find_spec(module) is not None
    except ImportError:
        return False


def numbers(version: str) -> "tuple[int, ...]":
    return tuple(int(part) for part in version.split("+")[0].split(".")[:2] if part.isdigit())


def report() -> "dict[str, object]":
    found = {"python": platform.python_version(), "executable": sys.executable}  # type: dict[str, object]
    problems = []
    if sys.version_info[:2] < OLDEST_PYTHON:
        problems.append({"missing": "Python 3.9 or newer", "cure": "use a newer Python (--python PATH)"})
        found["problems"] = problems
        return found
    pip = sys.executable + " -m pip install "
    for distribution, module, wanted in NEEDED:
        version = release(distribution) if importable(module) else None
        found[distribution] = version or ("unknown" if importable(module) else None)
        if found[distribution] is None:
            problems.append({"missing": distribution, "cure": pip + wanted})
    torch = found["torch"]
    if isinstance(torch, str) and torch != "unknown" and numbers(torch) < OLDEST_TORCH:
        problems.append({"missing": "torch 2.0 or newer (it has " + torch + ")", "cure": pip + "-U torch"})
    protobuf = found["protobuf"]
    if isinstance(protobuf, str) and protobuf != "unknown" and numbers(protobuf)[:1] < (4,):
        problems.append({"missing": "protobuf 4 or newer (it has " + protobuf + ")", "cure": pip + "'protobuf>=4'"})
    found["problems"] = problems
    return found


if __name__ == "__main__":
    if not getattr(sys.flags, "safe_path", False):
        del sys.path[0]  # the folder in which it was started; a `torch` in there is not the installed one
    print(json.dumps(report()))

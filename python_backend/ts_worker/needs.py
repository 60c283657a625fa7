"""What a nursery imports for a model before it forks, so that its workers share the memory and save the time."""

from __future__ import annotations

import os
import re

# Large libraries of which it is known that importing them starts no thread and touches no device.
# By the name that an archive imports, the module that holds most of it.
SAFE = {
    "PIL": "PIL.Image",
    "captum": "captum.attr",
    "numpy": "numpy",
    "pandas": "pandas",
    "scipy": "scipy",
    "torchaudio": "torchaudio",
    "torchvision": "torchvision",
    "transformers": "transformers",
}

# What the handlers that come with the server import when they are used, not when they are imported.
_BUILT_IN = "ts.torch_handler."
_VISION = ("numpy", "PIL", "torchvision")
_OF_BUILT_IN = {
    "vision_handler": _VISION,
    "image_classifier": _VISION,
    "image_segmenter": _VISION,
    "object_detector": _VISION,
}

_IMPORT = re.compile(r"^(?:from|import)[ \t]+([\w.]+)", re.MULTILINE)
_MOST_BYTES = 1 << 18


def needed(model_dir: str, handler: str) -> list[str]:
    """The safe modules that an archive's own import as they are loaded, in the order of their names.

    Only statements at the left margin count: what a function imports may never be needed.
    """
    own = [name for name in _listed(model_dir) if name.endswith(".py")]
    statements = {statement for name in own for statement in _statements(os.path.join(model_dir, name))}
    statements.add(_BUILT_IN + os.path.basename(handler.partition(":")[0]).partition(".")[0])
    found: set[str] = set()
    for statement in statements:
        found.add(statement.partition(".")[0])
        if statement.startswith(_BUILT_IN):
            found.update(_OF_BUILT_IN.get(statement[len(_BUILT_IN) :], ()))
    return sorted(SAFE[name] for name in found & SAFE.keys())


def _statements(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return _IMPORT.findall(file.read(_MOST_BYTES))
    except OSError:
        return []


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []

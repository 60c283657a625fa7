"""Import one Python file of an archive."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from types import ModuleType


def load_source_module(path: str) -> ModuleType:
    """Import the file as the top-level module of its name.

    Where that name already means another module (a model file called ``json.py``), the file is imported all the same,
    under a name of its own.
    """
    name = os.path.basename(path).partition(".")[0]
    module = sys.modules.get(name)
    if module is None:
        module = _import(name, path)
    if _is_from(module, path):
        return module
    return _import(f"{name}@{os.path.dirname(os.path.abspath(path))}", path)


def _import(name: str, path: str) -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"'{path}' is not a Python file")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _is_from(module: ModuleType, path: str) -> bool:
    origin = getattr(module, "__file__", None)
    return origin is not None and os.path.realpath(origin) == os.path.realpath(path)

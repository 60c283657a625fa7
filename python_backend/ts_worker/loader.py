"""Finds a model's handler and makes it ready to be called."""

from __future__ import annotations

import importlib
import os
from types import ModuleType
from typing import Any, Callable, NamedTuple

from ts.torch_handler.source_module import load_source_module
from ts.utils.util import list_classes_from_module

BUILT_IN = "ts.torch_handler"
ENVELOPES = f"{BUILT_IN}.request_envelope"


class Handler(NamedTuple):
    """`entry_point(data, context)` answers a batch; `initialize(context)` is called once before. `owner` is the object
    or the module that they belong to."""

    entry_point: Callable[..., Any]
    initialize: Callable[[Any], Any]
    owner: Any


def find_handler(name: str | None, model_dir: str, envelope: str | None = None) -> Handler:
    """Resolves a handler as the manifest or a register call names it.

    `my.py`, `folder/my.py` and `my` mean the file `my.py` of the archive, else a module of that name on the path, else
    one of the handlers that come with the server. `my.py:infer` means its function `infer`; without a function the
    module's `handle` is taken, else its only class. Errors of the handler's own import are raised as they are.
    """
    if not name:
        raise ValueError("no handler is named: give one to the archiver (--handler) or the register call (handler=)")
    file, _, function = name.partition(":")
    module = _import_handler(file, model_dir)
    handler = _of_function(module, function or "handle") or _of_class(module)
    if envelope:
        handler = handler._replace(entry_point=_wrapped(handler.entry_point, envelope))
    return handler


def _import_handler(file: str, model_dir: str) -> ModuleType:
    stem = file[: -len(".py")] if file.endswith(".py") else file
    name = stem.rpartition("/")[2]
    if not name:
        raise ValueError(f'"{file}" names no handler: it should be a Python file or module, such as handler.py')
    path = os.path.join(model_dir, f"{name}.py")
    if os.path.isfile(path):
        return load_source_module(path)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name.partition(".")[0] and error.name != name:
            raise  # the module is there, something that it imports is not
        return _import_built_in(name, error)


def _import_built_in(name: str, missing: ModuleNotFoundError) -> ModuleType:
    try:
        return importlib.import_module(f"{BUILT_IN}.{name}")
    except ModuleNotFoundError as error:
        if error.name == f"{BUILT_IN}.{name}":
            raise missing from None
        raise


def _of_function(module: ModuleType, name: str) -> Handler | None:
    entry = getattr(module, name, None)
    if entry is None:
        return None
    return Handler(entry, lambda context: entry(None, context), module)


def _of_class(module: ModuleType) -> Handler:
    classes = list_classes_from_module(module)
    if len(classes) != 1:
        raise ValueError(f"Expected only one class in custom service code or a function entry point {classes}")
    handler = classes[0]()
    if not hasattr(handler, "handle"):
        raise ValueError(f"Expect handle method in class {classes[0]}")
    # Looked up once, here: a constructor may have put something else in its place.
    return Handler(handler.handle, lambda context: handler.initialize(context), handler)


def _wrapped(entry_point: Callable[..., Any], name: str) -> Callable[..., Any]:
    module = importlib.import_module(f"{ENVELOPES}.{name}")
    wrapped: Callable[..., Any] = list_classes_from_module(module)[0](entry_point).handle
    return wrapped

"""Loading a model in a nursery of its own, before its workers are forked (`workerStart: forkAfterLoad`).

The workers share its weights copy-on-write. What does not survive a fork must not be there by then: threads, an event
loop, a device.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from ts_worker.messages import Load
from ts_worker.model import Model
from ts_worker.preparation import prepare

_preloaded: Model | None = None


def preload(load: dict[str, Any]) -> str | None:
    """Loads what a `Load` message with these fields says; why workers cannot be forked from here, or None."""
    global _preloaded
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)  # none in a pool: a pool's threads would be missed by the workers
    message, threads = Load(**load), _threads()
    try:
        model = prepare(message, lambda: None)
    except Exception as error:
        return f"it cannot be loaded: {error}"
    if model.is_async:
        return "its handler is a coroutine function, whose event loop cannot be shared"
    if _threads() > threads:
        return "its handler started threads while it was loaded"
    if torch is not None and torch.cuda.is_initialized():
        return "its handler uses a GPU"
    _preloaded = model
    return None


def _threads() -> int:
    """Those of OpenBLAS among them, which knows how to fork."""
    return len(os.listdir("/proc/self/task"))


def preloaded() -> Model | None:
    """The model that this process was forked with."""
    return _preloaded

"""Time the steps of a handler."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

_Method = TypeVar("_Method", bound=Callable[..., Any])


def timed(method: _Method) -> _Method:
    """Decorator for a handler's methods: report how long each call takes as ``ts_handler_<method name>``, in ms.

    Only where the model's yaml has ``handler: {profile: true}`` and ``self.context`` is set; else the method is called
    as it is. On a GPU the time is measured there, and the call waits for the GPU to finish.
    """

    @wraps(method)
    def measured(self: Any, *args: Any, **kwargs: Any) -> Any:
        context = getattr(self, "context", None)
        if not context or not _profiled(context):
            return method(self, *args, **kwargs)
        import torch

        if torch.cuda.is_available():
            start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            start.record()
            result = method(self, *args, **kwargs)
            end.record()
            torch.cuda.synchronize()
            milliseconds = start.elapsed_time(end)
        else:
            began = time.perf_counter()
            result = method(self, *args, **kwargs)
            milliseconds = (time.perf_counter() - began) * 1000
        context.metrics.add_time(f"ts_handler_{method.__name__}", milliseconds)
        return result

    return measured  # type: ignore[return-value]


def _profiled(context: Any) -> bool:
    config = getattr(context, "model_yaml_config", None)
    section = config.get("handler") if isinstance(config, dict) else None
    return bool(section.get("profile")) if isinstance(section, dict) else False

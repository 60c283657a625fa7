"""Print how long a function takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])


def timeit(func: _Function) -> _Function:
    """Decorator: print the function's name and the milliseconds of each call."""

    @wraps(func)
    def timed(*args: Any, **kwargs: Any) -> Any:
        began = time.perf_counter()
        try:
            return func(*args, **kwargs)
        finally:
            print(f"func: {func.__name__} took {(time.perf_counter() - began) * 1000:.3f} ms")

    return timed  # type: ignore[return-value]

"""What a handler frees stays with its worker, for the next batch."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping

# Parameters of mallopt in glibc's malloc.h.
_TRIM_THRESHOLD = -1
_MMAP_THRESHOLD = -3
# Larger values than it takes from mmap each time; it accepts no more than 32 MiB.
_OWN_MAPPING_BYTES = 32 << 20
# Most that stays at the end of the heap. The layers of ResNet-18 free some 80 MB in a batch of eight.
_KEPT_BYTES = 256 << 20

_USERS_OWN = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TOP_PAD_", "MALLOC_MMAP_MAX_")


def keep_freed_memory(environment: Mapping[str, str] = os.environ) -> bool:
    """Has glibc keep up to 256 MiB that was freed, where it would give it back to the system.

    What networks allocate for each layer is given back and faulted in anew page by page otherwise: 7 % of a worker's
    time with ResNet-18 on a CPU. Nothing is changed where the user has said how malloc is to do it, nor under another
    C library.

    :returns: whether it was changed.
    """
    if any(name in environment for name in _USERS_OWN) or "glibc.malloc" in environment.get("GLIBC_TUNABLES", ""):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(_MMAP_THRESHOLD, _OWN_MAPPING_BYTES)) and bool(mallopt(_TRIM_THRESHOLD, _KEPT_BYTES))

"""Where this worker computes: the cores that it runs on and the memory node that it takes memory from."""

from __future__ import annotations

import ctypes
import logging
import os
import platform
from collections.abc import Iterable

logger = logging.getLogger("ts.model_service_worker")

# Linux system call numbers and the policy of numactl's --membind; the C library has no wrapper for it.
_SET_MEMPOLICY = {"x86_64": 238, "aarch64": 237}
_MPOL_BIND = 2
_BITS = 8 * ctypes.sizeof(ctypes.c_ulong)


def place(cpus: Iterable[int], memory_node: int) -> None:
    """Binds every thread of this process to `cpus`, and the memory that it takes from now on to `memory_node`.

    A `memory_node` of -1 leaves memory alone. What the system refuses is logged, and the worker goes on without it.
    """
    wanted = sorted(cpus)
    try:
        _bind_threads(wanted)
    except (AttributeError, OSError) as error:
        logger.warning("Cannot run on CPUs %s alone: %s", _ranges(wanted), error)
        return
    logger.info("Runs on CPUs %s", _ranges(wanted))
    if memory_node < 0:
        return
    try:
        _bind_memory(memory_node)
    except OSError as error:
        logger.warning("Cannot take memory of node %d alone: %s", memory_node, error)
        return
    logger.info("Takes memory of node %d", memory_node)


def _bind_threads(cpus: list[int]) -> None:
    """A thread inherits the binding of the one that starts it: all is done when a look finds none that is new."""
    bound: set[int] = set()
    while True:
        unbound = {int(name) for name in os.listdir("/proc/self/task")} - bound
        if not unbound:
            return
        for thread in unbound:
            try:
                os.sched_setaffinity(thread, cpus)
            except ProcessLookupError:
                pass  # it has ended since
        bound |= unbound


def _bind_memory(node: int) -> None:
    """For this thread and those that it starts."""
    number = _SET_MEMPOLICY.get(platform.machine())
    if number is None:
        raise OSError(f"not known how on {platform.machine()}")
    words = node // _BITS + 1
    mask = (ctypes.c_ulong * words)()
    mask[node // _BITS] = 1 << (node % _BITS)
    libc = ctypes.CDLL(None, use_errno=True)
    # The kernel takes one bit more than it reads.
    if libc.syscall(number, _MPOL_BIND, mask, ctypes.c_ulong(words * _BITS + 1)) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _ranges(numbers: list[int]) -> str:
    """As the kernel writes lists: `0-3,8`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return ",".join("-".join(map(str, run)) for run in runs)

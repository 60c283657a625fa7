"""How many cores torch may use in this worker, and which."""

from __future__ import annotations

import os
from typing import Any

from ts_worker.cpu_placement import place
from ts_worker.wake_placement import WakePlacement


class CpuThreads:
    """Gives torch this worker's share of the cores, unless the user or the handler decided otherwise.

    The thread count of torch belongs to the thread that sets it: call from the one that runs the handler.
    """

    def __init__(self, wake_placement: WakePlacement) -> None:
        """`wake_placement` is told the share as well."""
        self._given: int | None = None
        self._wake_placement = wake_placement

    def follow(self, order: Any) -> None:
        """Does what a Load or a Tune says of cores: first where this worker runs, then with how many threads."""
        self._wake_placement.allot(order.cpu_threads)
        if order.HasField("placement"):
            place(order.placement.cpus, order.placement.memory_node)
        self.give(order.cpu_threads)

    def give(self, count: int) -> None:
        """0 leaves things as they are."""
        if count <= 0:
            return
        chosen = os.environ.get("OMP_NUM_THREADS")
        try:
            import torch
        except ImportError:
            return  # a model without torch has no threads of its
        if not hasattr(torch, "set_num_threads"):
            return  # an archive's own torch.py
        if chosen is not None:
            self._obey(torch, chosen)
            return
        if self._given is not None and torch.get_num_threads() != self._given:
            return  # the handler has set it since
        torch.set_num_threads(count)
        self._given = count

    @staticmethod
    def _obey(torch: Any, chosen: str) -> None:
        """A forked worker has read the variable when its nursery started, where it may have had another value."""
        if chosen.isdigit() and int(chosen) > 0 and torch.get_num_threads() != int(chosen):
            torch.set_num_threads(int(chosen))

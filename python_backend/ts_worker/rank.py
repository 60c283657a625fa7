"""Which process this is of those that serve one model together, as torchrun tells them."""

from __future__ import annotations

import os
from typing import NamedTuple

from ts_worker.streams import take_streams

# The socket that each rank's output goes to.
_OUTPUT = "TORCHBRIDGE_OUTPUT"
# Set where OMP_NUM_THREADS is torchrun's and not the user's.
_THREADS = "TORCHBRIDGE_THREADS"


class Rank(NamedTuple):
    """`number` counts from 0; a process that torchrun has not started is 0 of 0."""

    number: int
    world_size: int


def own_rank() -> Rank:
    """RANK and WORLD_SIZE count only where torchrun has set them: batch systems set them for jobs of their own."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return Rank(0, 0)
    return Rank(int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]))


def is_silent_rank() -> bool:
    """Of the processes of one model, only rank 0 answers."""
    return os.environ.get("LOCAL_RANK", "0") != "0"


def settle_in() -> None:
    """Makes what a rank inherited from torchrun its own; does nothing in a process that torchrun has not started."""
    if _THREADS in os.environ:
        del os.environ[_THREADS], os.environ["OMP_NUM_THREADS"]
    output = os.environ.pop(_OUTPUT, None)
    if output is not None:
        take_streams(f"{os.environ['TORCHBRIDGE_WORKER_ID']}.{os.environ['LOCAL_RANK']}", output)


def leave_threads_to_ranks() -> None:
    """Before torchrun starts: it would set OMP_NUM_THREADS to 1 where nobody has, and say so in the log. Its ranks get
    a share of the cores instead, like any worker."""
    if "OMP_NUM_THREADS" not in os.environ:
        os.environ.update({"OMP_NUM_THREADS": "1", _THREADS: "shared"})

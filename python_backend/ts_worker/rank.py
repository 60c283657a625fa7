"""Which process this is of those that serve one model together, as torchrun tells them."""

from __future__ import annotations

import os
from typing import NamedTuple


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

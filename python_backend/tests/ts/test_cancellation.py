"""`is_cancelled_on_all_ranks`, in one process and between two."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch.multiprocessing as multiprocessing

from ts.context import Context
from ts.handler_utils.distributed.cancellation import is_cancelled_on_all_ranks


def context(**channel: Any) -> Context:
    made = Context("m", ".", {}, 1, None, None)
    made.cl_socket = SimpleNamespace(**channel)
    return made


def test_one_process_asks_itself() -> None:
    running = context(cancelled={1}, callers_gone={1}, in_step=False)
    assert [is_cancelled_on_all_ranks(running, index) for index in (0, 1)] == [False, True]
    assert is_cancelled_on_all_ranks(SimpleNamespace(cl_socket=None)) is False, (
        "TorchServe's context has no such method"
    )


def rank(number: int, meeting: str, told: Any) -> None:
    import torch.distributed as dist

    dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=number, world_size=2)
    running = context(cancelled=set(), callers_gone={1} if number == 0 else {0}, in_step=True)
    told.put((number, [is_cancelled_on_all_ranks(running, index) for index in (0, 1)]))
    dist.barrier()


def test_ranks_in_step_hear_what_the_first_knows(tmp_path: Any) -> None:
    told = multiprocessing.get_context("spawn").SimpleQueue()
    multiprocessing.spawn(rank, args=(str(tmp_path / "meeting"), told), nprocs=2)
    assert sorted(told.get() for _ in range(2)) == [(0, [False, True]), (1, [False, True])]

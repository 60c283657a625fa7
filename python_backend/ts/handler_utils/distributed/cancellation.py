"""Whether to go on, for handlers whose ranks run each batch together."""

from __future__ import annotations

from typing import Any


def is_cancelled_on_all_ranks(context: Any, idx: int = 0) -> bool:
    """Whether nobody waits for response ``idx`` of the batch any more, with the same answer on every rank.

    In a model of several ranks (``parallelType: tp`` or ``pptp``) a caller who leaves ends nothing by itself, and
    ``context.is_cancelled`` stays False: a rank that stopped alone would leave the others waiting for it. This asks
    rank 0 on behalf of all, through ``torch.distributed``, so every rank has to call it, at the same place of its work.
    Where one process alone runs a batch, it is ``context.is_cancelled``.

    :param context: of the batch that runs.
    :param idx: index of the request within the batch.
    :returns: True where the work for this request may stop. Under TorchServe always False.
    :raises ValueError: where the ranks run batches together and ``init_process_group`` was not called.
    :raises RuntimeError: where another rank has left the process group.
    """
    channel = context.cl_socket
    if not getattr(channel, "in_step", False):
        return bool(getattr(context, "is_cancelled", lambda idx: False)(idx))
    import torch
    import torch.distributed as dist

    gone = idx in channel.callers_gone
    device = torch.device("cuda", torch.cuda.current_device()) if dist.get_backend() == "nccl" else torch.device("cpu")
    word = torch.tensor([gone], dtype=torch.uint8, device=device)
    dist.broadcast(word, src=0)
    return bool(word.item())

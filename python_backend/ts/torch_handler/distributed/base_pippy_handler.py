"""The base of handlers whose model is a pipeline of processes."""

from __future__ import annotations

import os
from abc import ABC
from typing import Any

import torch

from ts.handler_utils.distributed.pt_pippy import initialize_rpc_workers
from ts.torch_handler.base_handler import BaseHandler


class BasePippyHandler(BaseHandler, ABC):
    """Joins the processes that torchrun started. The subclass loads the model, and cuts it up with
    :func:`ts.handler_utils.distributed.pt_pippy.get_pipeline_driver`."""

    def initialize(self, ctx: Any) -> None:
        """Join the other processes; does not load a model.

        :raises KeyError: without torchrun's LOCAL_RANK and WORLD_SIZE: the yaml needs ``parallelType: pp`` and
            ``torchrun: {nproc-per-node: N}``.
        """
        self.local_rank = int(os.environ["LOCAL_RANK"])
        self.world_size = int(os.environ["WORLD_SIZE"])
        devices = torch.cuda.device_count()
        self.device: Any = self.local_rank % devices if devices else torch.device("cpu")
        initialize_rpc_workers(self.local_rank, self.world_size, ctx)

"""Tensor parallel: each process has a part of every layer, and all of them compute each letter together."""

import torch
import torch.distributed as dist
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module
from ts.handler_utils.distributed.cancellation import is_cancelled_on_all_ranks
from ts.handler_utils.utils import send_intermediate_predict_response
from ts.torch_handler.base_handler import BaseHandler

from model import LETTERS, WINDOW, indices

# Of each block: what is cut by its outputs, then what is cut by its inputs, whose partial sums are added up.
PLAN = {
    "attention.query": ColwiseParallel(),
    "attention.key": ColwiseParallel(),
    "attention.value": ColwiseParallel(),
    "attention.out": RowwiseParallel(),
    "up": ColwiseParallel(),
    "down": RowwiseParallel(),
}


class ParallelWriter(BaseHandler):
    """A request is `{"prompt": text, "length": letters}`; its answer is what follows, a letter a piece."""

    def initialize(self, context):
        super().initialize(context)
        dist.init_process_group("nccl" if self.device.type == "cuda" else "gloo")
        mesh = init_device_mesh(self.device.type, (dist.get_world_size(),))
        for block in self.model.blocks:
            parallelize_module(block, mesh, PLAN)

    # Sharded layers are many times slower in inference_mode.
    @torch.no_grad()
    def handle(self, data, context):
        for index, row in enumerate(data):
            self.write(index, context, **(row.get("data") or row.get("body")))
        return [""] * len(data)

    def write(self, index, context, prompt, length=100):
        """Every rank computes the same letters; the answer is the first one's."""
        seen = indices(prompt) or [0]
        for _ in range(length):
            if is_cancelled_on_all_ranks(context, index):
                return
            scores = self.model(torch.tensor([seen[-WINDOW:]], device=self.device))
            seen.append(int(scores[0].argmax()))
            ids = {index: context.get_request_id(index)}
            letters = {index: LETTERS[seen[-1]]}
            send_intermediate_predict_response(letters, ids, "a letter", 200, context)

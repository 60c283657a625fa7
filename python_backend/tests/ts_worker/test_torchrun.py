"""One model over several workers, which the real torchrun starts."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.frontend import Attached, Frontend, eventually, is_alive, request
from ts_worker.messages import Code

# torch is imported by torchrun and by each rank.
PATIENCE = 120.0

HANDLER = """
import os
import torch
import torch.distributed as dist
from ts.handler_utils.utils import send_intermediate_predict_response
from ts.torch_handler.distributed.base_deepspeed_handler import BaseDeepSpeedHandler

class Handler(BaseDeepSpeedHandler):
    def initialize(self, context):
        super().initialize(context)
        dist.init_process_group("gloo")

    def handle(self, data, context):
        share = torch.tensor([float(data[0]["body"]) * (dist.get_rank() + 1)])
        dist.all_reduce(share)
        send_intermediate_predict_response(["part"], context.request_ids, "part", 200, context)
        names = ("LOCAL_RANK", "RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "TORCHBRIDGE_PARENT")
        return [{"sum": share.item(), "device": self.device, "seen": {name: os.environ.get(name) for name in names}}]
"""


@pytest.fixture
def ranks(tmp_path: Path) -> Iterator[tuple[Frontend, list[Attached]]]:
    frontend = Frontend(tmp_path)
    options = ("--nnodes=1", "--nproc-per-node=2", "--rdzv-backend=c10d", "--rdzv-endpoint=127.0.0.1:0")
    frontend.spawn("ts_worker.torchrun", *options, TORCHBRIDGE_PARENT=str(os.getpid()), OMP_NUM_THREADS="1")
    attached = [frontend.accept(PATIENCE) for _ in range(2)]
    yield frontend, sorted(attached, key=lambda worker: worker.hello.rank)
    frontend.close()


def test_ranks_work_together_and_end_together(ranks: tuple[Frontend, list[Attached]], tmp_path: Path) -> None:
    frontend, workers = ranks
    assert [(worker.hello.rank, worker.hello.world_size) for worker in workers] == [(0, 2), (1, 2)]
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "handler.py").write_text(HANDLER)
    model = {"model_name": "m", "model_dir": str(tmp_path / "model"), "handler": "handler.py", "gpu_id": -1}
    for worker in workers:  # each waits for the other in initialize
        worker.send(load={**model, "batch_size": 1})
    assert [worker.next_event("loaded", PATIENCE).code for worker in workers] == [Code.OK] * 2, frontend.output()
    for worker in workers:
        worker.start_batch(request(b"5"))
    assert workers[0].next_event("piece", PATIENCE).answer.body == b"part"
    answer = json.loads(workers[0].next_event("result", PATIENCE).answers[0].body)
    assert (answer["sum"], answer["device"]) == (15.0, 0)
    assert answer["seen"] == {
        "LOCAL_RANK": "0",
        "RANK": "0",
        "WORLD_SIZE": "2",
        "LOCAL_WORLD_SIZE": "2",
        "TORCHBRIDGE_PARENT": None,
    }
    assert eventually(lambda: "skip sending response at rank 1" in frontend.output())
    done = workers[1].next_event("result", PATIENCE)  # that it is done with the batch, and nothing more
    assert (done.code, len(done.answers)) == (Code.OK, 0)
    assert workers[1].events.empty()
    frontend.close()
    assert eventually(lambda: not any(is_alive(worker.hello.pid) for worker in workers))

"""Models cut into a pipeline of stages by PiPPy, one stage a process."""

from __future__ import annotations

import inspect
import logging
import os
from typing import Any

import torch
import torch.distributed.rpc as rpc

from ts.torch_handler.optional import require

logger = logging.getLogger(__name__)

# The last release that has the driver which runs a pipeline from one process.
_PACKAGE = "torchpippy==0.1.1"


def initialize_rpc_workers(local_rank: int, world_size: int, ctx: Any) -> None:
    """Join the processes of one model by RPC, as ``worker0``, ``worker1``, ...

    The yaml's ``pippy`` section sets ``rpc_timeout`` (seconds) and
    ``num_worker_threads``.

    :raises KeyError: if the yaml lacks one of them.
    """
    section = ctx.model_yaml_config.get("pippy") or {}
    for key in ("rpc_timeout", "num_worker_threads"):
        if key not in section:
            raise KeyError(f"pippy.{key} is missing in the yaml configuration of {ctx.model_name}")
    options = rpc.TensorPipeRpcBackendOptions(
        num_worker_threads=section["num_worker_threads"], rpc_timeout=section["rpc_timeout"]
    )
    devices = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if devices:
        for rank in range(world_size):
            options.set_device_map(f"worker{rank}", {local_rank % devices: rank % devices})
    rpc.init_rpc(f"worker{local_rank}", rank=local_rank, world_size=world_size, rpc_backend_options=options)


def get_pipeline_driver(model: Any, world_size: int, ctx: Any) -> Any:
    """Cut the model into ``world_size`` stages. Every process calls it, after :func:`initialize_rpc_workers`.

    ::

        handler:
          model_path: checkpoints
          index_filename: pytorch_model.bin.index.json   # optional, in model_path
        pippy:
          input_names: [input_ids]    # the arguments of forward that requests give
          model_type: HF              # HF: a Hugging Face model
          chunks: 1                   # optional: parts that a batch is cut into

    :returns: for ``HF`` the model, whose forward now runs the pipeline on rank 0; else the driver (``None`` on the
        ranks other than 0).
    :raises AssertionError: if the yaml lacks a key.
    :raises ImportError: if PiPPy is not installed.
    """
    handler = ctx.model_yaml_config.get("handler") or {}
    section = ctx.model_yaml_config.get("pippy") or {}
    assert "input_names" in section, "Missing 'input_names' key in YAML config"
    assert "model_type" in section, "Missing 'model_type' key in YAML config"
    assert "model_path" in handler, "Missing 'model_path' key in YAML config"
    index_file = None
    if handler.get("index_filename"):
        index_file = os.path.join(handler["model_path"], handler["index_filename"])
        assert os.path.exists(index_file), f"Index file '{index_file}' not found"
    hugging_face = section["model_type"] == "HF"
    pippy = require("pippy", "pipelined models", _PACKAGE)
    tracer = require("pippy.hf", "pipelined Hugging Face models", _PACKAGE).PiPPyHFTracer() if hugging_face else None

    model.eval()
    parameters = inspect.signature(model.forward).parameters.values()
    fixed = {each.name: each.default for each in parameters if each.name not in section["input_names"]}
    logger.info("Instantiating model pipeline")
    driver, _ = pippy.all_compile(
        model,
        num_ranks=world_size,
        num_chunks=section.get("chunks", 1),
        schedule="FillDrain",
        split_policy=pippy.split_into_equal_size(world_size),
        tracer=tracer,
        index_filename=index_file,
        checkpoint_prefix=None,
        concrete_args=fixed,
    )
    if not hugging_face:
        return driver
    if driver is not None:
        pippy.hf.inject_pipeline_forward(model, driver)
    return model


def get_pipline_driver(model: Any, world_size: int, ctx: Any) -> Any:
    """:func:`get_pipeline_driver`, as older documentation spells it."""
    return get_pipeline_driver(model, world_size, ctx)

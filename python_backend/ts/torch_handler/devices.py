"""Which device a handler's model goes to."""

from __future__ import annotations

import logging
import os
from typing import Any

import torch

from ts.torch_handler.optional import is_installed

logger = logging.getLogger("ts.torch_handler.base_handler")

XLA_AVAILABLE = False
if is_installed("torch_xla"):
    try:
        import torch_xla.core.xla_model as xm

        XLA_AVAILABLE = True
    except ImportError as error:
        logger.warning("torch_xla is installed but cannot be imported: %s", error)


def choose(gpu_id: Any) -> tuple[str | None, Any]:
    """The ``map_location`` and the device of a worker that was given this GPU (``None``: the CPU).

    In this order: CUDA, Intel's XPU (where ``TS_IPEX_GPU_ENABLE=true``), Apple's MPS, XLA, the CPU. For XLA the
    ``map_location`` is ``None``.

    :raises ValueError: if CUDA has no device of this number.
    """
    if gpu_id is not None:
        if torch.cuda.is_available():
            _must_exist(int(gpu_id), torch.cuda.device_count())
            return "cuda", torch.device(f"cuda:{gpu_id}")
        if os.environ.get("TS_IPEX_GPU_ENABLE", "false") == "true" and torch.xpu.is_available():
            return "xpu", torch.device(f"xpu:{gpu_id}")
        if torch.backends.mps.is_available():
            return "mps", torch.device("mps")
        logger.warning(
            "The worker was given GPU %s, but this PyTorch (%s) can use none: the model runs on the CPU. Install a "
            "PyTorch built for the GPU and its driver, or set number_of_gpu=0 or the model's deviceType: cpu",
            gpu_id,
            torch.__version__,
        )
    if XLA_AVAILABLE:
        return None, xm.xla_device()
    return "cpu", torch.device("cpu")


def _must_exist(gpu_id: int, count: int) -> None:
    # The driver's own words would count as memory that has run out.
    if gpu_id >= count:
        raise ValueError(
            f"the worker was given GPU {gpu_id}, but PyTorch sees {count}, counted from 0: correct number_of_gpu, the "
            "model's deviceIds or the visible devices in the server's environment"
        )

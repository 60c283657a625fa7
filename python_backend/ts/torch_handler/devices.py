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
    """
    if gpu_id is not None:
        if torch.cuda.is_available():
            return "cuda", torch.device(f"cuda:{gpu_id}")
        if os.environ.get("TS_IPEX_GPU_ENABLE", "false") == "true" and torch.xpu.is_available():
            return "xpu", torch.device(f"xpu:{gpu_id}")
        if torch.backends.mps.is_available():
            return "mps", torch.device("mps")
    if XLA_AVAILABLE:
        return None, xm.xla_device()
    return "cpu", torch.device("cpu")

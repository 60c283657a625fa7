"""The base of handlers whose model DeepSpeed runs."""

from __future__ import annotations

import os
from abc import ABC
from typing import Any

from ts.torch_handler.base_handler import BaseHandler


class BaseDeepSpeedHandler(BaseHandler, ABC):
    """Takes the device of its rank. The subclass loads the model, and calls
    :func:`ts.handler_utils.distributed.deepspeed.get_ds_engine`."""

    def initialize(self, ctx: Any) -> None:
        """Set ``device`` to torchrun's LOCAL_RANK, 0 without it; does not load a model."""
        self.device: Any = int(os.environ.get("LOCAL_RANK", "0"))

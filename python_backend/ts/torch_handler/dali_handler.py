"""The base of handlers that preprocess images with NVIDIA DALI."""

from __future__ import annotations

from abc import ABC
from functools import cached_property
from typing import Any

import torch

from ts.handler_utils.preprocess.dali import get_dali_pipeline
from ts.torch_handler.base_handler import BaseHandler
from ts.torch_handler.explanation import class_index
from ts.torch_handler.optional import require


class DALIHandler(BaseHandler, ABC):
    """Preprocesses with the pipeline of the archive's yaml, see
    :func:`ts.handler_utils.preprocess.dali.get_dali_pipeline`."""

    def initialize(self, context: Any) -> None:
        """Load the model and build the pipeline."""
        super().initialize(context)
        self.pipeline = get_dali_pipeline(context)

    @cached_property
    def ig(self) -> Any:
        """captum's ``IntegratedGradients`` for the model, made when first used."""
        return require("captum.attr", "explanations").IntegratedGradients(self.model)

    def preprocess(self, data: list[dict[str, Any]]) -> torch.Tensor:
        """N rows of encoded images -> tensor N x C x H x W on the handler's device."""
        import numpy

        images = [numpy.frombuffer(row.get("data") or row.get("body"), dtype=numpy.uint8) for row in data]
        (output,) = self.pipeline.run(source=images)
        if hasattr(output, "as_cpu"):
            output = output.as_cpu()
        return torch.from_numpy(output.as_array()).to(self.device)

    def get_insights(self, tensor_data: torch.Tensor, _: Any, target: Any = 0) -> list[Any]:
        """As :meth:`ts.torch_handler.vision_handler.VisionHandler.get_insights`."""
        print("input shape", tensor_data.shape)
        return self.ig.attribute(tensor_data, target=class_index(target), n_steps=15).tolist()

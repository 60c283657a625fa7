"""The handler ``dali_image_classifier``: as ``image_classifier``, with NVIDIA DALI for the preprocessing."""

from __future__ import annotations

import torch

from ts.torch_handler.dali_handler import DALIHandler
from ts.torch_handler.image_classifier import likeliest


class DALIImageClassifier(DALIHandler):
    """Answers ``{label: probability}`` for the ``topk`` likeliest classes of each image."""

    #: How many classes an answer names.
    topk = 5

    def set_max_result_classes(self, topk: int) -> None:
        """Name ``topk`` classes in each answer from now on."""
        self.topk = topk

    def get_max_result_classes(self) -> int:
        """How many classes an answer names."""
        return self.topk

    def postprocess(self, data: torch.Tensor) -> list[dict[str, float]]:
        """Turn scores N x K into N dicts."""
        return likeliest(data, self.topk, self.mapping)

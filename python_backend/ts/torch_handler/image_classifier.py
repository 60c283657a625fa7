"""The handler ``image_classifier``: an image in, its most likely classes out."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F

from ts.torch_handler import image_transforms
from ts.torch_handler.optional import Lazy
from ts.torch_handler.vision_handler import VisionHandler
from ts.utils.util import map_class_to_label


class ImageClassifier(VisionHandler):
    """Classifies images with a model that takes N x 3 x 224 x 224 and gives N x K scores.

    Each answer is ``{label: probability}`` for the ``topk`` likeliest classes, likeliest first. Labels come from the
    archive's ``index_to_name.json``; without it they are class numbers.
    """

    #: How many classes an answer names.
    topk = 5
    image_processing = Lazy(image_transforms.imagenet)

    def set_max_result_classes(self, topk: int) -> None:
        """Name ``topk`` classes in each answer from now on."""
        self.topk = topk

    def get_max_result_classes(self) -> int:
        """How many classes an answer names."""
        return self.topk

    def postprocess(self, data: torch.Tensor) -> list[dict[str, float]]:
        """Turn scores N x K into N dicts.

        :raises ValueError: if the model has fewer classes than ``topk``.
        :raises KeyError: if ``index_to_name.json`` lacks a class.
        """
        if data.shape[1] < self.topk:
            raise ValueError(
                f"the model gives {data.shape[1]} classes but answers are to name {self.topk}: call "
                f"set_max_result_classes({data.shape[1]}) in the handler, or set its attribute topk"
            )
        probabilities, classes = torch.topk(F.softmax(data, dim=1), self.topk, dim=1)
        return map_class_to_label(probabilities.tolist(), self.mapping, classes.tolist())

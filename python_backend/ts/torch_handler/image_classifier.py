"""The handler ``image_classifier``: an image in, its most likely classes out."""

from __future__ import annotations

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
        """Turn scores N x K into N dicts."""
        return likeliest(data, self.topk, self.mapping)


def likeliest(scores: torch.Tensor, topk: int, mapping: dict[str, str] | None) -> list[dict[str, float]]:
    """The ``topk`` likeliest classes of each row of scores N x K, as N dicts ``{label: probability}``.

    :raises ValueError: if there are fewer than ``topk`` classes.
    :raises KeyError: if the mapping lacks a class.
    """
    if scores.shape[1] < topk:
        raise ValueError(
            f"the model gives {scores.shape[1]} classes but answers are to name {topk}: call "
            f"set_max_result_classes({scores.shape[1]}) in the handler, or set its attribute topk"
        )
    probabilities, classes = torch.topk(F.softmax(scores, dim=1), topk, dim=1)
    return map_class_to_label(probabilities.tolist(), mapping, classes.tolist())

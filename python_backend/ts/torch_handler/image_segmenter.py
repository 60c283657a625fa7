"""The handler ``image_segmenter``: an image in, a class and its probability for every pixel out."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from ts.torch_handler import image_transforms
from ts.torch_handler.optional import Lazy
from ts.torch_handler.vision_handler import VisionHandler


class ImageSegmenter(VisionHandler):
    """Segments images with a model that takes N x 3 x 224 x 224 and gives ``{"out": N x K x H x W}`` scores."""

    image_processing = Lazy(image_transforms.imagenet)

    def postprocess(self, data: dict[str, torch.Tensor]) -> list[list[list[list[float]]]]:
        """Turn the scores into N nested lists H x W x 2: of each pixel the likeliest class, and its probability."""
        probabilities, classes = torch.max(F.softmax(data["out"], dim=1), dim=1)
        return torch.stack([classes.type(probabilities.dtype), probabilities], dim=3).tolist()

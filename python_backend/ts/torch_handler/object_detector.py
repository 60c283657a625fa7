"""The handler ``object_detector``: an image in, boxes with labels and scores out."""

from __future__ import annotations

from typing import Any

import torch

from ts.torch_handler import image_transforms
from ts.torch_handler.optional import Lazy
from ts.torch_handler.vision_handler import VisionHandler
from ts.utils.util import map_class_to_label


class ObjectDetector(VisionHandler):
    """Finds objects with a model that takes N x C x H x W and gives, per image, a dict of ``boxes`` (M x 4, corners in
    pixels), ``labels`` (M) and ``scores`` (M), as torchvision's detection models do.

    Images keep their size, so those of one batch have to be equally large.
    """

    #: Objects with a lower score are left out.
    threshold = 0.5
    image_processing = Lazy(image_transforms.plain)

    def postprocess(self, data: list[dict[str, torch.Tensor]]) -> list[list[dict[str, Any]]]:
        """Turn the model's findings into N lists of ``{label: [x1, y1, x2, y2], "score": score}``, in its order.

        :raises KeyError: if ``index_to_name.json`` lacks a class.
        """
        answers = []
        for found in data:
            kept = found["scores"] >= self.threshold
            boxes, labels, scores = (found[name][kept].tolist() for name in ("boxes", "labels", "scores"))
            objects = map_class_to_label([[box] for box in boxes], self.mapping, [[label] for label in labels])
            for each, score in zip(objects, scores):
                each["score"] = score
            answers.append(objects)
        return answers

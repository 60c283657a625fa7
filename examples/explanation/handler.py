"""Says whether the left or the right half of a picture is brighter, and which pixels say so."""

import numpy
import torch
from ts.torch_handler.vision_handler import VisionHandler


class Halves(VisionHandler):
    """A request is a picture; ``/explanations`` is answered by VisionHandler."""

    @staticmethod
    def image_processing(picture):
        grey = picture.convert("L").resize((8, 8))
        return torch.from_numpy(numpy.array(grey, dtype=numpy.float32)).unsqueeze(0) / 255

    def postprocess(self, data):
        return [dict(zip(("left", "right"), row)) for row in torch.softmax(data, dim=1).tolist()]

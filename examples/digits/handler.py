"""Answers the three likeliest digits of a picture. An ordinary TorchServe handler."""

import io

import torch
from PIL import Image, ImageOps
from ts.torch_handler.base_handler import BaseHandler
from ts.utils.util import map_class_to_label


class DigitHandler(BaseHandler):
    """Takes a picture in any format that Pillow reads: dark ink on light paper, or light on dark."""

    def preprocess(self, data):
        pictures = [self.to_tensor(row.get("data") or row.get("body")) for row in data]
        return torch.stack(pictures).to(self.device)

    def to_tensor(self, picture):
        image = ImageOps.grayscale(Image.open(io.BytesIO(picture)))
        image = image.resize((8, 8), Image.Resampling.BOX)
        pixels = torch.tensor(list(image.tobytes()), dtype=torch.float32).view(1, 8, 8) / 255
        # the network learned ink as 1 and paper as 0; the rim of a picture is paper
        rim = torch.cat([pixels[0, 0], pixels[0, -1], pixels[0, :, 0], pixels[0, :, -1]])
        return 1 - pixels if rim.median() > 0.5 else pixels

    def postprocess(self, data):
        probabilities, classes = torch.softmax(data, dim=1).topk(3, dim=1)
        return map_class_to_label(probabilities.tolist(), self.mapping, classes.tolist())

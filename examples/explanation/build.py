"""Makes the weights, a picture, its prediction, and its explanation as captum gives it."""

import json
from pathlib import Path

import numpy
import torch
from captum.attr import IntegratedGradients
from PIL import Image

from model import Compare

BUILD = Path(__file__).parent / "build"
BUILD.mkdir(exist_ok=True)

left = torch.zeros(8, 8)
left[:, :4] = 1 / 16
left[:, 4:] = -1 / 16
model = Compare().eval()
with torch.no_grad():
    model.weigh.weight.copy_(torch.stack([left.flatten(), -left.flatten()]))
torch.save(model.state_dict(), BUILD / "compare.pth")

pixels = numpy.zeros((8, 8), dtype=numpy.uint8)
pixels[2:6, 5:8] = 204
pixels[1, 1] = 102
Image.fromarray(pixels).save(BUILD / "picture.png")

tensor = torch.from_numpy(pixels.astype(numpy.float32)).reshape(1, 1, 8, 8) / 255
with torch.inference_mode():
    prediction = dict(zip(("left", "right"), torch.softmax(model(tensor), dim=1)[0].tolist()))
explanation = IntegratedGradients(model).attribute(tensor, target=1, n_steps=15)[0].tolist()
(BUILD / "prediction.json").write_text(json.dumps(prediction))
(BUILD / "explanation.json").write_text(json.dumps(explanation))
print(prediction)
for row in explanation[0]:
    print(*(f"{value:6.3f}" for value in row))

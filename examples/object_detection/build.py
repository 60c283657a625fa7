"""Makes a picture, and the answer that plain PyTorch gives."""

import json
from pathlib import Path

import torch
from PIL import Image, ImageDraw
from torchvision import transforms

from model import ColouredThings

HERE = Path(__file__).parent
BUILD = HERE / "build"
BUILD.mkdir(exist_ok=True)

picture = Image.new("RGB", (160, 120), "white")
draw = ImageDraw.Draw(picture)
draw.rectangle((10, 20, 49, 59), fill="red")
draw.ellipse((70, 10, 149, 69), fill=(0, 255, 0))
draw.line((20, 110, 150, 80), fill="blue")
picture.save(BUILD / "picture.png")

names = json.loads((HERE / "index_to_name.json").read_text())["object_type_names"]
with torch.inference_mode():
    (found,) = ColouredThings()(transforms.ToTensor()(picture).unsqueeze(0))
answer = [
    {names[label]: box, "score": score}
    for box, label, score in zip(*(found[key].tolist() for key in ("boxes", "labels", "scores")))
    if score >= 0.5
]
(BUILD / "expected.json").write_text(json.dumps(answer, indent=2))
print(json.dumps(answer, indent=2))

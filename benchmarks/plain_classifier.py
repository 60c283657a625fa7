"""A network of torchvision without a server: makes what an archive holds, and times a plain loop over it.

plain_classifier.py make FOLDER NETWORK DEVICE PRECISION PIXELS
plain_classifier.py loop FOLDER NETWORK DEVICE PRECISION PIXELS BATCH    prints images a second for each line of seconds
"""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path

import numpy
import torch
import torchvision
from PIL import Image
from torchvision import transforms

# What the handler image_classifier does to an image.
STEPS = transforms.Compose(
    [
        transforms.Resize(256),
        transforms.CenterCrop(224),
        transforms.ToTensor(),
        transforms.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225]),
    ]
)


def make(folder: Path, network: str, pixels: int) -> None:
    """Write model.py, weights.pth and image.jpg."""
    block, layers = {"resnet18": ("BasicBlock", [2, 2, 2, 2]), "resnet50": ("Bottleneck", [3, 4, 6, 3])}[network]
    lines = [
        f"from torchvision.models.resnet import {block}, ResNet",
        "",
        "",
        "class Network(ResNet):",
        "    def __init__(self):",
        f"        super().__init__({block}, {layers})",
    ]
    (folder / "model.py").write_text("\n".join(lines) + "\n")
    torch.manual_seed(0)
    torch.save(getattr(torchvision.models, network)(weights=None).state_dict(), folder / "weights.pth")
    noise = numpy.random.default_rng(0).integers(0, 256, (pixels // 4, pixels // 4, 3), dtype=numpy.uint8)
    Image.fromarray(noise).resize((pixels, pixels)).save(folder / "image.jpg", quality=90)


def loop(folder: Path, network: str, device: str, half: bool, batch: int) -> None:
    """Decode, transform and classify batches for as many seconds as each line says, and print images a second."""
    model = getattr(torchvision.models, network)(weights=None)
    model.load_state_dict(torch.load(folder / "weights.pth", weights_only=True))
    precision = torch.float16 if half else torch.float32
    model.to(device, precision).eval()
    body = (folder / "image.jpg").read_bytes()

    def once() -> None:
        images = [STEPS(Image.open(io.BytesIO(body))) for _ in range(batch)]
        with torch.inference_mode():
            scores = model(torch.stack(images).to(device, precision))
            torch.topk(torch.softmax(scores.float(), dim=1), 5, dim=1)[0].tolist()

    for line in sys.stdin:
        seconds = float(line)
        for _ in range(3):
            once()
        begin = time.perf_counter()
        batches = 0
        while time.perf_counter() - begin < seconds:
            once()
            batches += 1
        print(batches * batch / (time.perf_counter() - begin), flush=True)


def main() -> None:
    """Do what the words say."""
    verb, folder, network, device, precision, pixels = sys.argv[1:7]
    if verb == "make":
        make(Path(folder), network, int(pixels))
    else:
        loop(Path(folder), network, device, precision == "half", int(sys.argv[7]))


if __name__ == "__main__":
    main()

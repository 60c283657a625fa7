"""Networks on the CPU with their convolutions channels last, beside the same networks as they are.

PYTHONPATH=python_backend "$(node python_backend/environment.mjs vision)" benchmarks/channels_last.py [NETWORK ...]

Prints a table: by network and batch size, how often as quick, the median of turns that follow each other (quartiles).
"""

from __future__ import annotations

import copy
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import nn
from torchvision import models
from ts.torch_handler import channels_last
from ts.torch_handler.channels_last import ChannelsLast

TURNS = 11
#: A turn takes at least so long, so that a clock's and a scheduler's whims are small beside it.
SECONDS_A_TURN = 0.1


def digits(channels: int) -> nn.Module:
    """Two convolutions and a layer, for pictures of 28 x 28."""
    convolutions = [nn.Conv2d(1, channels, 3), nn.ReLU(), nn.Conv2d(channels, 2 * channels, 3), nn.ReLU()]
    return nn.Sequential(*convolutions, nn.MaxPool2d(2), nn.Flatten(), nn.Linear(2 * channels * 12 * 12, 10))


#: How each is made, and the channels and pixels of its pictures.
NETWORKS: dict[str, tuple[Callable[[], nn.Module], int, int]] = {
    "digits, 324 weights": (partial(digits, 4), 1, 28),
    "digits, 4,752 weights": (partial(digits, 16), 1, 28),
    "digits, 18,720 weights": (partial(digits, 32), 1, 28),
    **{
        name: (getattr(models, name), 3, 224)
        for name in (
            "alexnet",
            "convnext_tiny",
            "densenet121",
            "efficientnet_b0",
            "mobilenet_v2",
            "regnet_y_400mf",
            "resnet18",
            "resnet50",
            "squeezenet1_1",
            "vgg11",
            "vit_b_16",
        )
    },
    "deeplabv3_mobilenet": (
        partial(models.segmentation.deeplabv3_mobilenet_v3_large, weights=None, weights_backbone=None),
        3,
        224,
    ),
    "fasterrcnn_mobilenet": (
        partial(models.detection.fasterrcnn_mobilenet_v3_large_320_fpn, weights=None, weights_backbone=None),
        3,
        320,
    ),
}


def seconds(infer: Callable[[torch.Tensor], Any], batch: torch.Tensor, repeats: int) -> float:
    """What one call takes, of so many."""
    began = time.perf_counter()
    for _ in range(repeats):
        infer(batch)
    return (time.perf_counter() - began) / repeats


def quicker(network: nn.Module, batch: torch.Tensor) -> list[float]:
    """How often as quick a network is, turn by turn; each is compared with the mean of the plain turns around it."""
    plain = ChannelsLast(network, {"handler": {"channels_last": False}}).infer
    turned = ChannelsLast(copy.deepcopy(network), None).infer
    for infer in (plain, turned):
        infer(batch)
    repeats = max(1, round(SECONDS_A_TURN / seconds(plain, batch, 2)))
    before, ratios = seconds(plain, batch, repeats), []
    for _ in range(TURNS):
        took, after = seconds(turned, batch, repeats), seconds(plain, batch, repeats)
        ratios.append((before + after) / 2 / took)
        before = after
    return ratios


def main() -> None:
    """Print the table."""
    # What is too small for it as well.
    channels_last._FEWEST_WEIGHTS = 0
    torch.manual_seed(0)
    batches = (1, 8)
    print("| network |" + "".join(f" batches of {size} |" for size in batches))
    print("|---|" + "---:|" * len(batches))
    for name in sys.argv[1:] or NETWORKS:
        make, channels, pixels = NETWORKS[name]
        network = make().eval()
        cells = []
        for size in batches:
            ratios = quicker(network, torch.rand(size, channels, pixels, pixels))
            low, middle, high = statistics.quantiles(ratios, n=4)
            cells.append(f"{middle:.2f} ({low:.2f}–{high:.2f})")
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()

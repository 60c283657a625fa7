"""Trains the network on scikit-learn's digits, and writes digits.pth and the sample pictures beside this file.

    python examples/digits/train.py                    a fifth of the 1,797 pictures is kept aside for the accuracy
    python examples/digits/train.py --cross-validate   writes nothing: five trainings, each picture kept aside once

Needs torch, scikit-learn and Pillow; a training takes some 20 seconds on one core. The samples are pictures that were
kept aside. The seed is fixed, so that a run on the same versions gives the same file.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold
from torch import Tensor, nn

from model import DigitNet

HERE = Path(__file__).resolve().parent
EPOCHS = 60
BATCH = 64


def shifted(pictures: Tensor) -> Tensor:
    """The pictures moved by up to one pixel each way, as people write a digit a little off the middle."""
    down, right = torch.randint(-1, 2, (2,)).tolist()
    padded = nn.functional.pad(pictures, (1, 1, 1, 1))
    return padded[..., 1 + down : 9 + down, 1 + right : 9 + right]


def train(pictures: Tensor, digits: Tensor) -> DigitNet:
    model = DigitNet()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-2)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-2, epochs=EPOCHS, steps_per_epoch=-(-len(digits) // BATCH))
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(digits)).split(BATCH):
            loss = nn.functional.cross_entropy(model(shifted(pictures[rows])), digits[rows], label_smoothing=0.02)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            rate.step()
    return model.eval()


def write_samples(pictures: np.ndarray, digits: np.ndarray) -> None:
    """One picture a digit, dark ink on white paper, each pixel a square of 8 by 8."""
    (HERE / "samples").mkdir(exist_ok=True)
    for digit in range(10):
        ink = pictures[int(np.flatnonzero(digits == digit)[0])]
        paper = np.rint(255 - ink * (255 / 16)).astype(np.uint8)
        Image.fromarray(paper).resize((64, 64), Image.Resampling.NEAREST).save(HERE / "samples" / f"{digit}.png")


def main() -> None:
    torch.set_num_threads(1)
    data = load_digits()
    pictures = torch.tensor(data.images / 16, dtype=torch.float32).unsqueeze(1)
    digits = torch.tensor(data.target)
    folds = list(StratifiedKFold(5, shuffle=True, random_state=7).split(data.images, data.target))
    right = total = 0
    for learned, kept in folds if "--cross-validate" in sys.argv else folds[:1]:
        torch.manual_seed(7)
        model = train(pictures[learned], digits[learned])
        with torch.inference_mode():
            right += int((model(pictures[kept]).argmax(1) == digits[kept]).sum())
        total += len(kept)
    print(f"{right} of {total} pictures kept aside are right: {right / total:.2%}")
    if total == len(folds[0][1]):
        torch.save(model.state_dict(), HERE / "digits.pth")
        write_samples(data.images[folds[0][1]], data.target[folds[0][1]])


if __name__ == "__main__":
    main()

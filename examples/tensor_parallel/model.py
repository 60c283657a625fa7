"""A small transformer that goes on with a text, letter by letter."""

import torch
from torch import nn

from layers import Block

LETTERS = " ,-abcdefghijklmnopqrstuvwxyz"
# So many letters of a text are looked at.
WINDOW = 64


def indices(text):
    """Of the letters of a text; those that the model does not know are left out."""
    return [LETTERS.index(letter) for letter in text.lower() if letter in LETTERS]


class Writer(nn.Module):
    """N x T indices -> N x letters, what may come next."""

    def __init__(self, width=64, depth=2):
        super().__init__()
        self.letters, self.places = nn.Embedding(len(LETTERS), width), nn.Embedding(WINDOW, width)
        self.blocks = nn.ModuleList(Block(width) for _ in range(depth))
        self.head = nn.Linear(width, len(LETTERS))

    def forward(self, x):
        return self.head(self.states(x)[:, -1])

    def states(self, x):
        y = self.letters(x) + self.places(torch.arange(x.shape[1], device=x.device))
        for block in self.blocks:
            y = block(y)
        return y

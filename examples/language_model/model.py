"""A small language model of letters."""

import torch

LETTERS = "\n !\"',-.:;?abcdefghijklmnopqrstuvwxyz"


def indices(text):
    """Of the letters of a text; those that the model does not know are left out."""
    return [LETTERS.index(letter) for letter in text.lower() if letter in LETTERS]


class Letters(torch.nn.Module):
    """N x T indices -> N x T x letters, what may come next; with the state that goes on from there."""

    def __init__(self, width=160):
        super().__init__()
        self.embedding = torch.nn.Embedding(len(LETTERS), 32)
        self.memory = torch.nn.LSTM(32, width, batch_first=True)
        self.head = torch.nn.Linear(width, len(LETTERS))

    def forward(self, x, state=None):
        y, state = self.memory(self.embedding(x), state)
        return self.head(y), state

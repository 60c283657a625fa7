"""Compares the two halves of a grey picture."""

import torch


class Compare(torch.nn.Module):
    """N x 1 x 8 x 8 -> N x 2: how much brighter the left half is, and the right."""

    def __init__(self):
        super().__init__()
        self.weigh = torch.nn.Linear(64, 2, bias=False)

    def forward(self, x):
        return self.weigh(x.flatten(1))

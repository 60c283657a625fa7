"""A convolutional network of random weights, some tens of milliseconds of one core a picture."""

import torch

_net = torch.nn.Sequential(
    torch.nn.Conv2d(3, 32, 3, padding=1),
    torch.nn.ReLU(),
    torch.nn.Conv2d(32, 64, 3, stride=2, padding=1),
    torch.nn.ReLU(),
    torch.nn.Conv2d(64, 128, 3, stride=2, padding=1),
    torch.nn.ReLU(),
    torch.nn.AdaptiveAvgPool2d(1),
    torch.nn.Flatten(),
    torch.nn.Linear(128, 10),
).eval()


def handle(data, context):
    if data is None:  # while it loads
        return None
    with torch.inference_mode():
        return _net(torch.zeros(len(data), 3, 112, 112)).argmax(dim=1).tolist()

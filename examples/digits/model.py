"""A small convolutional network for 8x8 pictures of handwritten digits."""

from torch import Tensor, nn


class DigitNet(nn.Module):
    """Takes pictures of shape (n, 1, 8, 8) with values from 0 (paper) to 1 (ink); answers logits of shape (n, 10)."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, kernel_size=3, padding=1),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.Conv2d(16, 32, kernel_size=3, padding=1),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(32 * 4 * 4, 64),
            nn.ReLU(),
            nn.Dropout(0.3),
            nn.Linear(64, 10),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        return self.classifier(self.features(pictures))

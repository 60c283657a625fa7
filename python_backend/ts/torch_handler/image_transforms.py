"""The transforms of the default image handlers, built from torchvision when first used."""

from __future__ import annotations

from typing import Any

from ts.torch_handler.optional import require

#: Channel means and deviations of ImageNet, which torchvision's models were trained with.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


def imagenet() -> Any:
    """``PIL.Image`` (RGB) -> tensor 3 x 224 x 224: shorter side to 256, centre 224 x 224, ImageNet's normalisation."""
    transforms = _torchvision_transforms()
    return transforms.Compose(
        [
            transforms.Resize(256),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize(mean=list(IMAGENET_MEAN), std=list(IMAGENET_STD)),
        ]
    )


def plain() -> Any:
    """``PIL.Image`` -> tensor C x H x W with values 0 to 1, in the image's own size."""
    transforms = _torchvision_transforms()
    return transforms.Compose([transforms.ToTensor()])


def _torchvision_transforms() -> Any:
    return require("torchvision.transforms", "the default image transforms")

"""The base of image handlers: decodes images, transforms them, explains predictions."""

from __future__ import annotations

import base64
import binascii
import io
from abc import ABC
from functools import cached_property
from typing import Any

import torch

from ts.handler_utils.timer import timed
from ts.torch_handler.base_handler import BaseHandler
from ts.torch_handler.explanation import explaining
from ts.torch_handler.optional import require

# Of the path integral by which attributions are approximated.
_STEPS = 15


class VisionHandler(BaseHandler, ABC):
    """Turns requests into a batch of image tensors.

    A subclass sets the class attribute ``image_processing``: a callable that takes a ``PIL.Image`` and gives a tensor
    C x H x W. Images reach it in their own mode; none is converted to RGB.
    """

    def initialize(self, context: Any) -> None:
        """Load the model. Images of any size are accepted where the server's ``limit_max_image_pixels`` is off."""
        super().initialize(context)
        image: Any = require("PIL.Image", "image handlers", "pillow")
        # Read once here, so that the first request does not pay for importing torchvision.
        getattr(self, "image_processing", None)
        if not context.system_properties.get("limit_max_image_pixels", True):
            image.MAX_IMAGE_PIXELS = None

    @cached_property
    def ig(self) -> Any:
        """captum's ``IntegratedGradients`` for the model, made when first used."""
        return require("captum.attr", "explanations").IntegratedGradients(self.model)

    @timed
    def preprocess(self, data: list[dict[str, Any]]) -> torch.Tensor:
        """Decode and transform each request's image.

        :param data: N rows; the image is ``data`` or ``body``: an encoded image as bytes or as base64 text, or nested
            lists of numbers, which become a tensor as they are.
        :returns: tensor N x C x H x W on the handler's device. All images must come out of the transform alike.
        :raises PIL.UnidentifiedImageError: for bytes that are no image, naming the request.
        """
        images = [_tensor(self, row.get("data") or row.get("body"), index) for index, row in enumerate(data)]
        shapes = {tuple(image.shape) for image in images}
        if len(shapes) > 1:
            raise ValueError(
                f"the images of one batch differ in shape after {type(self).__name__}.image_processing: "
                f"{sorted(shapes)}. Resize them to one shape there, or register the model with batch_size=1"
            )
        return torch.stack(images).to(self.device)

    def get_insights(self, tensor_data: torch.Tensor, _: Any, target: Any = 0) -> list[Any]:
        """Attribute the prediction to pixels by integrated gradients.

        :param tensor_data: N x C x H x W, from :meth:`preprocess`.
        :param target: the class to explain, also as text or bytes, which is how a form field arrives.
        :returns: N nested lists C x H x W.
        :raises ValueError: if the target is no class of the model.
        :raises ImportError: if captum is not installed.
        """
        print("input shape", tensor_data.shape)
        with explaining(target) as index:
            return self.ig.attribute(tensor_data, target=index, n_steps=_STEPS).tolist()


def _tensor(handler: Any, value: Any, index: int) -> torch.Tensor:
    if isinstance(value, str):
        value = _from_base64(value, index)
    if isinstance(value, (bytes, bytearray)):
        return _transformed(handler, _open(value, index), index)
    if value is None:
        raise ValueError(
            f"request {index} of the batch has no image: send one as the body (curl -T kitten.jpg) or as the form "
            "field 'data' (curl -F data=@kitten.jpg)"
        )
    try:
        return torch.FloatTensor(value)
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"request {index} of the batch holds neither an image nor nested lists of numbers but "
            f"{type(value).__name__}: {error}"
        ) from error


def _transformed(handler: Any, picture: Any, index: int) -> torch.Tensor:
    described = f"the image of request {index} of the batch ({picture.width} x {picture.height}, mode {picture.mode})"
    try:
        return handler.image_processing(picture)
    except OSError as error:
        raise OSError(f"{described} is cut off or damaged: {error}") from error
    except RuntimeError as error:
        raise RuntimeError(
            f"{described} does not go through {type(handler).__name__}.image_processing: {error}. Send an image of the "
            "mode that the model was trained with, most often RGB, or convert it in a handler of your own"
        ) from error


def _from_base64(text: str, index: int) -> bytes:
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError) as error:
        raise ValueError(
            f"request {index} of the batch holds text, which should be an image in base64: {error}"
        ) from error


def _open(encoded: bytes | bytearray, index: int) -> Any:
    from PIL import Image, UnidentifiedImageError

    try:
        return Image.open(io.BytesIO(encoded))
    except UnidentifiedImageError:
        raise UnidentifiedImageError(
            f"request {index} of the batch holds {len(encoded)} bytes that are no image which Pillow can read (they "
            f"begin {bytes(encoded[:16])!r}). Send the file's own bytes: curl -T kitten.jpg"
        ) from None

"""Services with a signature file. Kept so that old modules import; the loader makes handlers without arguments, and so
cannot load these."""

from __future__ import annotations

import json
import logging
import os
from abc import ABCMeta, abstractmethod
from typing import Any

logger = logging.getLogger(__name__)


class ModelService(metaclass=ABCMeta):
    """A model with a signature.

    :param manifest: its ``Model.Signature`` names a JSON file in ``model_dir``.
    """

    def __init__(self, model_name: str, model_dir: str, manifest: dict[str, Any], gpu: int | None = None) -> None:
        self.model_name = model_name
        self.model_dir = model_dir
        self.manifest = manifest
        self.gpu = gpu
        self.context: Any = None
        self._signature: Any = None
        self.initialize_signature()

    def initialize_signature(self) -> None:
        """Read the signature file.

        :raises FileNotFoundError: if it does not exist.
        """
        with open(os.path.join(self.model_dir, self.manifest["Model"]["Signature"]), encoding="utf-8") as file:
            self._signature = json.load(file)

    def initialize(self, context: Any) -> None:
        """Take the context."""
        self.context = context

    @property
    def signature(self) -> Any:
        """What the signature file holds."""
        return self._signature

    def ping(self) -> None:
        """Whether the service lives; it does."""
        return None

    @abstractmethod
    def inference(self, data: Any) -> Any:
        """Answer a batch."""

    def handle(self, data: Any, context: Any) -> Any:
        """Answer a batch with :meth:`inference`."""
        self.context = context
        return self.inference(data)


class SingleNodeService(ModelService):
    """A service in three steps. A subclass overrides :meth:`_inference`."""

    def inference(self, data: Any) -> Any:
        """Preprocess, infer, postprocess."""
        return self._postprocess(self._inference(self._preprocess(data)))

    @abstractmethod
    def _inference(self, data: Any) -> Any:
        """Call the model."""

    def _preprocess(self, data: Any) -> Any:
        return data

    def _postprocess(self, data: Any) -> Any:
        return data

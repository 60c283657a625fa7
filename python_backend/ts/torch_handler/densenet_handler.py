"""A handler on its own, without the base class: tensors in, one tensor out. Kept for archives that name it."""

from __future__ import annotations

import io
import logging
import os
import pickle
import time
from typing import Any

import torch

from ts.torch_handler import devices
from ts.torch_handler.source_module import load_source_module
from ts.torch_handler.weights import fit, load_pickle, load_torchscript
from ts.utils.util import list_classes_from_module

logger = logging.getLogger(__name__)


class DenseNetHandler:
    """Each request brings a tensor that ``torch.save`` wrote. The model gets them stacked, and its output is the one
    item of the answer, so register it with ``batch_size=1``."""

    def __init__(self) -> None:
        self.model: Any = None
        self.device: Any = None
        self.initialized = False
        self.context: Any = None
        self.manifest: Any = None
        self.map_location: str | None = None

    def initialize(self, context: Any) -> None:
        """Load the archive's weights: into its model file's class, or as TorchScript."""
        properties = context.system_properties
        self.map_location, self.device = devices.choose(properties.get("gpu_id"))
        self.manifest = context.manifest
        self.model_yaml_config = getattr(context, "model_yaml_config", None)
        model_dir = properties.get("model_dir")
        entries = self.manifest["model"]
        path = os.path.join(model_dir, entries["serializedFile"])
        if not os.path.isfile(path):
            raise RuntimeError("Missing the model.pt file") from FileNotFoundError(path)
        if entries.get("modelFile"):
            logger.debug("Loading eager model")
            self.model = self._load_pickled_model(model_dir, entries["modelFile"], path)
        else:
            logger.debug("Loading torchscript model")
            self.model = self._load_torchscript_model(path)
        self.model.to(self.device)
        self.model.eval()
        logger.debug("Model file %s loaded successfully", path)
        self.initialized = True

    def _load_torchscript_model(self, model_pt_path: str) -> Any:
        return load_torchscript(model_pt_path, self.device)

    def _load_pickled_model(self, model_dir: str, model_file: str, model_pt_path: str) -> Any:
        source = os.path.join(model_dir, model_file)
        if not os.path.isfile(source):
            raise RuntimeError("Missing the model.py file") from FileNotFoundError(source)
        classes = list_classes_from_module(load_source_module(source))
        if len(classes) != 1:
            raise ValueError(f"Expected only one class as model definition. {classes}")
        model = classes[0]()
        state = load_pickle(model_pt_path, self.device, getattr(self, "model_yaml_config", None))
        fit(model, state, model_pt_path, model_file)
        return model

    def preprocess(self, data: list[dict[str, Any]]) -> torch.Tensor:
        """Read and stack the tensors.

        :raises ValueError: for a request that holds none. Other pickles are not read: they could run any code.
        """
        return torch.stack([_tensor(row.get("data") or row.get("body"), index) for index, row in enumerate(data)])

    def inference(self, data: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        """Call the model without gradients."""
        with torch.no_grad():
            return self.model(data.to(self.device), *args, **kwargs)

    def postprocess(self, data: torch.Tensor) -> list[torch.Tensor]:
        """The output as the one item of the answer."""
        return [data]

    def handle(self, data: list[dict[str, Any]], context: Any) -> list[torch.Tensor]:
        """Answer one batch. Reports ``HandlerTime`` in ms."""
        began = time.perf_counter()
        self.context = context
        output = self.postprocess(self.inference(self.preprocess(data)))
        context.metrics.add_time("HandlerTime", round((time.perf_counter() - began) * 1000, 2), None, "ms")
        return output


def _tensor(value: Any, index: int) -> torch.Tensor:
    wanted = f"request {index} of the batch should hold a tensor as torch.save writes it, and nothing else"
    try:
        tensor = torch.load(io.BytesIO(value), map_location="cpu", weights_only=True)
    except (TypeError, EOFError, RuntimeError, pickle.UnpicklingError) as error:
        raise ValueError(wanted) from error
    if not isinstance(tensor, torch.Tensor):
        raise ValueError(f"{wanted}, but it holds a {type(tensor).__name__}")
    return tensor

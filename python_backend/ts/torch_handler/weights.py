"""Reading ``.pth`` files and other pickles without running what they contain."""

from __future__ import annotations

import os
import pickle
from typing import Any

import torch

from ts.torch_handler.switches import is_on


def weights_only(model_yaml_config: dict[str, Any] | None) -> bool:
    """Whether only tensors and plain containers are to be read.

    True, unless the model's yaml has ``handler: {weights_only: false}`` or, where the yaml says nothing, the
    environment has ``TS_WEIGHTS_ONLY=false``.
    """
    return is_on("weights_only", "TS_WEIGHTS_ONLY", model_yaml_config)


def load_pickle(path: str, map_location: Any, model_yaml_config: dict[str, Any] | None) -> Any:
    """``torch.load``, limited to tensors unless :func:`weights_only` says otherwise.

    :raises RuntimeError: if the file holds other objects and these are not allowed, saying how to allow them; or if it
        is no file that ``torch.save`` wrote.
    """
    _must_be_there(path)
    try:
        if not weights_only(model_yaml_config):
            return torch.load(path, map_location=map_location, weights_only=False)
        return torch.load(path, map_location=map_location, weights_only=True)
    except pickle.UnpicklingError as error:
        if "weights" not in str(error).lower():
            raise RuntimeError(f"'{path}' is not a file that torch.save wrote: {error}") from error
        raise RuntimeError(
            f"'{path}' holds Python objects besides tensors, and loading them could run any code. Save the state dict "
            "alone (torch.save(model.state_dict(), path)). Or, if you trust the file, allow them: "
            "'handler: {weights_only: false}' in the archive's yaml configuration, or the environment variable "
            "TS_WEIGHTS_ONLY=false for all models"
        ) from error
    except EOFError as error:
        raise RuntimeError(f"'{path}' is empty or cut off") from error


def load_torchscript(path: str, device: Any) -> Any:
    """``torch.jit.load``.

    :raises RuntimeError: if the file is missing or no TorchScript file, saying what it may be.
    """
    _must_be_there(path)
    try:
        return torch.jit.load(path, map_location=device)
    except RuntimeError as error:
        if "PytorchStreamReader" not in str(error):
            raise
        raise RuntimeError(
            f"'{path}' is not a TorchScript file. If it holds a state dict, pack the archive with the --model-file "
            f"that defines its class; if it was cut off on its way, copy it again. {error}"
        ) from error


def fit(model: torch.nn.Module, state: Any, path: str, model_file: str) -> None:
    """``model.load_state_dict(state)``, with an error that names both files where they do not fit.

    :raises RuntimeError: if ``state`` is not this model's state dict.
    """
    name = type(model).__name__
    if not isinstance(state, dict):
        raise RuntimeError(
            f"'{path}' holds a {type(state).__name__}, but with a model file it should hold a state dict: "
            "torch.save(model.state_dict(), path)"
        )
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        inner = next(
            (key for key in ("state_dict", "model_state_dict", "model") if isinstance(state.get(key), dict)), None
        )
        cure = (
            f"The file is a checkpoint: save its entry {inner!r} alone"
            if inner
            else f"Use the weights that belong to the class {name}"
        )
        raise RuntimeError(f"The weights in '{path}' do not fit {name} of {model_file}. {cure}. {error}") from error


def _must_be_there(path: str) -> None:
    if not os.path.isfile(path):
        raise RuntimeError(f"'{path}' is missing: the archive's manifest names it, but the archive does not contain it")

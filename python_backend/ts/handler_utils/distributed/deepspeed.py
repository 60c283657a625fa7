"""Models run by DeepSpeed's inference engine."""

from __future__ import annotations

import json
import logging
import os
from glob import glob
from typing import Any

from ts.torch_handler.optional import require

logger = logging.getLogger(__name__)


def get_ds_engine(model: Any, ctx: Any) -> Any:
    """``deepspeed.init_inference`` for the model, as the archive's yaml says.

    ::

        handler:
          model_path: checkpoints        # folder of weights; optional where there is no checkpoint
        deepspeed:
          config: ds-config.json         # in the archive
          checkpoint: checkpoints.json   # optional, in model_path; written if it is missing

    :raises ValueError: if the yaml has no ``deepspeed`` section, or its file does not exist.
    :raises ImportError: if deepspeed is not installed.
    """
    settings = ctx.model_yaml_config
    if "deepspeed" not in settings:
        raise ValueError(f"{ctx.model_name} has no deepspeed config in model config yaml file")
    section = settings["deepspeed"] or {}
    model_dir = ctx.system_properties.get("model_dir")
    model_path: Any = (settings.get("handler") or {}).get("model_path")
    config = os.path.join(model_dir, section.get("config") or "")
    if not os.path.isfile(config):
        raise ValueError(f"{ctx.model_name} has no deepspeed config file {config}")
    checkpoint = None
    if section.get("checkpoint"):
        checkpoint = os.path.join(model_dir, section["checkpoint"])
        if not os.path.isfile(checkpoint):
            create_checkpoints_json(model_path, checkpoint)
    logger.debug("Creating DeepSpeed engine")
    places = {"base_dir": model_path, "checkpoint": checkpoint}
    return require("deepspeed", "DeepSpeed models").init_inference(
        model, config=config, **{name: place for name, place in places.items() if place is not None}
    )


def create_checkpoints_json(model_path: str, checkpoints_json: str) -> None:
    """Write the list of the folder's weight files (``.bin`` and ``.pt``) that DeepSpeed reads."""
    files = [name for pattern in ("*.bin", "*.pt") for name in sorted(glob(os.path.join(model_path, pattern)))]
    with open(checkpoints_json, "w", encoding="utf-8") as file:
        json.dump({"type": "ds_model", "checkpoints": files, "version": 1.0}, file)

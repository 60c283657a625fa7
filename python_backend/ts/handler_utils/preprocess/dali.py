"""Image preprocessing by NVIDIA DALI."""

from __future__ import annotations

import os
from typing import Any

from ts.torch_handler.image_transforms import IMAGENET_MEAN, IMAGENET_STD
from ts.torch_handler.optional import require

_PACKAGE = "nvidia-dali-cuda120"


def get_dali_pipeline(ctx: Any) -> Any:
    """The built pipeline that the archive's yaml describes.

    ::

        dali:
          batch_size: 3
          num_threads: 2
          device_id: 0
          seed: 42
          pipeline_file: my.dali    # optional: a serialised pipeline of the archive, with an input named "source"

    Without ``pipeline_file`` it decodes images, brings the shorter side to 256, takes the centre 224 x 224 and applies
    ImageNet's normalisation.

    :raises ValueError: if the yaml has no ``dali`` section.
    :raises RuntimeError: if the pipeline file does not exist.
    :raises ImportError: if DALI is not installed.
    """
    settings = ctx.model_yaml_config.get("dali")
    if not settings:
        raise ValueError(f"{ctx.model_name} has no dali config in model config yaml file")
    missing = [key for key in ("batch_size", "num_threads", "device_id", "seed") if key not in settings]
    if missing:
        raise ValueError(f"the dali config of {ctx.model_name} lacks {', '.join(missing)}")
    options = {key: settings[key] for key in ("batch_size", "num_threads", "device_id", "seed")}
    if settings.get("pipeline_file"):
        path = os.path.join(ctx.system_properties.get("model_dir"), settings["pipeline_file"])
        if not os.path.isfile(path):
            raise RuntimeError("Missing dali pipeline file.") from FileNotFoundError(path)
        pipeline = _dali("pipeline").Pipeline.deserialize(filename=path, **options)
    else:
        pipeline = default_pipeline(**options)
    pipeline.build()
    return pipeline


def default_pipeline(**options: Any) -> Any:
    """The pipeline used where the archive brings none; it decodes on the GPU, or on the CPU if ``device_id`` is null.

    :param options: of ``nvidia.dali.Pipeline``.
    """
    fn, types = _dali("fn"), _dali("types")
    # Inputs can be given to run() only where no batch is worked on ahead.
    pipeline = _dali("pipeline").Pipeline(exec_async=False, exec_pipelined=False, prefetch_queue_depth=1, **options)
    with pipeline:
        encoded = fn.external_source(name="source", dtype=types.UINT8, ndim=1)
        images = fn.decoders.image(encoded, device="cpu" if options.get("device_id") is None else "mixed")
        images = fn.resize(images, size=256, mode="not_smaller", interp_type=types.INTERP_LINEAR, antialias=True)
        images = fn.crop_mirror_normalize(
            images,
            dtype=types.FLOAT,
            crop=(224, 224),
            mean=[255 * mean for mean in IMAGENET_MEAN],
            std=[255 * std for std in IMAGENET_STD],
        )
        pipeline.set_outputs(images)
    return pipeline


def _dali(module: str) -> Any:
    return require(f"nvidia.dali.{module}", "DALI handlers", _PACKAGE)

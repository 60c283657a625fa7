"""torch.compile, as the key ``pt2`` of a model's yaml asks for it."""

from __future__ import annotations

import logging
from typing import Any

import torch

from ts.utils.util import check_valid_pt2_backend

logger = logging.getLogger("ts.torch_handler.base_handler")

_DEPRECATED = (
    "This approach of specifying torch.compile() options is deprecated. The new standard approach is mentioned in "
    "https://github.com/pytorch/serve/issues/3164"
)


def compile_options(model_yaml_config: dict[str, Any]) -> dict[str, Any] | None:
    """The keyword arguments for ``torch.compile``, or ``None`` where the model is to run as it is.

    ::

        pt2:
          compile:
            enable: true
            backend: inductor
            mode: reduce-overhead

    :raises ValueError: if ``pt2`` is neither text nor a mapping, or ``compile`` lacks ``enable``.
    """
    if "pt2" not in model_yaml_config:
        return None
    pt2 = model_yaml_config["pt2"]
    if isinstance(pt2, str):
        logger.warning(_DEPRECATED)
        options = {"backend": pt2}
    elif not isinstance(pt2, dict):
        raise ValueError("pt2 should be str or dict")
    elif "compile" in pt2:
        # A copy: the same yaml is read again when a handler initialises twice.
        options = dict(pt2["compile"] or {})
        if "enable" not in options:
            raise ValueError("pt2.compile needs the key 'enable' (true or false)")
        if not options.pop("enable"):
            return None
    elif "export" in pt2:
        return None
    else:
        logger.warning(_DEPRECATED)
        options = dict(pt2)
    if "backend" in options and not check_valid_pt2_backend(options["backend"]):
        return None
    return options


def compiled(model: Any, options: dict[str, Any]) -> Any:
    """``torch.compile(model, **options)``; the model itself, with a warning, where that fails."""
    described = ", ".join(f"{name} {value}" for name, value in options.items())
    try:
        fast = torch.compile(model, **options)
    except Exception as error:
        logger.warning(
            "Compiling model model with %s has failed \n Proceeding without compilation", described, exc_info=error
        )
        return model
    logger.info("Compiled model with %s", described)
    return fast


def compile_with_ipex(ipex: Any, model: Any, device: Any) -> Any:
    """The model in channels-last layout, optimised by Intel's extension ``ipex``."""
    model = model.to(memory_format=torch.channels_last).to(device)
    model = ipex.optimize(model)
    logger.info("Compiled model with ipex")
    return model

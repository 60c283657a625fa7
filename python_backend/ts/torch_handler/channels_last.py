"""Convolutions whose tensors lie channels last, which a CPU computes quicker."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Any

import torch
from torch.utils._pytree import tree_map

from ts.torch_handler.switches import is_on

logger = logging.getLogger("ts.torch_handler.base_handler")

#: Of all convolutions together. A network with fewer takes a fraction of a millisecond, and turning its tensors over
#: may cost more of that than is gained: 0.80 of the speed with 324 weights, 1.28 with 18,720 (docs/performance.md).
_FEWEST_WEIGHTS = 10_000
#: What the errors of code have in common that counts on the usual layout.
_WORDS_OF_LAYOUT = ("contiguous", "stride")
#: Held by whoever turns weights or finds out whether a model puts up with it: threads of micro-batching may infer side
#: by side.
_deciding = threading.RLock()


class ChannelsLast:
    """Runs a model, its convolutions channels last if they gain by it.

    They do on a CPU, in single precision: 1.0 to 2.2 times as quick (docs/performance.md). A convolution takes the
    layout of its weights over to what it gives, so that only weights have to be turned, which happens before the first
    batch. Shapes and values stay; scores differ by rounding, some 1e-6 of their size. A model that counts on the usual
    layout, as ``x.view(…)`` of what a convolution gave, fails: it gets that layout back, answers the batch in it, and
    keeps it.

    Off with ``handler: {channels_last: false}`` in the model's yaml, for all models with ``TS_CHANNELS_LAST=false`` in
    the environment, and with ``workerStart: forkAfterLoad``, since each worker would turn weights that all share.
    """

    def __init__(self, model: Any, model_yaml_config: dict[str, Any] | None) -> None:
        self.model = model
        #: Empty where the model runs as it is.
        self._convolutions = list(_convolutions(model)) if _is_wanted(model_yaml_config) else []
        if sum(each.weight.numel() for each in self._convolutions) < _FEWEST_WEIGHTS:
            self._convolutions = []
        self._turned = False
        #: Whether the model has answered a batch in this layout.
        self._proven = False

    def infer(self, batch: Any, *args: Any, **kwargs: Any) -> Any:
        """``model(batch, *args, **kwargs)`` without gradients.

        :param batch: tensors other than N x C x H x W in single precision on the CPU run as ever.
        :returns: the model's answer; tensors in it are contiguous where the convolutions are channels last.
        """
        if not (self._convolutions and _suits(batch)):
            return _run(self.model, batch, args, kwargs)
        if self._proven and self._turned:
            return self._attempt(batch, args, kwargs)
        with _deciding:
            self._turn(torch.channels_last)
            return self._attempt(batch, args, kwargs)

    def _attempt(self, batch: torch.Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        try:
            answer = _contiguous(_run(self.model, batch, args, kwargs))
        except Exception as error:
            if self._proven and not any(word in str(error) for word in _WORDS_OF_LAYOUT):
                raise
            failed = error
        else:
            self._proven = True
            return answer
        with _deciding:
            self._turn(torch.contiguous_format)
            answer = _run(self.model, batch, args, kwargs)
            # It was the layout's fault and not the batch's.
            self._convolutions = []
        # TorchScript has the reason in the last of many lines.
        reason = str(failed).strip().rpartition("\n")[2]
        logger.info("%s does not run channels last, and keeps the usual layout: %s", type(self.model).__name__, reason)
        return answer

    def _turn(self, layout: torch.memory_format) -> None:
        # Tensors made in inference mode would be of no use to explanations, which need gradients.
        with torch.inference_mode(False), torch.no_grad():
            for each in self._convolutions:
                each.weight.data = each.weight.data.contiguous(memory_format=layout)
        self._turned = layout is torch.channels_last


def _is_wanted(model_yaml_config: dict[str, Any] | None) -> bool:
    if not torch.backends.mkldnn.is_available() or (model_yaml_config or {}).get("workerStart") == "forkAfterLoad":
        return False
    return is_on("channels_last", "TS_CHANNELS_LAST", model_yaml_config)


def _convolutions(model: Any) -> Iterator[Any]:
    """The model's two-dimensional convolutions, also those of TorchScript; none of a model that torch.compile made."""
    modules = list(model.modules()) if isinstance(model, torch.nn.Module) else []
    if any(hasattr(each, "_orig_mod") for each in modules):
        return
    for module in modules:
        if isinstance(module, torch.nn.Conv2d) or getattr(module, "original_name", None) == "Conv2d":
            # Not among the parameters where it is computed anew for each call.
            weight = dict(module.named_parameters(recurse=False)).get("weight")
            if weight is not None and _is_plain(weight) and not weight.is_inference():
                yield module


def _suits(batch: Any) -> bool:
    return isinstance(batch, torch.Tensor) and batch.dim() == 4 and _is_plain(batch)


def _is_plain(tensor: torch.Tensor) -> bool:
    return tensor.device.type == "cpu" and tensor.dtype is torch.float32 and tensor.layout is torch.strided


def _run(model: Any, batch: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    with torch.inference_mode():
        return model(batch, *args, **kwargs)


def _contiguous(answer: Any) -> Any:
    """The answer with its tensors as code expects them that a handler may run over it, such as ``view``."""
    with torch.inference_mode():
        return tree_map(lambda each: each.contiguous() if _is_strided(each) else each, answer)


def _is_strided(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.layout is torch.strided

"""A context for the unit tests of handlers."""

from __future__ import annotations

import os
import uuid
from typing import Any

import torch

from ts.metrics.metrics_store import MetricsStore
from ts.utils.util import get_yaml_config


class MockContext:
    """As much of :class:`ts.context.Context` as ``handler.initialize`` and ``handler.handle`` need::

        handler = ImageClassifier()
        handler.initialize(MockContext(model_dir=str(folder), model_pt_file="model.pt", model_file=None))

    :param model_pt_file: weights in ``model_dir``; ``None`` for none.
    :param model_file: the model's Python file in ``model_dir``; ``None`` for none.
    :param gpu_id: given to the handler where CUDA is available.
    :param model_yaml_config_file: YAML file in ``model_dir``, read into ``model_yaml_config``.

    Tests add what else they need as attributes: ``request_ids``, ``cache``.
    """

    def __init__(
        self,
        model_pt_file: str | None = "model.pt",
        model_dir: str = "ts/torch_handler/unit_tests/models/tmp",
        model_file: str | None = "model.py",
        gpu_id: str | None = "0",
        model_name: str = "mnist",
        model_yaml_config_file: str | None = None,
    ) -> None:
        self.manifest: dict[str, Any] = {"model": {}}
        if model_pt_file:
            self.manifest["model"]["serializedFile"] = model_pt_file
        if model_file:
            self.manifest["model"]["modelFile"] = model_file
        self.system_properties: dict[str, Any] = {"model_dir": model_dir}
        if torch.cuda.is_available() and gpu_id is not None:
            self.system_properties["gpu_id"] = gpu_id
        self.explain = False
        self.metrics = MetricsStore(uuid.uuid4(), model_name)
        self.model_yaml_config: dict[str, Any] = {}
        if model_yaml_config_file is not None:
            self.model_yaml_config = get_yaml_config(os.path.join(model_dir, model_yaml_config_file))

    def get_request_header(self, idx: int, exp: str) -> bool:
        """Whether ``explain`` is set; always false for request 0, which so counts as an ordinary prediction."""
        return bool(idx and exp and self.explain)

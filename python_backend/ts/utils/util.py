"""Label files, class look-up, and the exception by which a handler chooses its status."""

from __future__ import annotations

import enum
import inspect
import json
import logging
import os
import re
import warnings
from collections.abc import Callable, Iterable
from functools import wraps
from types import ModuleType
from typing import Any, TypeVar

import yaml

logger = logging.getLogger(__name__)

#: HTML tags and entities, as the text handlers remove them.
CLEANUP_REGEX = re.compile(r"<.*?>|&([a-z0-9]+|#[0-9]{1,6}|#x[0-9a-f]{1,6});")

_Function = TypeVar("_Function", bound=Callable[..., Any])


class PT2Backend(str, enum.Enum):
    """The values of ``backend`` that torch.compile is given from a model's yaml; any other is refused."""

    EAGER = "eager"
    AOT_EAGER = "aot_eager"
    INDUCTOR = "inductor"
    NVFUSER = "nvfuser"
    AOT_NVFUSER = "aot_nvfuser"
    AOT_CUDAGRAPHS = "aot_cudagraphs"
    OFI = "ofi"
    FX2TRT = "fx2trt"
    ONNXRT = "onnxrt"
    IPEX = "ipex"
    TORCHXLA_TRACE_ONCE = "torchxla_trace_once"
    OPENVINO = "openvino"
    TENSORRT = "tensorrt"
    HPU_BACKEND = "hpu_backend"


class PredictionException(Exception):
    """Raised by a handler to answer its whole batch with a status and message of its choice.

    :param message: the ``message`` of the error JSON that clients get.
    :param error_code: the HTTP status, 500 unless given.
    """

    def __init__(self, message: str, error_code: int = 500) -> None:
        super().__init__(message)
        self.message = message
        self.error_code = error_code

    def __str__(self) -> str:
        return f"{self.message} : {self.error_code}"

    def __reduce__(self) -> tuple[type[PredictionException], tuple[str, int]]:
        return type(self), (self.message, self.error_code)


def list_classes_from_module(module: ModuleType, parent_class: type | None = None) -> list[type]:
    """The classes defined in ``module`` itself (imported ones never count), in the order of their names.

    :param parent_class: keep only its subclasses.
    """
    return [
        cls
        for _, cls in inspect.getmembers(module, inspect.isclass)
        if cls.__module__ == module.__name__ and (parent_class is None or issubclass(cls, parent_class))
    ]


def load_label_mapping(mapping_file_path: str) -> dict[str, str] | None:
    """Read an ``index_to_name.json``: ``{"0": "cat"}``, ``{"0": ["n01", "cat"]}`` or ``{"object_type_names": [...]}``.

    :returns: index (text) to name; ``None``, with a warning, where there is no such file.
    :raises Exception: if the file holds anything else, naming the entry.
    """
    if not os.path.isfile(mapping_file_path):
        logger.warning("'%s' is missing. Inference output will not include class name.", mapping_file_path)
        return None
    try:
        with open(mapping_file_path, encoding="utf-8") as file:
            mapping = json.load(file)
    except ValueError as error:
        raise Exception(f"'{mapping_file_path}' is not valid JSON: {error}") from error
    if not isinstance(mapping, dict):
        raise Exception('index->name JSON mapping should be in "class": "label" format.')
    names = mapping.get("object_type_names")
    if isinstance(names, list):
        mapping = {str(index): name for index, name in enumerate(names)}
    labels: dict[str, str] = {}
    for index, value in mapping.items():
        label = value[-1] if isinstance(value, list) and value else value
        if not isinstance(label, str):
            raise Exception("labels in index->name mapping must be either str or List[str]") from ValueError(
                f"'{mapping_file_path}': entry {index!r} is {value!r}"
            )
        labels[index] = label
    return labels


def map_class_to_label(
    probs: list[list[Any]],
    mapping: dict[str, str] | None = None,
    lbl_classes: list[Iterable[Any]] | None = None,
) -> list[dict[str, Any]]:
    """Name the classes of each row of probabilities.

    :param probs: N rows of K values.
    :param mapping: class index (text) to name; ``None`` names a class by its index.
    :param lbl_classes: N rows of K class indices; ``None`` means 0 to K-1 in every row.
    :returns: N dicts ``{name: value}`` in the order given. Classes of one name share one entry.
    :raises Exception: if ``probs`` is no list of lists or ``mapping`` no dict.
    :raises KeyError: if the mapping lacks a class, saying which.
    """
    if not (isinstance(probs, list) and all(isinstance(row, list) for row in probs)):
        raise Exception("Convert classes to list before doing mapping")
    if mapping is not None and not isinstance(mapping, dict):
        raise Exception("Mapping must be a dict")
    rows = [range(len(row)) for row in probs] if lbl_classes is None else lbl_classes
    return [{_label(mapping, index): value for value, index in zip(row, indices)} for row, indices in zip(probs, rows)]


def _label(mapping: dict[str, str] | None, index: Any) -> str:
    if mapping is None:
        return str(index)
    try:
        return mapping[str(index)]
    except KeyError:
        raise KeyError(
            f"index_to_name.json has no entry for class {index}: it names {len(mapping)} classes. "
            "Add the entry, or leave the file out to get class numbers"
        ) from None


def get_yaml_config(yaml_file_path: str) -> Any:
    """What a YAML file holds; ``None`` for an empty one."""
    with open(yaml_file_path, encoding="utf-8") as file:
        return yaml.safe_load(file)


def check_valid_pt2_backend(backend: str) -> bool:
    """Whether ``backend`` is a :class:`PT2Backend` value; a warning says so if not."""
    if backend in {known.value for known in PT2Backend}:
        return True
    logger.warning("%s is not a supported backend", backend)
    return False


def deprecated(
    version: str, replacement: str = "", klass: type[Warning] = PendingDeprecationWarning
) -> Callable[[_Function], _Function]:
    """Decorator: each call of the function warns that it is deprecated in ``version`` and where it moved to."""

    def decorate(function: _Function) -> _Function:
        @wraps(function)
        def warned(*args: Any, **kwargs: Any) -> Any:
            warnings.warn(
                f"{function.__name__} is deprecated in {version} and moved to {replacement}", klass, stacklevel=2
            )
            return function(*args, **kwargs)

        return warned  # type: ignore[return-value]

    return decorate

"""The base of handlers: finds the device, loads the model, and runs preprocess, inference and postprocess."""

from __future__ import annotations

import abc
import logging
import os
import time
from collections.abc import Callable
from typing import Any

import torch

from ts.handler_utils.timer import timed
from ts.torch_handler import devices
from ts.torch_handler.channels_last import ChannelsLast
from ts.torch_handler.compiling import compile_options, compile_with_ipex, compiled
from ts.torch_handler.optional import is_installed, require
from ts.torch_handler.source_module import load_source_module
from ts.torch_handler.weights import fit, load_pickle, load_torchscript
from ts.utils.util import list_classes_from_module, load_label_mapping

logger = logging.getLogger(__name__)

PT2_AVAILABLE = hasattr(torch, "compile")
#: The releases after 2.2.2 can load what torch.export and AOTInductor compiled.
PT230_AVAILABLE = torch.__version__ > (2, 2, 2)
ONNX_AVAILABLE = is_installed("onnxruntime")
XLA_AVAILABLE = devices.XLA_AVAILABLE
IPEX_AVAILABLE = False

try:
    from torch.profiler import ProfilerActivity, profile, record_function

    PROFILER_AVAILABLE = True
except ImportError:
    PROFILER_AVAILABLE = False

if torch.cuda.is_available() and torch.cuda.get_device_capability() >= (8, 0):
    torch.set_float32_matmul_precision("high")
    logger.info("Enabled tensor cores")

# Imported for what it registers: a backend of torch.compile, and operators that TorchScript files may contain.
for _module, _found, _absent in (
    ("openvino.torch", "OpenVINO backend enabled for torch.compile", "OpenVINO is not enabled"),
    ("torch_tensorrt", "Torch TensorRT enabled", "Torch TensorRT not enabled"),
):
    try:
        if not is_installed(_module):
            raise ModuleNotFoundError(_module)
        require(_module, _module)
        logger.info(_found)
    except ImportError:
        logger.info(_absent)
logger.info("ONNX enabled" if ONNX_AVAILABLE else "proceeding without onnxruntime")

if os.environ.get("TS_IPEX_ENABLE", "false") == "true":
    try:
        import intel_extension_for_pytorch as ipex

        IPEX_AVAILABLE = True
        if os.environ.get("TS_IPEX_GPU_ENABLE", "false") == "true" and not torch.xpu.is_available():
            logger.warning("IPEX GPU is enabled but no XPU is available")
    except ImportError as error:
        logger.warning("IPEX is enabled but intel-extension-for-pytorch is not installed: %s", error)


def setup_ort_session(model_pt_path: str, map_location: str | None) -> Any:
    """An ``onnxruntime.InferenceSession`` for the file, on CUDA if ``map_location`` is ``"cuda"``, else on the CPU."""
    ort = require("onnxruntime", "ONNX models")
    import psutil

    providers = ["CPUExecutionProvider"]
    if map_location == "cuda":
        providers.insert(0, "CUDAExecutionProvider")
    options = ort.SessionOptions()
    options.intra_op_num_threads = psutil.cpu_count(logical=True) or 0
    session = ort.InferenceSession(model_pt_path, providers=providers, sess_options=options)
    logger.info("Succesfully setup ort session")
    return session


def answer(
    handler: Any, data: list[dict[str, Any]], context: Any, respond: Callable[[list[dict[str, Any]]], list[Any]]
) -> list[Any]:
    """One call of a handler's ``handle``: profiled, or a description, or else ``respond(data)``.

    Reports ``HandlerTime`` in ms.
    """
    began = time.perf_counter()
    handler.context = context
    if os.environ.get("ENABLE_TORCH_PROFILER"):
        if not PROFILER_AVAILABLE:
            raise RuntimeError(
                "Profiler is enabled but current version of torch does not support."
                "Install torch>=1.8.1 to use profiler."
            )
        output, _ = handler._infer_with_profiler(data=data)
    elif handler._is_describe():
        output = [handler.describe_handle()]
    else:
        output = respond(data)
    context.metrics.add_time("HandlerTime", round((time.perf_counter() - began) * 1000, 2), None, "ms")
    return output


class BaseHandler(abc.ABC):  # noqa: B024 - subclasses rely on the base, not on abstract methods
    """Loads a model and answers batches with it. Override the steps that your model needs otherwise.

    A batch is a list of N dicts, one per request; the answer is a list of N items in the same order::

        class Doubler(BaseHandler):
            def preprocess(self, data):                     # list of N dicts -> what the model takes
                return torch.tensor([float(row["body"]) for row in data])

            def postprocess(self, output):                  # what the model gives -> list of N answers
                return (output * 2).tolist()

    Nothing here relies on ``__init__`` having run, so that a subclass may leave out ``super().__init__()``.
    """

    #: Runs the model that the handler had at its last batch.
    __runner: ChannelsLast | None = None

    def __init__(self) -> None:
        self.model: Any = None
        self.mapping: dict[str, str] | None = None
        self.device: Any = None
        self.initialized: Any = False
        self.context: Any = None
        self.model_pt_path: str | None = None
        self.manifest: Any = None
        self.map_location: str | None = None
        self.explain = False
        self.target: Any = 0
        self.profiler_args: dict[str, Any] = {}

    def initialize(self, context: Any) -> None:
        """Load the model that the archive holds onto the device that the worker was given.

        :param context: the worker's :class:`ts.context.Context`.
        :raises RuntimeError: if the archive holds no model, or one that cannot be loaded; the text says why.
        """
        properties = context.system_properties
        self.map_location, self.device = devices.choose(properties.get("gpu_id"))
        self.manifest = context.manifest
        self.model_yaml_config = getattr(context, "model_yaml_config", None) or {}
        model_dir = properties.get("model_dir")
        entries = self.manifest["model"]
        self.model_pt_path = None
        if entries.get("serializedFile"):
            self.model_pt_path = os.path.join(model_dir, entries["serializedFile"])
        self.__load_model(model_dir, entries.get("modelFile"))
        self.__compile()
        self.mapping = load_label_mapping(os.path.join(model_dir, "index_to_name.json"))
        self.initialized = True

    def __load_model(self, model_dir: str, model_file: str | None) -> None:
        path = self.model_pt_path
        if model_file:
            logger.debug("Loading eager model")
            self.model = self._load_pickled_model(model_dir, model_file, path)
            self.model.to(self.device)
            self.model.eval()
        elif path is None:
            raise RuntimeError(
                "No model weights could be loaded: the archive has neither a model file nor weights. Pack it with "
                "--serialized-file, or with --model-file, or load the model in the handler's own initialize"
            )
        elif path.endswith(".pt"):
            self.model = self._load_torchscript_model(path)
            self.model.eval()
        elif path.endswith(".onnx"):
            self.model = setup_ort_session(path, self.map_location)
        elif path.endswith((".so", ".pt2")) and self._use_torch_export_aot_compile():
            self.model = self._load_torch_export_aot_compile(path)
        else:
            raise RuntimeError(f"No model weights could be loaded: {_what_it_needs(path)}")

    def _load_torchscript_model(self, model_pt_path: str) -> Any:
        """The TorchScript module in the file, on the handler's device."""
        return load_torchscript(model_pt_path, self.device)

    def _load_pickled_model(self, model_dir: str, model_file: str, model_pt_path: str | None) -> Any:
        """An instance of the one class that ``model_file`` defines, with the weights of ``model_pt_path`` if given."""
        source = os.path.join(model_dir, model_file)
        if not os.path.isfile(source):
            raise RuntimeError("Missing the model.py file") from FileNotFoundError(source)
        classes = list_classes_from_module(load_source_module(source))
        if len(classes) != 1:
            raise ValueError(f"Expected only one class as model definition. {classes}")
        model = classes[0]()
        if model_pt_path:
            map_location = self.device if getattr(self, "map_location", None) else None
            state = load_pickle(model_pt_path, map_location, getattr(self, "model_yaml_config", None))
            fit(model, state, model_pt_path, model_file)
        return model

    def _use_torch_export_aot_compile(self) -> bool:
        """Whether the model's yaml says ``pt2: {export: {aot_compile: true}}`` and this torch can load such files."""
        options = (getattr(self, "model_yaml_config", None) or {}).get("pt2")
        export = options.get("export") if isinstance(options, dict) else None
        return PT230_AVAILABLE and bool(export.get("aot_compile")) if isinstance(export, dict) else False

    def _load_torch_export_aot_compile(self, model_so_path: str) -> Any:
        """The callable that AOTInductor compiled, from a ``.so`` or a ``.pt2`` package."""
        if self.map_location == "cuda":
            torch.cuda.set_device(self.device)
        if model_so_path.endswith(".pt2"):
            from torch._inductor import aoti_load_package

            model = aoti_load_package(model_so_path)
        else:
            from torch import _export

            model = _export.aot_load(model_so_path, self.map_location)
        logger.warning("torch._export is an experimental feature! Succesfully loaded torch exported model.")
        return model

    def __compile(self) -> None:
        options = compile_options(self.model_yaml_config)
        if options is not None:
            self.model = compiled(self.model, options)
        elif IPEX_AVAILABLE:
            self.model = compile_with_ipex(ipex, self.model, self.device)

    @timed
    def preprocess(self, data: Any) -> Any:
        """Turn a batch (what ``torch.as_tensor`` takes: a tensor, an array, nested lists of numbers) into a tensor.

        :raises RuntimeError: for a list of dicts, as requests come: these need a handler of their own or an envelope.
        """
        try:
            return torch.as_tensor(data, device=self.device)
        except RuntimeError as error:
            if not (isinstance(data, list) and data and isinstance(data[0], dict)):
                raise
            raise RuntimeError(
                f"{type(self).__name__}.preprocess got the requests as they came ({error}): override it to make a "
                "tensor of data[i]['body'], or set service_envelope=json and send {\"instances\": [[1, 2, 3]]}"
            ) from error

    @timed
    def inference(self, data: Any, *args: Any, **kwargs: Any) -> Any:
        """Call the model with what :meth:`preprocess` gave, without gradients; see :class:`ChannelsLast`."""
        if self.__runner is None or self.__runner.model is not self.model:
            self.__runner = ChannelsLast(self.model, getattr(self, "model_yaml_config", None))
        return self.__runner.infer(data.to(self.device), *args, **kwargs)

    @timed
    def postprocess(self, data: Any) -> list[Any]:
        """Turn the model's output into a list of N answers."""
        return data.tolist()

    def handle(self, data: list[dict[str, Any]], context: Any) -> list[Any]:
        """Answer one batch: describe, explain or predict, as the request asks. Reports ``HandlerTime`` in ms.

        With the environment variable ``ENABLE_TORCH_PROFILER`` set to anything the batch runs under ``torch.profiler``.
        """
        return answer(self, data, context, self.__respond)

    def __respond(self, data: list[dict[str, Any]]) -> list[Any]:
        prepared = self.preprocess(data)
        if self._is_explain():
            return self.explain_handle(prepared, data)
        return self.postprocess(self.inference(prepared))

    def _infer_with_profiler(self, data: list[dict[str, Any]]) -> tuple[list[Any], Any]:
        """Answer the batch under ``torch.profiler``; the trace goes to ``/tmp/pytorch_profiler/<model>``.

        ``self.profiler_args`` are the arguments of ``torch.profiler.profile``.

        :returns: the answers and the profile.
        """
        arguments = dict(getattr(self, "profiler_args", None) or {})
        if not arguments:
            arguments = {"activities": [ProfilerActivity.CPU, ProfilerActivity.CUDA], "record_shapes": True}
        if "on_trace_ready" not in arguments:
            manifest = getattr(self, "manifest", None) or self.context.manifest
            folder = os.path.join("/tmp/pytorch_profiler", manifest["model"]["modelName"])
            arguments["on_trace_ready"] = torch.profiler.tensorboard_trace_handler(folder)
            logger.info("Saving chrome trace to : %s", folder)
        with profile(**arguments) as prof:
            with record_function("preprocess"):
                prepared = self.preprocess(data)
            if self._is_explain():
                with record_function("explain"):
                    output = self.explain_handle(prepared, data)
            else:
                with record_function("inference"):
                    result = self.inference(prepared)
                with record_function("postprocess"):
                    output = self.postprocess(result)
        logger.info("%s", prof.key_averages().table(sort_by="cpu_time_total", row_limit=10))
        return output, prof

    def explain_handle(self, data_preprocess: Any, raw_data: list[dict[str, Any]]) -> Any:
        """Explain the first request of the batch with the subclass's ``get_insights(prepared, inputs, target)``.

        The class to explain is the request's parameter ``target``, else 0.
        """
        logger.info("Calculating Explanations")
        inputs, target = None, 0
        first = raw_data[0]
        if isinstance(first, dict):
            logger.info("Getting data and target")
            inputs = first.get("data") or first.get("body")
            target = first.get("target") or 0
        if not hasattr(self, "get_insights"):
            raise NotImplementedError(
                f"{type(self).__name__} cannot explain: give it a method get_insights(prepared, inputs, target)"
            )
        return self.get_insights(data_preprocess, inputs, target)

    def _is_explain(self) -> bool:
        if _first_request_says(self.context, "explain"):
            self.explain = True
            return True
        return False

    def _is_describe(self) -> bool:
        return _first_request_says(self.context, "describe")

    def describe_handle(self) -> Any:
        """What ``GET /models/<name>?customized=true`` shows under ``customizedMetadata``: override, return a dict."""
        return None

    def get_device(self) -> Any:
        """The ``torch.device`` that the model is on."""
        return self.device


def _first_request_says(context: Any, header: str) -> bool:
    return bool(context) and context.get_request_header(0, header) == "True"


def _what_it_needs(path: str) -> str:
    if path.endswith((".so", ".pt2")):
        return (
            f"'{path}' needs 'pt2: {{export: {{aot_compile: true}}}}' in the archive's yaml configuration and torch "
            "2.3 or later"
        )
    return (
        f"'{path}' is neither TorchScript (.pt) nor ONNX (.onnx). If it holds a state dict, pack the archive with the "
        "--model-file that defines its class; else load it in the handler's own initialize"
    )

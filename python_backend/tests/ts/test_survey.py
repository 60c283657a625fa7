"""Every name that handlers, tests and scripts written for TorchServe import: it is there, and takes what it took."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from typing import Any

import pytest

from support.surroundings import PYTHON_BACKEND

# module -> {name: signature}. A signature lists what callers may pass: names in order, with "=" where a default exists.
# None: there is nothing to call.
CALLABLES: dict[str, dict[str, str | None]] = {
    "ts": {"__version__": None, "__file__": None, "version": None},
    "ts.version": {"__version__": None},
    "ts.context": {
        "Context": "model_name model_dir manifest batch_size gpu mms_version limit_max_image_pixels= metrics= "
        "model_yaml_config=",
        "RequestProcessor": "request_header",
    },
    "ts.service": {
        "Service": "model_name model_dir manifest entry_point gpu batch_size limit_max_image_pixels= metrics_cache=",
        "emit_metrics": "metrics",
        "PREDICTION_METRIC": None,
        "PredictionException": "message error_code=",
        "Context": None,
        "RequestProcessor": None,
    },
    "ts.async_service": {"AsyncService": "service"},
    "ts.arg_parser": {"ArgParser": None},
    "ts.model_loader": {"ModelLoaderFactory": None, "TsModelLoader": None},
    "ts.model_service_worker": {"TorchModelServiceWorker": None},
    "ts.protocol.otf_message_handler": {
        "send_intermediate_predict_response": "ret req_id_map message code context=",
        "create_predict_response": "ret req_id_map message code context= ts_stream_next=",
        "create_load_model_response": "code message",
        "retrieve_msg": "conn",
    },
    "ts.model_service.model_service": {
        "ModelService": "model_name model_dir manifest gpu=",
        "SingleNodeService": "model_name model_dir manifest gpu=",
    },
    "ts.handler_utils.timer": {"timed": "*1"},
    "ts.handler_utils.utils": {
        "import_class": "class_name module_prefix=",
        "send_intermediate_predict_response": "ret req_id_map message code context",
        "create_predict_response": "ret req_id_map message code context= ts_stream_next=",
    },
    "ts.handler_utils.micro_batching": {
        "MicroBatching": "parent_handler micro_batch_size= parallelism=",
        "HANDLER_METHODS": None,
    },
    "ts.handler_utils.text_utils": {
        "get_tokenizer": "tokenizer language=",
        "ngrams_iterator": "token_list ngrams",
    },
    "ts.handler_utils.hf_batch_streamer": {
        "TextIteratorStreamerBatch": "tokenizer batch_size skip_prompt= timeout= **decode_kwargs",
    },
    "ts.handler_utils.distributed.deepspeed": {
        "get_ds_engine": "model ctx",
        "create_checkpoints_json": "model_path checkpoints_json",
    },
    "ts.handler_utils.distributed.pt_pippy": {
        "initialize_rpc_workers": "local_rank world_size ctx",
        "get_pipeline_driver": "model world_size ctx",
        "get_pipline_driver": "model world_size ctx",
    },
    "ts.handler_utils.preprocess.dali": {"get_dali_pipeline": "ctx"},
    "ts.metrics": dict.fromkeys(("dimension", "metric", "metric_encoder", "metrics_store", "system_metrics", "unit")),
    "ts.metrics.dimension": {"Dimension": "name value"},
    "ts.metrics.metric": {"Metric": "name value unit dimensions request_id= metric_method="},
    "ts.metrics.metric_type_enum": {"MetricTypes": None},
    "ts.metrics.unit": {"Units": ""},
    "ts.metrics.metric_abstract": {"MetricAbstract": "metric_name unit dimension_names= metric_type="},
    "ts.metrics.caching_metric": {"CachingMetric": "metric_name unit dimension_names= metric_type="},
    "ts.metrics.metric_cache_abstract": {"MetricCacheAbstract": "config_file_path"},
    "ts.metrics.metric_cache_yaml_impl": {"MetricsCacheYamlImpl": "config_file_path"},
    "ts.metrics.metric_cache_errors": dict.fromkeys(
        (
            "MetricsCacheIOError",
            "MetricsCachePyYamlError",
            "MetricsCacheTypeError",
            "MetricsCacheValueError",
            "MetricsCacheKeyError",
            "GeneralMetricsCacheError",
        ),
        "message",
    ),
    "ts.metrics.metrics_store": {"MetricsStore": "request_ids model_name"},
    "ts.metrics.metric_encoder": {"MetricEncoder": None},
    "ts.metrics.process_memory_metric": {"check_process_mem_usage": "stdin", "get_cpu_usage": "pid"},
    "ts.metrics.system_metrics": {
        "system_metrics": None,
        "collect_all": "mod num_of_gpu",
        "collect_gpu_metrics": "num_of_gpu",
        **dict.fromkeys(
            (
                "cpu_utilization",
                "memory_used",
                "memory_available",
                "memory_utilization",
                "disk_used",
                "disk_utilization",
                "disk_available",
            ),
            "",
        ),
    },
    "ts.torch_handler.base_handler": {
        "BaseHandler": "",
        "setup_ort_session": "model_pt_path map_location",
        **dict.fromkeys(
            (
                "PROFILER_AVAILABLE",
                "XLA_AVAILABLE",
                "PT2_AVAILABLE",
                "PT230_AVAILABLE",
                "IPEX_AVAILABLE",
                "ONNX_AVAILABLE",
            )
        ),
    },
    "ts.torch_handler.vision_handler": {"VisionHandler": ""},
    "ts.torch_handler.image_classifier": {"ImageClassifier": ""},
    "ts.torch_handler.image_segmenter": {"ImageSegmenter": ""},
    "ts.torch_handler.object_detector": {"ObjectDetector": ""},
    "ts.torch_handler.text_handler": {"TextHandler": ""},
    "ts.torch_handler.text_classifier": {"TextClassifier": ""},
    "ts.torch_handler.contractions": {"CONTRACTION_MAP": None},
    "ts.torch_handler.densenet_handler": {"DenseNetHandler": "", "list_classes_from_module": "module parent_class="},
    "ts.torch_handler.dali_handler": {"DALIHandler": ""},
    "ts.torch_handler.dali_image_classifier": {"DALIImageClassifier": ""},
    "ts.torch_handler.vllm_handler": {"VLLMHandler": ""},
    "ts.torch_handler.trt_llm_handler": {"TRTLLMHandler": ""},
    "ts.torch_handler.distributed.base_pippy_handler": {"BasePippyHandler": ""},
    "ts.torch_handler.distributed.base_deepspeed_handler": {"BaseDeepSpeedHandler": ""},
    "ts.torch_handler.request_envelope.base": {"BaseEnvelope": "handle_fn"},
    "ts.torch_handler.request_envelope.body": {"BodyEnvelope": "handle_fn"},
    "ts.torch_handler.request_envelope.json": {"JSONEnvelope": "handle_fn"},
    "ts.torch_handler.request_envelope.kserve": {"KServeEnvelope": "handle_fn"},
    "ts.torch_handler.request_envelope.kservev2": {"KServev2Envelope": "handle_fn"},
    "ts.torch_handler.unit_tests.test_utils.mock_context": {
        "MockContext": "model_pt_file= model_dir= model_file= gpu_id= model_name= model_yaml_config_file=",
    },
    "ts.torch_handler.unit_tests.test_utils.model_dir": {
        "download_model": "model_url model_dir",
        "copy_files": "src_dir dst_dir files",
        "REPO_DIR": None,
    },
    "ts.utils.util": {
        "CLEANUP_REGEX": None,
        "PT2Backend": None,
        "PredictionException": "message error_code=",
        "check_valid_pt2_backend": "backend",
        "deprecated": "version replacement= klass=",
        "get_yaml_config": "yaml_file_path",
        "list_classes_from_module": "module parent_class=",
        "load_label_mapping": "mapping_file_path",
        "map_class_to_label": "probs mapping= lbl_classes=",
    },
    "ts.utils.hf_utils": {"download_model": "model_id= revision= model_path= use_auth_token="},
    "ts.utils.setup_model_venv": {"create_venv": "venv_path", "inherit_site_packages": "venv_path"},
    "ts.utils.timeit_decorator": {"timeit": "func"},
    "ts.launcher": {
        "start": "model_store= snapshot_file= no_config_snapshots= plugin_folder= disable_token= models= "
        "enable_model_api=",
        "stop": "wait=",
        "register_model": "model_name url",
        "register_model_with_params": "params",
    },
    "ts.llm_launcher": {
        "get_model_config": "args model_snapshot_path=",
        "create_mar_file": "args model_snapshot_path=",
        "create_tensorrt_llm_engine": "args model_snapshot_path=",
        "main": "args",
    },
    "ts.model_server": {"start": "", "load_properties": "file_path"},
}

# class -> {method: signature without self}.
METHODS: dict[str, dict[str, str]] = {
    "ts.torch_handler.base_handler.BaseHandler": {
        "initialize": "context",
        "preprocess": "data",
        "inference": "data *args **kwargs",
        "postprocess": "data",
        "handle": "data context",
        "explain_handle": "data_preprocess raw_data",
        "describe_handle": "",
        "get_device": "",
        "_is_explain": "",
        "_is_describe": "",
        "_infer_with_profiler": "data",
        "_load_torchscript_model": "model_pt_path",
        "_load_pickled_model": "model_dir model_file model_pt_path",
        "_load_torch_export_aot_compile": "model_so_path",
        "_use_torch_export_aot_compile": "",
    },
    "ts.torch_handler.vision_handler.VisionHandler": {"get_insights": "tensor_data _ target="},
    "ts.torch_handler.image_classifier.ImageClassifier": {
        "set_max_result_classes": "topk",
        "get_max_result_classes": "",
    },
    "ts.torch_handler.text_handler.TextHandler": {
        "get_source_vocab_path": "ctx",
        "_expand_contractions": "text",
        "_remove_accented_characters": "text",
        "_remove_html_tags": "text",
        "_remove_punctuation": "text",
        "_remove_puncutation": "*args **kwargs",
        "_tokenize": "text",
        "get_word_token": "input_tokens",
        "summarize_attributions": "attributions",
    },
    "ts.metrics.caching_metric.CachingMetric": {
        "add_or_update": "value dimension_values= request_id=",
        "update": "value request_id= dimensions=",
        "emit_metrics": "request_id value dimension_string",
    },
    "ts.metrics.metric_cache_yaml_impl.MetricsCacheYamlImpl": {
        "initialize_cache": "",
        "cache_keys": "",
        "set_request_ids": "request_ids",
        "add_counter": "name value idx= dimensions=",
        "add_time": "name value idx= unit= dimensions= metric_type=",
        "add_size": "name value idx= unit= dimensions= metric_type=",
        "add_percent": "name value idx= dimensions= metric_type=",
        "add_error": "name value dimensions=",
        "add_metric": "name value unit idx= dimensions= metric_type=",
        "add_metric_to_cache": "metric_name unit dimension_names= metric_type=",
        "get_metric": "metric_name metric_type=",
    },
    "ts.metrics.metrics_store.MetricsStore": {
        "add_counter": "name value idx= dimensions=",
        "add_time": "name value idx= unit= dimensions=",
        "add_size": "name value idx= unit= dimensions=",
        "add_percent": "name value idx= dimensions=",
        "add_error": "name value dimensions=",
        "add_metric": "name value unit idx= dimensions=",
    },
    "ts.metrics.metric.Metric": {"update": "value", "reset": "", "to_dict": ""},
    "ts.handler_utils.micro_batching.MicroBatching": {
        "__call__": "data context",
        "handle": "data",
        "get_micro_batch_idx": "",
        "shutdown": "",
    },
    "ts.torch_handler.request_envelope.base.BaseEnvelope": {
        "handle": "data context",
        "parse_input": "data",
        "format_output": "data",
    },
    "ts.torch_handler.unit_tests.test_utils.mock_context.MockContext": {"get_request_header": "idx exp"},
}


def _spelled(function: Any, method: bool = False) -> str:
    parts = []
    for each in list(inspect.signature(function).parameters.values())[1 if method else 0 :]:
        stars = {each.VAR_POSITIONAL: "*", each.VAR_KEYWORD: "**"}.get(each.kind, "")
        parts.append(stars + each.name + ("" if each.default is each.empty else "="))
    return " ".join(parts)


@pytest.mark.parametrize(
    ("module", "name", "signature"),
    [(module, name, signature) for module, names in CALLABLES.items() for name, signature in names.items()],
    ids=lambda value: value if isinstance(value, str) and " " not in value and "=" not in value else "",
)
def test_is_there_and_takes_what_it_took(module: str, name: str, signature: str | None) -> None:
    found = getattr(importlib.import_module(module), name)
    if signature is None:
        assert found is not None
    elif signature.startswith("*"):
        assert len(inspect.signature(found).parameters) == int(signature[1:])
    else:
        # What was required before may have a default now.
        assert _spelled(found).replace("mms_version=", "mms_version") == signature


@pytest.mark.parametrize(
    ("cls", "method", "signature"),
    [(cls, method, signature) for cls, methods in METHODS.items() for method, signature in methods.items()],
    ids=lambda value: value if isinstance(value, str) and " " not in value and "=" not in value else "",
)
def test_methods_take_what_they_took(cls: str, method: str, signature: str) -> None:
    module, _, name = cls.rpartition(".")
    found = getattr(importlib.import_module(module), name)
    assert _spelled(getattr(found, method), method=True) == signature


HANDLERS = ["image_classifier", "image_segmenter", "object_detector", "text_classifier", "base_handler"]
HANDLERS += ["dali_image_classifier", "vllm_handler", "trt_llm_handler", "densenet_handler"]


@pytest.mark.parametrize("name", HANDLERS)
def test_a_shipped_handler_has_one_class_and_no_function_handle(name: str) -> None:
    """Which is how the loader finds the class."""
    from ts.utils.util import list_classes_from_module

    module = importlib.import_module(f"ts.torch_handler.{name}")
    assert len(list_classes_from_module(module)) == 1
    assert not hasattr(module, "handle")


def _modules_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=PYTHON_BACKEND, capture_output=True, text=True, check=True)
    return set(run.stdout.splitlines()[-1].split())


def test_importing_ts_is_light() -> None:
    loaded = _modules_after("import ts, ts.metrics.dimension, ts.utils.util")
    assert not loaded & {"torch", "numpy", "psutil", "PIL"}


def test_default_handlers_import_heavy_packages_only_when_used() -> None:
    loaded = _modules_after("\n".join(f"import ts.torch_handler.{name}" for name in HANDLERS))
    assert not loaded & {"torchvision", "captum", "transformers", "onnxruntime", "vllm", "tensorrt_llm", "nvidia.dali"}


def test_a_missing_package_is_named_with_its_cure() -> None:
    from ts.torch_handler.optional import require

    with pytest.raises(ImportError, match=r"explanations need the package 'absent_package'.*pip install absent"):
        require("absent_package.part", "explanations", "absent_package")


def test_an_installed_package_that_fails_tells_its_own_reason(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from ts.torch_handler.optional import require

    (tmp_path / "half_broken.py").write_text("import module_that_it_lacks")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match="No module named 'module_that_it_lacks'"):
        require("half_broken", "tests")

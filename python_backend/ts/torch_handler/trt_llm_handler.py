"""The handler ``trt_llm_handler``: large language models compiled by TensorRT-LLM."""

from __future__ import annotations

import json
import logging
import time
from typing import Any

from ts.handler_utils.utils import send_intermediate_predict_response
from ts.torch_handler.base_handler import BaseHandler
from ts.torch_handler.optional import require

logger = logging.getLogger(__name__)

_PURPOSE = "TensorRT-LLM models"
_PACKAGE = "tensorrt_llm"


class TRTLLMHandler(BaseHandler):
    """For models with ``asyncCommunication: true``. A request is a JSON object::

        {"prompt": "Once upon a time", "streaming": true, "max_tokens": 50}

    All keys but ``prompt`` and ``streaming`` are sampling parameters. The archive's yaml::

        handler:
          engine_dir: engine                 # what trtllm-build made
          tokenizer_dir: tokenizer           # folder, or name at Hugging Face
          kv_cache_config: {free_gpu_memory_fraction: 0.1}
    """

    def __init__(self) -> None:
        super().__init__()
        self.tokenizer: Any = None
        self.trt_llm_engine: Any = None

    def initialize(self, ctx: Any) -> None:
        """Load engine and tokenizer.

        :raises KeyError: if the yaml lacks ``engine_dir`` or ``tokenizer_dir``.
        :raises ImportError: if TensorRT-LLM or transformers is not installed.
        """
        settings = (ctx.model_yaml_config or {}).get("handler") or {}
        for key in ("engine_dir", "tokenizer_dir"):
            if key not in settings:
                raise KeyError(f"handler.{key} is missing in the yaml configuration of {ctx.model_name}")
        transformers = require("transformers", _PURPOSE)
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(settings["tokenizer_dir"])
        options: dict[str, Any] = {}
        if settings.get("kv_cache_config"):
            options["kv_cache_config"] = _part("KvCacheConfig")(**settings["kv_cache_config"])
        self.trt_llm_engine = _part("LLM")(model=settings["engine_dir"], tokenizer=self.tokenizer, **options)
        self.initialized = True

    async def handle(  # type: ignore[override]
        self, data: list[dict[str, Any]], context: Any
    ) -> list[Any]:
        """Answer one request. Reports ``HandlerTime`` in ms."""
        began = time.perf_counter()
        output = await self.inference(await self.preprocess(data, context), context)
        context.metrics.add_time("HandlerTime", round((time.perf_counter() - began) * 1000, 2), None, "ms")
        return await self.postprocess(output)

    async def preprocess(  # type: ignore[override]
        self, requests: list[dict[str, Any]], context: Any
    ) -> dict[str, Any]:
        """The JSON object that the one request brings; bytes and text are read as JSON."""
        assert len(requests) == 1, "Expecting batch_size = 1"
        payload: Any = requests[0].get("data") or requests[0].get("body")
        if isinstance(payload, (bytes, bytearray, str)):
            payload = json.loads(payload)
        if not isinstance(payload, dict) or "prompt" not in payload:
            raise ValueError('the request should be a JSON object with the key "prompt"')
        return payload

    async def inference(self, data: dict[str, Any], context: Any) -> list[Any]:
        """Generate. While streaming each step's text is sent at once, and the answer ends with an empty part."""
        options = {key: value for key, value in data.items() if key not in ("prompt", "streaming")}
        end = self.tokenizer.eos_token_id
        pad = self.tokenizer.pad_token_id
        sampling = _part("SamplingParams")(**{"end_id": end, "pad_id": end if pad is None else pad, **options})
        streaming = bool(data.get("streaming", False))
        generation = self.trt_llm_engine.generate_async(data["prompt"], sampling, streaming=streaming)
        if not streaming:
            return [(await generation.aresult()).outputs[0].text]
        sent = 0
        async for step in generation:
            text = step.outputs[0].text
            send_intermediate_predict_response(
                [{"text": text[sent:]}], context.request_ids, "Intermediate Prediction success", 200, context
            )
            sent = len(text)
        return [""]

    async def postprocess(self, inference_outputs: list[Any]) -> list[Any]:  # type: ignore[override]
        """The answer as it is."""
        return inference_outputs


def _part(name: str) -> Any:
    """A part of TensorRT-LLM's API, which has moved over the releases; for compiled engines where there is a choice."""
    package = require("tensorrt_llm", _PURPOSE, _PACKAGE)
    modules = ["tensorrt_llm.llmapi", "tensorrt_llm", "tensorrt_llm.hlapi"]
    if name == "LLM":
        modules.insert(0, "tensorrt_llm._tensorrt_engine")
    for module in modules:
        try:
            return getattr(require(module, _PURPOSE, _PACKAGE), name)
        except (ImportError, AttributeError):
            continue
    raise ImportError(f"tensorrt_llm {getattr(package, '__version__', '')} has no {name}")

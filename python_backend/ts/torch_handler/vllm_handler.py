"""The handler ``vllm_handler``: large language models behind OpenAI's API, run by vLLM."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from typing import Any

from ts.handler_utils.utils import send_intermediate_predict_response
from ts.torch_handler.base_handler import BaseHandler
from ts.torch_handler.vllm_openai import OpenAIServices, RawRequest, request_class
from ts.utils.util import PredictionException

logger = logging.getLogger(__name__)


class VLLMHandler(BaseHandler):
    """For models with ``asyncCommunication: true``. The rest of the path says what is asked for::

        /predictions/<model>/1.0/v1/completions
        /predictions/<model>/1.0/v1/chat/completions
        /predictions/<model>/1.0/v1/models

    So do ``/v1/completions`` and ``/v1/chat/completions``, where the ``model`` of a request is its registered name, the
    name that vLLM knows it by, or that of an adapter. The archive's yaml::

        handler:
          model_path: model                  # in the archive, or as Hugging Face or the file system knows it
          vllm_engine_config:                # fields of vllm.AsyncEngineArgs
            max_num_seqs: 16
          adapters: {my_adapter: adapters/mine}
          chat_template: template.jinja
    """

    #: What it answers of OpenAI's API.
    openai_routes = ("v1/chat/completions", "v1/completions")

    def __init__(self) -> None:
        super().__init__()
        self.services: OpenAIServices | None = None
        self.model_dir: str = ""

    @property
    def openai_models(self) -> list[str]:
        """What requests may call the model beside its registered name. A path in this server is no name for clients."""
        return [name for name in self.services.names if not os.path.isabs(name)] if self.services else []

    def initialize(self, ctx: Any) -> None:
        """Start the engine, on the event loop that later runs :meth:`handle`.

        :raises AssertionError: if the yaml names no model.
        :raises ImportError: if vLLM is not installed.
        """
        self.model_dir = ctx.system_properties.get("model_dir")
        self.model_yaml_config = ctx.model_yaml_config or {}
        settings = self.model_yaml_config.get("handler") or {}
        engine_config = dict(settings.get("vllm_engine_config") or {})
        model = settings.get("model_path") or engine_config.get("model")
        assert model, "please define model in vllm_engine_config or model_path in handler"
        engine_config["model"] = self._in_archive(model)
        adapters = {name: self._in_archive(path) for name, path in (settings.get("adapters") or {}).items()}
        os.environ["VLLM_WORKER_MULTIPROC_METHOD"] = "spawn"
        loop = asyncio.get_event_loop()
        self.services = loop.run_until_complete(
            OpenAIServices().start(engine_config, adapters, settings.get("chat_template"))
        )
        self.initialized = True

    async def handle(  # type: ignore[override]
        self, data: list[dict[str, Any]], context: Any
    ) -> list[Any]:
        """Answer one request. Reports ``HandlerTime`` in ms.

        With ``"stream": true`` every event but ``[DONE]`` is sent as soon as vLLM has it.

        :raises PredictionException: 404 for an unknown path.
        """
        began = time.perf_counter()
        output = await self.inference(await self.preprocess(data, context), context)
        context.metrics.add_time("HandlerTime", round((time.perf_counter() - began) * 1000, 2), None, "ms")
        return await self.postprocess(output)

    async def preprocess(  # type: ignore[override]
        self, requests: list[dict[str, Any]], context: Any
    ) -> dict[str, Any]:
        """The JSON object that the one request brings."""
        assert len(requests) == 1, "Expecting batch_size = 1"
        payload: Any = requests[0].get("data") or requests[0].get("body")
        if isinstance(payload, (bytes, bytearray, str)):
            payload = json.loads(payload)
        return payload

    async def inference(self, data: dict[str, Any], context: Any) -> list[Any]:
        """Pass the request on to the service that its path names."""
        assert self.services is not None
        path = (context.get_request_header(0, "url_path") or "").strip("/")
        if path == "v1/models":
            return [_plain(await self.services.models.show_available_models())]
        if path == "v1/chat/completions":
            kind, serve = "ChatCompletionRequest", self.services.chat.create_chat_completion
        elif path == "v1/completions":
            kind, serve = "CompletionRequest", self.services.completion.create_completion
        else:
            raise PredictionException(f"Unknown API endpoint: {path}", 404)
        request = request_class(kind).model_validate(self._with_known_name(data, context))
        cancelled = getattr(context, "is_cancelled", lambda index: False)
        raw_request = RawRequest(context.get_all_request_header(0), lambda: cancelled(0))
        response = await serve(request, raw_request)
        if not hasattr(response, "__aiter__"):
            return [_plain(response)]
        latest = None
        async for event in response:
            if event == "data: [DONE]\n\n":
                continue
            if latest is not None:
                send_intermediate_predict_response(
                    [latest], context.request_ids, "Intermediate Prediction success", 200, context
                )
            latest = event
        return [latest if latest is not None else ""]

    async def postprocess(self, inference_outputs: list[Any]) -> list[Any]:  # type: ignore[override]
        """The answer as it is."""
        return inference_outputs

    def _with_known_name(self, data: dict[str, Any], context: Any) -> dict[str, Any]:
        """vLLM knows the model by another name than the one that it is registered under."""
        assert self.services is not None
        name, known = data.get("model"), self.services.names
        registered = isinstance(name, str) and name.split("/")[0] == context.model_name
        return {**data, "model": known[0]} if registered and name not in known else data

    def _in_archive(self, path: str) -> str:
        inside = os.path.join(self.model_dir, path)
        return inside if os.path.exists(inside) else path


def _plain(response: Any) -> Any:
    """A response of vLLM as what JSON can carry."""
    return response.model_dump(mode="json") if hasattr(response, "model_dump") else response

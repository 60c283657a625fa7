"""vLLM's engine and its OpenAI services, in any release from 0.6.1 on.

vLLM moves these parts from release to release. Up to 0.6.2 the services are built here; later releases build them
themselves, for a server's state, and this asks them to.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
from types import SimpleNamespace
from typing import Any

from ts.torch_handler.optional import require

_PURPOSE = "vLLM models"


class Headers(dict[str, str]):
    """Request headers, found in any spelling of their names."""

    def __init__(self, headers: dict[str, Any]) -> None:
        super().__init__({name.lower(): value for name, value in headers.items() if isinstance(value, str)})

    def get(self, key: str, default: Any = None) -> Any:
        """A header by its name in any spelling."""
        return super().get(key.lower(), default)

    def __getitem__(self, key: str) -> str:
        return super().__getitem__(key.lower())

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and super().__contains__(key.lower())


class RawRequest:
    """As much of a web framework's request as the services look at.

    :param disconnected: says whether the client is gone.
    """

    def __init__(self, headers: dict[str, Any], disconnected: Any) -> None:
        self.headers = Headers(headers)
        self.state = SimpleNamespace()
        self._disconnected = disconnected

    async def is_disconnected(self) -> bool:
        """Whether the client has hung up."""
        return bool(self._disconnected())


class OpenAIServices:
    """One engine and its services.

    ``chat.create_chat_completion(request, raw_request)`` and ``completion.create_completion(request, raw_request)``
    give a response object, or an asynchronous generator of server-sent events. ``models.show_available_models()`` gives
    the list of models. All are coroutines.

    :ivar names: what requests may call the model: first its own names, then those of its adapters.
    """

    def __init__(self) -> None:
        self.engine: Any = None
        self.chat: Any = None
        self.completion: Any = None
        self.models: Any = None
        self.names: list[str] = []

    async def start(
        self, engine_config: dict[str, Any], adapters: dict[str, str], chat_template: str | None
    ) -> OpenAIServices:
        """Start the engine and build the services.

        :param engine_config: fields of ``vllm.AsyncEngineArgs``; others are ignored.
        :param adapters: LoRA adapters, name to path.
        :raises ImportError: if vLLM is not installed, or is a release whose parts are not where they are looked for.
        """
        vllm = require("vllm", _PURPOSE)
        known = set(inspect.signature(vllm.AsyncEngineArgs).parameters)
        arguments = vllm.AsyncEngineArgs(**{key: value for key, value in engine_config.items() if key in known})
        self.engine = vllm.AsyncLLMEngine.from_engine_args(arguments)
        names = getattr(arguments, "served_model_name", None) or arguments.model
        names = [names] if isinstance(names, str) else list(names)
        self.names = [*names, *adapters]
        api_server = require("vllm.entrypoints.openai.api_server", _PURPOSE)
        if hasattr(api_server, "init_app_state"):
            await self._ask(api_server, arguments.model, names, adapters, chat_template)
        else:
            await self._build(names, adapters, chat_template)
        return self

    async def _build(self, names: list[str], adapters: dict[str, str], chat_template: str | None) -> None:
        openai = "vllm.entrypoints.openai"
        adapter = _find("LoRAModulePath", f"{openai}.serving_engine")
        modules = [adapter(name=name, local_path=path) for name, path in adapters.items()]
        common = {"lora_modules": modules, "prompt_adapters": None, "request_logger": None}
        positional = (self.engine, await self.engine.get_model_config(), names)
        self.completion = _find("OpenAIServingCompletion", f"{openai}.serving_completion")(*positional, **common)
        self.chat = _find("OpenAIServingChat", f"{openai}.serving_chat")(
            *positional, "assistant", chat_template=chat_template, **common
        )
        self.models = self.completion

    async def _ask(
        self, api_server: Any, model: str, names: list[str], adapters: dict[str, str], chat_template: str | None
    ) -> None:
        cli = require("vllm.entrypoints.openai.cli_args", _PURPOSE)
        parser = _find("FlexibleArgumentParser", "vllm.utils.argparse_utils", "vllm.utils")()
        arguments: argparse.Namespace = cli.make_arg_parser(parser).parse_args([])
        arguments.model, arguments.served_model_name, arguments.chat_template = model, names, chat_template
        if adapters:
            adapter = _find(
                "LoRAModulePath",
                "vllm.entrypoints.openai.models.protocol",
                "vllm.entrypoints.openai.serving_models",
                "vllm.entrypoints.openai.serving_engine",
            )
            arguments.lora_modules = [adapter(name=name, path=path) for name, path in adapters.items()]
        state = SimpleNamespace()
        offered = {
            "engine_client": self.engine,
            "model_config": await _of(self.engine, "get_model_config", "model_config"),
            "vllm_config": await _of(self.engine, "get_vllm_config", "vllm_config"),
            "state": state,
            "args": arguments,
            "supported_tasks": await _of(self.engine, "get_supported_tasks", "supported_tasks") or ("generate",),
        }
        wanted = inspect.signature(api_server.init_app_state).parameters
        outcome = api_server.init_app_state(**{name: offered[name] for name in wanted if name in offered})
        if inspect.isawaitable(outcome):
            await outcome
        self.chat, self.completion = state.openai_serving_chat, state.openai_serving_completion
        self.models = getattr(state, "openai_serving_models", None) or self.completion


def request_class(name: str) -> Any:
    """``ChatCompletionRequest`` or ``CompletionRequest``."""
    part = "chat_completion" if name.startswith("Chat") else "completion"
    return _find(name, f"vllm.entrypoints.openai.{part}.protocol", "vllm.entrypoints.openai.protocol")


def _find(name: str, *modules: str) -> Any:
    for module in modules:
        try:
            return getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError):
            continue
    raise ImportError(
        f"this release of vllm has no {name} in {' or '.join(modules)}. Releases that are known to work begin with "
        "0.6.1.post2: pip install vllm==0.6.1.post2"
    )


async def _of(engine: Any, method: str, attribute: str) -> Any:
    if hasattr(engine, method):
        return await getattr(engine, method)()
    return getattr(engine, attribute, None)

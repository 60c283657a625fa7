"""The handlers of vLLM and TensorRT-LLM, and their launcher.

The engines need a GPU, so packages with their interfaces, and nothing behind them, stand in for them here.
"""

from __future__ import annotations

import asyncio
import json
import sys
import types
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

import pytest
import yaml

from support.surroundings import Recorded
from ts import llm_launcher
from ts.torch_handler.trt_llm_handler import TRTLLMHandler
from ts.torch_handler.vllm_handler import VLLMHandler
from ts.torch_handler.vllm_openai import Headers
from ts.utils.util import PredictionException
from ts_worker.declaration import declaration_of

Make = Callable[..., Any]


@dataclass
class AsyncEngineArgs:
    model: str = "default"
    max_num_seqs: int = 1
    served_model_name: Any = None


@dataclass
class Answer:
    """As pydantic models: they dump themselves, and validate what they are made of."""

    content: dict[str, Any] = field(default_factory=dict)

    def model_dump(self, mode: str = "python") -> dict[str, Any]:
        assert mode == "json"
        return self.content

    @classmethod
    def model_validate(cls, content: Any) -> Answer:
        if not isinstance(content, dict) or "model" not in content:
            raise ValueError("model: field required")
        return cls(content)


class Service:
    """Answers with what it was asked, and with what it was made of."""

    def __init__(self, *positional: Any, **named: Any) -> None:
        self.positional, self.named = positional, named

    async def _serve(self, request: Answer, raw_request: Any) -> Any:
        assert await raw_request.is_disconnected() is False
        if request.content.get("stream"):
            return self._events(raw_request.headers["X-Words"].split())
        return Answer({"asked": request.content, "service": type(self).__name__})

    async def _events(self, words: list[str]) -> Any:
        for word in words:
            yield f"data: {word}\n\n"
        yield "data: [DONE]\n\n"

    async def show_available_models(self) -> Answer:
        return Answer({"models": self.named.get("names") or self.positional[2]})


class OpenAIServingChat(Service):
    create_chat_completion = Service._serve


class OpenAIServingCompletion(Service):
    create_completion = Service._serve


@dataclass
class LoRAModulePath:
    name: str
    path: str = ""
    local_path: str = ""


class Engine:
    def __init__(self, arguments: AsyncEngineArgs) -> None:
        self.arguments = arguments

    @classmethod
    def from_engine_args(cls, arguments: AsyncEngineArgs) -> Engine:
        asyncio.get_running_loop()
        return cls(arguments)

    async def get_model_config(self) -> str:
        return "model config"


async def init_app_state(engine_client: Any, model_config: Any, state: Any, args: Any) -> None:
    assert (model_config, args.something) == ("model config", "parsed")
    made = {"engine": engine_client, "args": args, "names": args.served_model_name}
    state.openai_serving_chat = OpenAIServingChat(**made)
    state.openai_serving_completion = OpenAIServingCompletion(**made)
    state.openai_serving_models = Service(**made)


class FlexibleArgumentParser:
    def parse_args(self, words: list[str]) -> Any:
        return types.SimpleNamespace(something="parsed")


PACKAGES: dict[str, dict[str, dict[str, Any]]] = {
    "0.6.1": {
        "vllm.entrypoints.openai.api_server": {},
        "vllm.entrypoints.openai.protocol": {"ChatCompletionRequest": Answer, "CompletionRequest": Answer},
        "vllm.entrypoints.openai.serving_chat": {"OpenAIServingChat": OpenAIServingChat},
        "vllm.entrypoints.openai.serving_completion": {"OpenAIServingCompletion": OpenAIServingCompletion},
        "vllm.entrypoints.openai.serving_engine": {"LoRAModulePath": LoRAModulePath},
    },
    "later": {
        "vllm.entrypoints.openai.api_server": {"init_app_state": init_app_state},
        "vllm.entrypoints.openai.cli_args": {"make_arg_parser": lambda parser: parser},
        "vllm.entrypoints.openai.chat_completion": {},
        "vllm.entrypoints.openai.chat_completion.protocol": {"ChatCompletionRequest": Answer},
        "vllm.entrypoints.openai.completion": {},
        "vllm.entrypoints.openai.completion.protocol": {"CompletionRequest": Answer},
        "vllm.entrypoints.openai.models": {},
        "vllm.entrypoints.openai.models.protocol": {"LoRAModulePath": LoRAModulePath},
        "vllm.utils": {},
        "vllm.utils.argparse_utils": {"FlexibleArgumentParser": FlexibleArgumentParser},
    },
}


def install(monkeypatch: pytest.MonkeyPatch, modules: dict[str, dict[str, Any]]) -> None:
    for name, content in modules.items():
        module = types.ModuleType(name)
        module.__path__ = []
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)


@pytest.fixture(params=list(PACKAGES))
def vllm(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    base: dict[str, dict[str, Any]] = {
        "vllm": {"AsyncEngineArgs": AsyncEngineArgs, "AsyncLLMEngine": Engine},
        "vllm.entrypoints": {},
        "vllm.entrypoints.openai": {},
    }
    monkeypatch.delenv("VLLM_WORKER_MULTIPROC_METHOD", raising=False)
    install(monkeypatch, {**base, **PACKAGES[request.param]})
    return request.param


@pytest.fixture
def loop() -> Any:
    made = asyncio.new_event_loop()
    asyncio.set_event_loop(made)
    yield made
    made.close()


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was sent ahead of the answer."""
    sent: list[Any] = []
    monkeypatch.setattr("ts.handler_utils.utils.send_pieces", lambda ret, ids, context: sent.append((ret, ids)))
    return sent


SETTINGS = {"handler": {"model_path": "model", "vllm_engine_config": {"max_num_seqs": 4, "no_such_field": 1}}}


def initialized(make_context: Make, settings: Any = SETTINGS, **more: Any) -> tuple[VLLMHandler, Any]:
    context = make_context(yaml=settings, **more)
    handler = VLLMHandler()
    handler.initialize(context)
    return handler, context


def ask(loop: Any, handler: Any, context: Any, path: str, body: Any) -> Any:
    context.request_processor[0].get_request_properties()["url_path"] = path
    return loop.run_until_complete(handler.handle([{"body": body}], context))


def test_starting_the_engine(vllm: str, loop: Any, make_context: Make, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "adapter").mkdir()
    settings = {"handler": {**SETTINGS["handler"], "adapters": {"mine": "adapter", "hub": "some/adapter"}}}
    handler, _ = initialized(make_context, settings)
    assert handler.initialized
    assert handler.services is not None
    assert handler.services.engine.arguments == AsyncEngineArgs(model=str(tmp_path / "model"), max_num_seqs=4)
    made = handler.services.chat.named
    adapters = made["lora_modules"] if vllm == "0.6.1" else made["args"].lora_modules
    assert [(each.name, each.path or each.local_path) for each in adapters] == [
        ("mine", str(tmp_path / "adapter")),
        ("hub", "some/adapter"),
    ]
    import os

    assert os.environ["VLLM_WORKER_MULTIPROC_METHOD"] == "spawn"


def test_paths(vllm: str, loop: Any, make_context: Make, recorded: list[Recorded]) -> None:
    handler, context = initialized(make_context)
    assert ask(loop, handler, context, "v1/models", bytearray(b"{}")) == [{"models": ["model"]}]
    for path, service in (
        ("v1/completions", "OpenAIServingCompletion"),
        ("v1/chat/completions", "OpenAIServingChat"),
        ("/v1/completions/", "OpenAIServingCompletion"),
    ):
        for body in ({"model": "x"}, b'{"model": "x"}'):
            answer = ask(loop, handler, context, path, body)
            assert answer == [{"asked": {"model": "x"}, "service": service}]
    assert {each.name for each in recorded} == {"HandlerTime"}


def test_the_names_that_a_model_goes_by(vllm: str, loop: Any, make_context: Make) -> None:
    settings = {"handler": {**SETTINGS["handler"], "adapters": {"mine": "adapter"}}}
    handler, context = initialized(make_context, settings, name="registered")
    assert declaration_of(handler) == (["v1/chat/completions", "v1/completions"], ["model", "mine"])
    for asked, known in (("registered", "model"), ("registered/1.0", "model"), ("mine", "mine"), ("other", "other")):
        [answer] = ask(loop, handler, context, "v1/completions", {"model": asked})
        assert answer["asked"] == {"model": known}


def test_a_path_is_no_name(vllm: str, loop: Any, make_context: Make, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    handler, context = initialized(make_context)
    assert handler.openai_models == []
    [answer] = ask(loop, handler, context, "v1/completions", {"model": "m"})
    assert answer["asked"] == {"model": str(tmp_path / "model")}


def test_an_unknown_path(vllm: str, loop: Any, make_context: Make) -> None:
    handler, context = initialized(make_context)
    with pytest.raises(PredictionException, match=r"^Unknown API endpoint: v2/models : 404$"):
        ask(loop, handler, context, "v2/models", {})


def test_an_invalid_request(vllm: str, loop: Any, make_context: Make) -> None:
    handler, context = initialized(make_context)
    with pytest.raises(ValueError, match=r"model: field required"):
        ask(loop, handler, context, "v1/completions", {"prompt": "x"})


def test_streaming(vllm: str, loop: Any, make_context: Make, pieces: list[Any]) -> None:
    handler, context = initialized(make_context, headers=[{"x-words": "one two three"}])
    answer = ask(loop, handler, context, "v1/completions", {"model": "x", "stream": True})
    assert pieces == [(["data: one\n\n"], {0: "id-0"}), (["data: two\n\n"], {0: "id-0"})]
    assert answer == ["data: three\n\n"]


def test_one_request_a_batch(vllm: str, loop: Any, make_context: Make) -> None:
    handler, context = initialized(make_context)
    with pytest.raises(AssertionError, match=r"^Expecting batch_size = 1$"):
        loop.run_until_complete(handler.handle([{}, {}], context))


def test_no_model(make_context: Make) -> None:
    with pytest.raises(AssertionError, match=r"^please define model in vllm_engine_config or model_path in handler$"):
        initialized(make_context, {"handler": {}})


def test_no_vllm(make_context: Make, loop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vllm", None)
    with pytest.raises(ImportError, match=r"vLLM models need the package 'vllm'.*pip install vllm"):
        initialized(make_context)


def test_headers_in_any_spelling() -> None:
    headers = Headers({"X-Request-Id": "a", "data": {"content-type": "x"}})  # type: ignore[dict-item]
    assert headers.get("x-request-id") == headers["X-REQUEST-ID"] == "a"
    assert "X-request-id" in headers
    assert headers.get("absent", 3) == 3
    assert "data" not in headers


class Generation:
    """As TensorRT-LLM's results: to be awaited as a whole, or step by step with the text so far."""

    def __init__(self, prompt: str, sampling: dict[str, Any], streaming: bool) -> None:
        self.texts = [prompt, prompt + " upon", prompt + " upon a"] if streaming else [f"{prompt} {sampling}"]

    def _step(self, text: str) -> Any:
        return types.SimpleNamespace(outputs=[types.SimpleNamespace(text=text)])

    async def aresult(self) -> Any:
        return self._step(self.texts[-1])

    async def __aiter__(self) -> Any:
        for text in self.texts:
            yield self._step(text)


@pytest.fixture
def trt_llm(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    made: dict[str, Any] = {}

    class LLM:
        def __init__(self, **options: Any) -> None:
            made.update(options)

        def generate_async(self, prompt: str, sampling: Any, streaming: bool) -> Generation:
            return Generation(prompt, sampling, streaming)

    tokenizer = types.SimpleNamespace(eos_token_id=7, pad_token_id=None)
    auto = types.SimpleNamespace(from_pretrained=lambda folder: made.update(folder=folder) or tokenizer)
    install(
        monkeypatch,
        {
            "tensorrt_llm": {"LLM": LLM},
            "tensorrt_llm.llmapi": {"SamplingParams": dict, "KvCacheConfig": dict},
            "transformers": {"AutoTokenizer": auto},
        },
    )
    return made


TRT = {"handler": {"engine_dir": "engine", "tokenizer_dir": "words", "kv_cache_config": {"a": 1}}}


def test_trt_llm(trt_llm: dict[str, Any], loop: Any, make_context: Make, pieces: list[Any]) -> None:
    handler, context = TRTLLMHandler(), make_context(yaml=TRT)
    handler.initialize(context)
    assert (trt_llm["model"], trt_llm["folder"], trt_llm["kv_cache_config"]) == ("engine", "words", {"a": 1})
    body = {"prompt": "Once", "max_tokens": 5}
    answer = loop.run_until_complete(handler.handle([{"body": body}], context))
    assert answer == [f"Once { ({'end_id': 7, 'pad_id': 7, 'max_tokens': 5}) }"]
    streamed = json.dumps({"prompt": "Once", "streaming": True}).encode()
    assert loop.run_until_complete(handler.handle([{"body": streamed}], context)) == [""]
    assert [ret for ret, _ in pieces] == [[{"text": "Once"}], [{"text": " upon"}], [{"text": " a"}]]


def test_trt_llm_without_a_prompt(trt_llm: dict[str, Any], loop: Any, make_context: Make) -> None:
    handler, context = TRTLLMHandler(), make_context(yaml=TRT)
    handler.initialize(context)
    with pytest.raises(ValueError, match=r'should be a JSON object with the key "prompt"'):
        loop.run_until_complete(handler.handle([{"body": {"text": 1}}], context))
    with pytest.raises(KeyError, match=r"handler\.engine_dir is missing in the yaml configuration of m"):
        TRTLLMHandler().initialize(make_context(yaml={}))


def arguments(folder: Path, *words: str) -> Any:
    return llm_launcher.parser().parse_args(["--model_store", str(folder), *words])


def test_the_launchers_yaml_for_vllm(tmp_path: Path) -> None:
    args = arguments(tmp_path, "--model_id", "an/llm", "--vllm_engine.max_model_len", "128", "--startup_timeout", "9")
    assert llm_launcher.get_model_config(args) == {
        "minWorkers": 1,
        "maxWorkers": 1,
        "batchSize": 1,
        "maxBatchDelay": 100,
        "responseTimeout": 1200,
        "startupTimeout": 9,
        "deviceType": "gpu",
        "asyncCommunication": True,
        "handler": {
            "model_path": "an/llm",
            "vllm_engine_config": {
                "max_num_seqs": 256,
                "max_model_len": 128,
                "download_dir": None,
                "tensor_parallel_size": 1,
            },
        },
    }


def test_the_launchers_yaml_for_several_gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llm_launcher, "_gpu_count", lambda: 4)
    config = llm_launcher.get_model_config(arguments(tmp_path))
    assert (config["parallelType"], config["parallelLevel"]) == ("custom", 4)
    assert config["handler"]["vllm_engine_config"]["tensor_parallel_size"] == 4


def test_the_launchers_yaml_for_trt_llm(tmp_path: Path) -> None:
    words = ["--engine", "trt_llm", "--trt_llm_engine.kv_cache_free_gpu_memory_fraction", "0.25", "--model_name", "x"]
    config = llm_launcher.get_model_config(arguments(tmp_path, *words), "snapshot")
    assert config["handler"] == {
        "tokenizer_dir": "snapshot",
        "engine_dir": str(tmp_path / "x_engine"),
        "kv_cache_config": {"free_gpu_memory_fraction": 0.25},
    }
    with pytest.raises(RuntimeError, match=r"^Unsupported LLM Engine$"):
        llm_launcher.get_model_config(arguments(tmp_path, "--engine", "other"))


def test_the_launchers_model_folder_lives_as_long_as_it_is_needed(tmp_path: Path) -> None:
    args = arguments(tmp_path, "--model_name", "mine")
    with llm_launcher.create_mar_file(args) as folder:
        manifest = json.loads((folder / "MAR-INF" / "MANIFEST.json").read_text())
        assert manifest["model"]["handler"] == "vllm_handler"
        written = yaml.safe_load((folder / manifest["model"]["configFile"]).read_text())
        assert written == llm_launcher.get_model_config(args)
        with pytest.raises(FileExistsError, match=r"remove it, or choose another --model_name"):
            llm_launcher.create_mar_file(args).__enter__()
    assert not folder.exists()

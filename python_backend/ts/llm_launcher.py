"""Serve a large language model with one command: ``python -m ts.llm_launcher --model_id <model> --disable_token_auth``.

Writes a model folder for vLLM or TensorRT-LLM into the model store, starts the server with it, and removes it again
when the server is stopped.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from ts.launcher import start, stop
from ts.torch_handler.optional import require
from ts.utils.hf_utils import download_model

_HANDLERS = {"vllm": "vllm_handler", "trt_llm": "trt_llm_handler"}


def get_model_config(args: argparse.Namespace, model_snapshot_path: str | None = None) -> dict[str, Any]:
    """The model's yaml.

    :param args: what :func:`parser` gives.
    :param model_snapshot_path: folder of the downloaded weights; without it the model is named by its id.
    :raises RuntimeError: for an unknown engine.
    """
    config: dict[str, Any] = {
        "minWorkers": 1,
        "maxWorkers": 1,
        "batchSize": 1,
        "maxBatchDelay": 100,
        "responseTimeout": 1200,
        "startupTimeout": args.startup_timeout,
        "deviceType": "gpu",
        "asyncCommunication": True,
    }
    if args.engine == "vllm":
        gpus = _gpu_count()
        if gpus > 1:
            # One process that sees all of the GPUs; vLLM starts the others itself.
            config.update(parallelType="custom", parallelLevel=gpus)
        config["handler"] = {
            "model_path": model_snapshot_path or args.model_id,
            "vllm_engine_config": {
                "max_num_seqs": _of(args, "vllm_engine.max_num_seqs"),
                "max_model_len": _of(args, "vllm_engine.max_model_len"),
                "download_dir": _of(args, "vllm_engine.download_dir"),
                "tensor_parallel_size": gpus,
            },
        }
    elif args.engine == "trt_llm":
        config["handler"] = {
            "tokenizer_dir": model_snapshot_path or args.model_id,
            "engine_dir": str(_engine_dir(args)),
            "kv_cache_config": {
                "free_gpu_memory_fraction": _of(args, "trt_llm_engine.kv_cache_free_gpu_memory_fraction")
            },
        }
    else:
        raise RuntimeError("Unsupported LLM Engine")
    return config


@contextmanager
def create_mar_file(args: argparse.Namespace, model_snapshot_path: str | None = None) -> Iterator[Path]:
    """The model's folder in the model store, for as long as the ``with`` block runs.

    :raises FileExistsError: if the model store has something of that name, which is left alone.
    """
    config = get_model_config(args, model_snapshot_path)
    folder = Path(args.model_store).resolve() / args.model_name
    if folder.exists():
        raise FileExistsError(f"{folder} exists: remove it, or choose another --model_name")
    (folder / "MAR-INF").mkdir(parents=True)
    manifest = {
        "createdOn": datetime.now().strftime("%d/%m/%Y %H:%M:%S"),
        "runtime": "python",
        "model": {
            "modelName": args.model_name,
            "handler": _HANDLERS[args.engine],
            "modelVersion": "1.0",
            "configFile": "model-config.yaml",
        },
        "archiverVersion": "0.12.0",
    }
    try:
        (folder / "MAR-INF" / "MANIFEST.json").write_text(json.dumps(manifest, indent=2), encoding="utf-8")
        (folder / "model-config.yaml").write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def create_tensorrt_llm_engine(args: argparse.Namespace, model_snapshot_path: str | None = None) -> None:
    """Compile the model for TensorRT-LLM, into the folder that :func:`get_model_config` names; once.

    :raises ImportError: if tensorrt_llm is not installed.
    """
    target = _engine_dir(args)
    if target.exists():
        return
    api = require("tensorrt_llm.llmapi", "TensorRT-LLM engines", "tensorrt_llm")
    engine = api.LLM(
        model=model_snapshot_path or args.model_id,
        dtype=args.dtype,
        build_config=api.BuildConfig(max_batch_size=_of(args, "trt_llm_engine.max_batch_size")),
    )
    engine.save(str(target))


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m ts.llm_launcher", description="Serve a large language model.")
    add = made.add_argument
    add("--model_name", default="model", help="name that the model is served under (default: model)")
    add("--model_store", default="model_store", help="folder that the model is written to (default: model_store)")
    add(
        "--model_id", default="meta-llama/Meta-Llama-3.1-8B-Instruct", help="model at the Hugging Face hub, or a folder"
    )
    add("--disable_token_auth", action="store_true", help="ask clients for no token")
    add("--vllm_engine.max_num_seqs", type=int, default=256, help="sequences in one step (default: 256)")
    add("--vllm_engine.max_model_len", type=int, default=None, help="longest context (default: the model's)")
    add("--vllm_engine.download_dir", default=None, help="folder for downloaded weights (default: the hub's cache)")
    add("--startup_timeout", type=int, default=1200, help="seconds that loading may take (default: 1200)")
    add("--engine", default="vllm", help="vllm or trt_llm (default: vllm)")
    add("--dtype", default="bfloat16", help="number type of a compiled engine (default: bfloat16)")
    add("--trt_llm_engine.max_batch_size", type=int, default=4, help="of a compiled engine (default: 4)")
    add(
        "--trt_llm_engine.kv_cache_free_gpu_memory_fraction",
        type=float,
        default=0.1,
        help="share of the free GPU memory for the key-value cache (default: 0.1)",
    )
    return made


def main(args: argparse.Namespace) -> None:
    """Start the server, wait for SIGINT or SIGTERM, and stop it."""
    snapshot = None
    # vLLM downloads for itself, and serves the model under its id.
    if args.engine == "trt_llm" and not Path(args.model_id).exists():
        snapshot = download_model(args.model_id)
    with create_mar_file(args, snapshot):
        if args.engine == "trt_llm":
            create_tensorrt_llm_engine(args, snapshot)
        ended = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: ended.set())
        try:
            start(
                model_store=args.model_store,
                no_config_snapshots=True,
                models=args.model_name,
                disable_token=args.disable_token_auth,
            )
            ended.wait()
        finally:
            stop()


def _engine_dir(args: argparse.Namespace) -> Path:
    return Path(args.model_store).resolve() / f"{args.model_name}_engine"


def _of(args: argparse.Namespace, name: str) -> Any:
    """An argument whose name has a dot."""
    return getattr(args, name)


def _gpu_count() -> int:
    import torch

    return torch.cuda.device_count() if torch.cuda.is_available() else 1


if __name__ == "__main__":
    main(parser().parse_args())

"""Helpers for models of several processes: DeepSpeed, PiPPy, and the bases of their handlers."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
import textwrap
import types
from pathlib import Path
from typing import Any, Callable

import pytest
import torch

from support.surroundings import PYTHON_BACKEND
from ts.handler_utils.distributed.deepspeed import create_checkpoints_json, get_ds_engine
from ts.handler_utils.distributed.pt_pippy import get_pipeline_driver, get_pipline_driver, initialize_rpc_workers
from ts.torch_handler.distributed.base_deepspeed_handler import BaseDeepSpeedHandler
from ts.torch_handler.distributed.base_pippy_handler import BasePippyHandler

Make = Callable[..., Any]


@pytest.mark.parametrize(("environment", "device"), [(None, 0), ("2", 2)])
def test_a_deepspeed_handler_takes_its_rank(monkeypatch: pytest.MonkeyPatch, environment: Any, device: int) -> None:
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    if environment is not None:
        monkeypatch.setenv("LOCAL_RANK", environment)
    handler = BaseDeepSpeedHandler()
    handler.initialize(None)
    assert handler.device == device


def test_a_pippy_handler_needs_torchrun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    with pytest.raises(KeyError, match="LOCAL_RANK"):
        BasePippyHandler().initialize(None)


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ({}, "^m has no deepspeed config in model config yaml file$"),
        ({"deepspeed": {"config": "absent.json"}}, r"^m has no deepspeed config file .*absent\.json$"),
        ({"deepspeed": None}, "^m has no deepspeed config file "),
    ],
)
def test_deepspeed_without_its_config(make_context: Make, yaml: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        get_ds_engine(torch.nn.Identity(), make_context(yaml=yaml))


def test_deepspeed_gets_what_the_yaml_says(make_context: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a stand-in, since the checkpoints that DeepSpeed reads are those of large language models."""
    (tmp_path / "ds.json").write_text("{}")
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "a.pt").touch()
    module = types.ModuleType("deepspeed")
    module.init_inference = lambda model, **options: (model, options)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "deepspeed", module)
    yaml = {
        "handler": {"model_path": str(tmp_path / "weights")},
        "deepspeed": {"config": "ds.json", "checkpoint": "checkpoints.json"},
    }
    model, options = get_ds_engine("the model", make_context(yaml=yaml))
    assert model == "the model"
    assert options == {
        "config": str(tmp_path / "ds.json"),
        "base_dir": str(tmp_path / "weights"),
        "checkpoint": str(tmp_path / "checkpoints.json"),
    }
    assert json.loads((tmp_path / "checkpoints.json").read_text())["checkpoints"] == [
        str(tmp_path / "weights" / "a.pt")
    ]


@pytest.mark.skipif(importlib.util.find_spec("deepspeed") is None, reason="deepspeed is not installed")
def test_deepspeed_runs_the_model(tmp_path: Path) -> None:
    """The real one, on the CPU, in a process of its own since it changes the one that imports it."""
    (tmp_path / "ds.json").write_text('{"dtype": "fp32", "replace_with_kernel_inject": false}')
    code = f"""
        import torch, types
        from ts.handler_utils.distributed.deepspeed import get_ds_engine
        yaml = {{"deepspeed": {{"config": "ds.json"}}}}
        properties = {{"model_dir": {str(tmp_path)!r}}}
        context = types.SimpleNamespace(model_name="m", model_yaml_config=yaml, system_properties=properties)
        model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
        values = torch.rand(2, 4)
        expected = model(values)
        engine = get_ds_engine(model, context)
        print(type(engine).__name__, torch.allclose(engine(values), expected))
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=PYTHON_BACKEND,
        env={**os.environ, "DS_ACCELERATOR": "cpu"},
        capture_output=True,
        text=True,
    )
    assert run.stdout.splitlines()[-1:] == ["InferenceEngine True"], run.stderr


def test_deepspeed_missing(make_context: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ds.json").write_text("{}")
    monkeypatch.setitem(sys.modules, "deepspeed", None)
    with pytest.raises(ImportError, match=r"DeepSpeed models need the package 'deepspeed'.*pip install deepspeed"):
        get_ds_engine(None, make_context(yaml={"deepspeed": {"config": "ds.json"}}))


def test_checkpoint_lists(tmp_path: Path) -> None:
    for name in ("b.bin", "a.bin", "c.pt", "d.txt"):
        (tmp_path / name).touch()
    create_checkpoints_json(str(tmp_path), str(tmp_path / "list.json"))
    assert json.loads((tmp_path / "list.json").read_text()) == {
        "type": "ds_model",
        "checkpoints": [str(tmp_path / name) for name in ("a.bin", "b.bin", "c.pt")],
        "version": 1.0,
    }


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ({}, "Missing 'input_names' key in YAML config"),
        ({"pippy": {"input_names": ["x"]}}, "Missing 'model_type' key in YAML config"),
        ({"pippy": {"input_names": ["x"], "model_type": "HF"}}, "Missing 'model_path' key in YAML config"),
        (
            {
                "pippy": {"input_names": ["x"], "model_type": "HF"},
                "handler": {"model_path": ".", "index_filename": "absent.json"},
            },
            "Index file '.*absent.json' not found",
        ),
    ],
)
def test_pipelines_without_their_config(make_context: Make, yaml: Any, message: str) -> None:
    for build in (get_pipeline_driver, get_pipline_driver):
        with pytest.raises(AssertionError, match=message):
            build(torch.nn.Identity(), 1, make_context(yaml=yaml))


def test_pippy_missing(make_context: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pippy", None)
    yaml = {"pippy": {"input_names": ["x"], "model_type": "other"}, "handler": {"model_path": "."}}
    with pytest.raises(ImportError, match=r"pipelined models need the package 'torchpippy==0\.1\.1'"):
        get_pipeline_driver(torch.nn.Identity(), 1, make_context(yaml=yaml))


@pytest.mark.parametrize("section", [{}, {"rpc_timeout": 10}])
def test_rpc_settings_are_required(make_context: Make, section: dict[str, int]) -> None:
    with pytest.raises(KeyError, match="is missing in the yaml configuration of m"):
        initialize_rpc_workers(0, 1, make_context(yaml={"pippy": section}))


RANK = """
    import os, sys, types
    import torch
    import torch.distributed.rpc as rpc
    from ts.torch_handler.distributed.base_pippy_handler import BasePippyHandler

    yaml = {"pippy": {"rpc_timeout": 60, "num_worker_threads": 16, "input_names": ["x"], "model_type": "other"},
            "handler": {"model_path": "."}}
    context = types.SimpleNamespace(model_name="m", model_yaml_config=yaml)

    class Handler(BasePippyHandler):
        def initialize(self, ctx):
            super().initialize(ctx)
            BODY

    torch.manual_seed(0)
    handler = Handler()
    handler.initialize(context)
    rpc.shutdown()
"""


def ranks(body: str) -> list[str]:
    """Runs a handler in two processes, as torchrun would, and gives what each printed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    code = textwrap.dedent(RANK).replace("BODY", textwrap.indent(textwrap.dedent(body), " " * 8).strip())
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=PYTHON_BACKEND,
            env={
                **os.environ,
                "LOCAL_RANK": str(rank),
                "RANK": str(rank),
                "WORLD_SIZE": "2",
                "MASTER_ADDR": "127.0.0.1",
                "MASTER_PORT": port,
                "OMP_NUM_THREADS": "1",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    try:
        outputs = [process.communicate(timeout=120) for process in processes]
    finally:
        for process in processes:
            process.kill()
    for process in processes:
        assert process.returncode == 0, [each[1] for each in outputs]
    return [output.strip() for output, _ in outputs]


def test_the_processes_of_a_pipeline_find_each_other() -> None:
    body = """
        assert self.device == torch.device("cpu") or isinstance(self.device, int)
        if self.local_rank == 0:
            print(rpc.rpc_sync("worker1", torch.add, args=(torch.ones(2), 1)).tolist())
    """
    assert ranks(body) == ["[2.0, 2.0]", ""]


@pytest.mark.skipif(importlib.util.find_spec("pippy") is None, reason="torchpippy==0.1.1 is not installed")
def test_a_pipeline_computes_what_the_model_does() -> None:
    body = """
        from ts.handler_utils.distributed.pt_pippy import get_pipeline_driver
        layers = [torch.nn.Linear(4, 4) for _ in range(4)]
        model = torch.nn.Sequential(*layers)
        x = torch.rand(2, 4)
        expected = model(x)
        yaml["pippy"]["input_names"] = ["input"]
        driver = get_pipeline_driver(model, self.world_size, ctx)
        if self.local_rank == 0:
            print(torch.allclose(driver(x), expected))
    """
    assert ranks(body)[0].splitlines()[-1] == "True"

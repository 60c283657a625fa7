"""What an interpreter has and lacks is told quickly, also where nearly everything is missing."""

from __future__ import annotations

import json
import subprocess
import sys

from support.frontend import BACKEND


def check(*options: str) -> dict[str, object]:
    run = subprocess.run(
        [sys.executable, *options, "-m", "ts_worker.check"], cwd=BACKEND, capture_output=True, text=True, check=True
    )
    told: dict[str, object] = json.loads(run.stdout)
    return told


def test_an_interpreter_that_will_do() -> None:
    import grpc
    import torch

    told = check()
    assert told["python"] == ".".join(map(str, sys.version_info[:3]))
    assert told["executable"] == sys.executable
    assert told["torch"] == str(torch.__version__)
    assert told["grpcio"] == grpc.__version__
    assert told["problems"] == []


def test_an_interpreter_without_packages() -> None:
    told = check("-S")  # no site-packages
    assert told["torch"] is None
    problems = {each["missing"]: each["cure"] for each in told["problems"]}
    assert set(problems) == {"torch", "grpcio", "protobuf", "pyyaml", "psutil"}
    assert problems["torch"] == f"{sys.executable} -m pip install torch"


def test_nothing_heavy_is_imported() -> None:
    code = "import sys, ts_worker.check as c; c.report(); print([m for m in ('torch', 'grpc') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], cwd=BACKEND, capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"

"""What an interpreter has and lacks is told quickly, also where nearly everything is missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from support.frontend import BACKEND


def check(*options: str, cwd: Path = BACKEND) -> dict[str, object]:
    command = [sys.executable, *options, "-m", "ts_worker.check"]
    env = {**os.environ, "PYTHONPATH": str(BACKEND)}
    run = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=True)
    told: dict[str, object] = json.loads(run.stdout)
    return told


def test_an_interpreter_that_will_do() -> None:
    import psutil
    import torch

    told = check()
    assert told["python"] == ".".join(map(str, sys.version_info[:3]))
    assert told["executable"] == sys.executable
    # Its metadata may leave out what it was built for: 2.14.1+cu130.
    assert str(torch.__version__).split("+")[0] == str(told["torch"]).split("+")[0]
    assert told["psutil"] == psutil.__version__
    assert told["problems"] == []


def test_an_interpreter_without_packages() -> None:
    told = check("-S")  # no site-packages
    assert told["torch"] is None
    problems = {each["missing"]: each["cure"] for each in told["problems"]}
    assert set(problems) == {"torch", "protobuf", "pyyaml", "psutil"}
    assert problems["torch"] == f"{sys.executable} -m pip install torch"


def test_the_folder_it_was_started_in_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("")
    assert check("-S", cwd=tmp_path)["torch"] is None


def test_nothing_heavy_is_imported() -> None:
    code = "import sys, ts_worker.check as c; c.report(); print([m for m in ('torch', 'grpc') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], cwd=BACKEND, capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"

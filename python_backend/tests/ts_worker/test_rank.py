"""What a rank makes of what torchrun leaves it, and what torchrun's end is turned into."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.frontend import BACKEND
from ts_worker import rank


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OMP_NUM_THREADS", "TORCHBRIDGE_THREADS", "TORCHBRIDGE_OUTPUT"):
        monkeypatch.delenv(name, raising=False)


def test_threads_that_nobody_set_are_left_to_the_frontend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))
    rank.leave_threads_to_ranks()
    assert os.environ["OMP_NUM_THREADS"] == "1", "torchrun sees that it need not set it"
    rank.settle_in()
    assert not {"OMP_NUM_THREADS", "TORCHBRIDGE_THREADS"} & {*os.environ}


def test_threads_that_somebody_set_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {**os.environ, "OMP_NUM_THREADS": "3"})
    rank.leave_threads_to_ranks()
    rank.settle_in()
    assert os.environ["OMP_NUM_THREADS"] == "3"


def test_an_interpreter_without_torch_says_so(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError(\"No module named 'torch'\")")
    done = subprocess.run(
        [sys.executable, "-m", "ts_worker.torchrun", "--nproc-per-node=2"],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{BACKEND}"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    last_words = done.stderr.strip().splitlines()[-1]
    assert last_words.startswith(
        f"torchrun: {sys.executable} has no torchrun (No module named 'torch'): install PyTorch"
    )

"""What GPUs tell. There is none here: a stand-in of nvidia-ml-py, and of nvidia-smi, answers in their place."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from support.surroundings import PYTHON_BACKEND
from ts.metrics import system_metrics
from ts_worker.gpus import Gpu, read_gpus

STAND_INS = PYTHON_BACKEND.parent / "test" / "fixtures" / "stand-ins"


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Something that stands in for nvidia-ml-py."""
    monkeypatch.syspath_prepend(STAND_INS)
    monkeypatch.delitem(sys.modules, "pynvml", raising=False)


@pytest.fixture
def no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Something that stands in for nvidia-smi."""
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho '0, 2048, 8192, 37'\necho '1, [N/A], [N/A], 5'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tool


@pytest.mark.usefixtures("library")
def test_the_library_is_asked_before_the_command(monkeypatch: pytest.MonkeyPatch, command: Path) -> None:
    monkeypatch.setenv("STAND_IN_GPUS", "100/400/0 -/-/5 7/8/-")
    expected = [Gpu(0, 100, 400, 0), Gpu(1, None, None, 5), Gpu(2, 7, 8, None)]
    assert read_gpus(8) == expected
    assert read_gpus(2) == expected[:2]
    # Released before the second version of the memory structure.
    monkeypatch.delattr("pynvml.nvmlMemory_v2")
    assert read_gpus(1) == [Gpu(0, 200, 400, 0)]


@pytest.mark.usefixtures("library")
def test_the_command_is_asked_where_the_library_finds_no_driver(command: Path) -> None:
    assert read_gpus(8) == [Gpu(0, 2048, 8192, 37), Gpu(1, None, None, 5)]


@pytest.mark.usefixtures("no_library")
def test_the_command_is_asked_where_there_is_no_library(command: Path) -> None:
    assert read_gpus(1) == [Gpu(0, 2048, 8192, 37)]
    command.write_text("#!/bin/sh\nexit 9\n")
    with pytest.raises(subprocess.SubprocessError):
        read_gpus(1)


@pytest.mark.usefixtures("no_library")
def test_the_collector_has_a_metric_for_each_figure(command: Path, caplog: pytest.LogCaptureFixture) -> None:
    system_metrics.collect_gpu_metrics(2)
    told = [(each.name, each.value, each.dimensions[-1].value) for each in system_metrics.system_metrics]
    system_metrics.system_metrics.clear()
    assert told == [
        ("GPUMemoryUtilization", 25, 0),
        ("GPUMemoryUsed", 2048, 0),
        ("GPUUtilization", 37, 0),
        ("GPUUtilization", 5, 1),
    ]
    command.unlink()
    with caplog.at_level(logging.WARNING):
        system_metrics.collect_gpu_metrics(2)
    assert not system_metrics.system_metrics
    assert "no GPU metrics" in caplog.text


def test_the_frontend_is_told_in_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    words = [sys.executable, "-m", "ts_worker.gpus", "2"]
    monkeypatch.setenv("PYTHONPATH", str(STAND_INS))
    monkeypatch.setenv("STAND_IN_GPUS", "100/400/0 -/-/5")
    run = subprocess.run(words, cwd=PYTHON_BACKEND, capture_output=True, text=True, check=True)
    assert run.stdout == "0, 100, 400, 0\n1, [N/A], [N/A], 5\n"
    monkeypatch.delenv("STAND_IN_GPUS")
    monkeypatch.setenv("PATH", "/nowhere")
    run = subprocess.run(words, cwd=PYTHON_BACKEND, capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (1, "")
    assert "neither nvidia-ml-py nor nvidia-smi can be asked" in run.stderr

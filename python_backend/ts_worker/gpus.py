"""What the GPUs of this machine tell: by nvidia-ml-py where it is installed and finds the driver, else by nvidia-smi.

    python -m ts_worker.gpus 2

prints a line for each of the first two, as nvidia-smi would: `index, MiB used, MiB in all, percent busy`, and `[N/A]`
for what a GPU does not tell. It exits with 1, and the reason, where neither can be asked.
"""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from typing import Any, Callable, NamedTuple

_MEGABYTE = 1024**2
_QUERY = ["nvidia-smi", "--query-gpu=index,memory.used,memory.total,utilization.gpu", "--format=csv,noheader,nounits"]
_SECONDS = 10


class Gpu(NamedTuple):
    """One GPU at one moment; None for what it does not tell."""

    device: int
    """As NVML and nvidia-smi count, whatever CUDA_VISIBLE_DEVICES says."""
    used: float | None
    """Memory in MiB, without what the driver keeps for itself."""
    total: float | None
    """Memory in MiB."""
    busy: float | None
    """Percent of the last moments in which something ran."""


def read_gpus(count: int) -> list[Gpu]:
    """The first `count` GPUs. Raises OSError or SubprocessError where nvidia-smi, asked last, cannot be asked."""
    gpus = _by_library(count)
    return _by_command(count) if gpus is None else gpus


def _by_library(count: int) -> list[Gpu] | None:
    """None where there is no nvidia-ml-py, or no driver for it."""
    try:
        pynvml = import_module("pynvml")
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
        try:
            return [_one(pynvml, index) for index in range(min(count, pynvml.nvmlDeviceGetCount()))]
        finally:
            pynvml.nvmlShutdown()
    except pynvml.NVMLError:
        return None


def _one(pynvml: Any, index: int) -> Gpu:
    device = pynvml.nvmlDeviceGetHandleByIndex(index)

    def told(ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except (pynvml.NVMLError, AttributeError, TypeError):  # the last two from old releases, which lack something
            return None

    # The first version of the structure counts what the driver keeps as used; nvidia-smi shows the second.
    memory = told(lambda: pynvml.nvmlDeviceGetMemoryInfo(device, version=pynvml.nvmlMemory_v2))
    memory = memory or told(lambda: pynvml.nvmlDeviceGetMemoryInfo(device))
    rates = told(lambda: pynvml.nvmlDeviceGetUtilizationRates(device))
    used, total = (memory.used / _MEGABYTE, memory.total / _MEGABYTE) if memory else (None, None)
    return Gpu(index, used, total, float(rates.gpu) if rates else None)


def _by_command(count: int) -> list[Gpu]:
    run = subprocess.run(_QUERY, capture_output=True, text=True, timeout=_SECONDS, check=True)
    rows = [[field.strip() for field in line.split(",")] for line in run.stdout.splitlines() if line.strip()]
    return [Gpu(int(index), *(map(_number, figures))) for index, *figures in rows[:count]]


def _number(field: str) -> float | None:
    try:
        return float(field)
    except ValueError:
        return None


def _text(figure: float | None) -> str:
    return "[N/A]" if figure is None else f"{figure:g}"


def main() -> None:
    """Print them once."""
    try:
        gpus = read_gpus(int(sys.argv[1]))
    except (OSError, subprocess.SubprocessError) as error:
        sys.exit(f"neither nvidia-ml-py nor nvidia-smi can be asked: {error}")
    for device, *figures in gpus:
        print(", ".join([str(device), *map(_text, figures)]))


if __name__ == "__main__":
    main()

"""The machine's own metrics: processors, memory, disk, GPUs.

Each public function measures and appends :class:`ts.metrics.metric.Metric` objects to the list ``system_metrics``;
:func:`collect_all` runs them all and writes what they found.
"""

from __future__ import annotations

import inspect
import logging
import shutil
import subprocess
from types import ModuleType

import psutil

from ts.metrics.dimension import Dimension
from ts.metrics.metric import Metric

logger = logging.getLogger(__name__)

system_metrics: list[Metric] = []
dimension = [Dimension("Level", "Host")]

_MEGABYTE = 1024**2
_GIGABYTE = 1024**3
# Shorter, and the figure is mostly 0 or 100.
_CPU_SAMPLE_SECONDS = 0.1


def _add(name: str, value: float, unit: str, dimensions: list[Dimension] = dimension) -> None:
    system_metrics.append(Metric(name, value, unit, dimensions))


def cpu_utilization() -> None:
    """CPUUtilization in percent, over a tenth of a second."""
    _add("CPUUtilization", psutil.cpu_percent(interval=_CPU_SAMPLE_SECONDS), "percent")


def memory_used() -> None:
    """MemoryUsed in megabytes."""
    _add("MemoryUsed", psutil.virtual_memory().used / _MEGABYTE, "MB")


def memory_available() -> None:
    """MemoryAvailable in megabytes."""
    _add("MemoryAvailable", psutil.virtual_memory().available / _MEGABYTE, "MB")


def memory_utilization() -> None:
    """MemoryUtilization in percent."""
    _add("MemoryUtilization", psutil.virtual_memory().percent, "percent")


def disk_used() -> None:
    """DiskUsage of ``/`` in gigabytes."""
    _add("DiskUsage", psutil.disk_usage("/").used / _GIGABYTE, "GB")


def disk_utilization() -> None:
    """DiskUtilization of ``/`` in percent."""
    _add("DiskUtilization", psutil.disk_usage("/").percent, "percent")


def disk_available() -> None:
    """DiskAvailable on ``/`` in gigabytes."""
    _add("DiskAvailable", psutil.disk_usage("/").free / _GIGABYTE, "GB")


def collect_gpu_metrics(num_of_gpu: int) -> None:
    """GPUMemoryUtilization (percent), GPUMemoryUsed (megabytes) and GPUUtilization (percent) of each GPU.

    Read through ``nvidia-smi``; a machine without it has no such metrics, and says so once per call.
    """
    if num_of_gpu <= 0:
        return
    tool = shutil.which("nvidia-smi")
    if tool is None:
        logger.warning("no GPU metrics: nvidia-smi is not on PATH")
        return
    query = "--query-gpu=index,memory.used,memory.total,utilization.gpu"
    try:
        answer = subprocess.run(
            [tool, query, "--format=csv,noheader,nounits"], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        logger.warning("no GPU metrics: %s", error)
        return
    for line in answer.stdout.strip().splitlines()[:num_of_gpu]:
        index, used, total, busy = (field.strip() for field in line.split(","))
        where = [*dimension, Dimension("device_id", index)]
        try:
            _add("GPUMemoryUtilization", 100 * float(used) / float(total), "percent", where)
            _add("GPUMemoryUsed", float(used), "MB", where)
            _add("GPUUtilization", float(busy), "percent", where)
        except ValueError:
            logger.warning("no GPU metrics for device %s: nvidia-smi answers %s", index, line)


def gpu_utilization(num_of_gpu: int) -> None:
    """The same as :func:`collect_gpu_metrics`."""
    collect_gpu_metrics(num_of_gpu)


def collect_all(mod: ModuleType, num_of_gpu: int) -> None:
    """Run every public function of ``mod`` in the order of their names; write each metric as a line, then an empty one.

    A function that takes an argument is given the number of GPUs.
    """
    for name, function in inspect.getmembers(mod, inspect.isfunction):
        if name.startswith("_") or name in ("collect_all", "gpu_utilization"):
            continue
        if inspect.signature(function).parameters:
            function(num_of_gpu)
        else:
            function()
    for metric in system_metrics:
        logging.info(str(metric))
    system_metrics.clear()
    logging.info("")

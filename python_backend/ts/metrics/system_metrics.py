"""The machine's own metrics: processors, memory, disk, GPUs.

Each public function measures and appends :class:`ts.metrics.metric.Metric` objects to the list ``system_metrics``;
:func:`collect_all` runs them all and writes what they found.
"""

from __future__ import annotations

import inspect
import logging
import subprocess
from types import ModuleType

import psutil

from ts.metrics.dimension import Dimension
from ts.metrics.metric import Metric
from ts_worker import gpus

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

    Read by nvidia-ml-py where it is installed, else by ``nvidia-smi``; a machine with neither has no such metrics, and
    says so once per call. What a GPU does not tell is left out.
    """
    if num_of_gpu <= 0:
        return
    try:
        told = gpus.read_gpus(num_of_gpu)
    except (OSError, subprocess.SubprocessError) as error:
        logger.warning("no GPU metrics: %s", error)
        return
    for device, used, total, busy in told:
        where = [*dimension, Dimension("device_id", device)]
        if used is not None and total:
            _add("GPUMemoryUtilization", 100 * used / total, "percent", where)
        if used is not None:
            _add("GPUMemoryUsed", used, "MB", where)
        if busy is not None:
            _add("GPUUtilization", busy, "percent", where)


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

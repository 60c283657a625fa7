"""Memory of worker processes."""

from __future__ import annotations

import logging
from typing import TextIO

import psutil


def get_cpu_usage(pid: int | str) -> int:
    """Resident memory of the process in bytes; 0 where it cannot be read, with the reason in the log."""
    try:
        return int(psutil.Process(int(pid)).memory_info().rss)
    except (psutil.Error, ValueError) as error:
        logging.error("Failed to get memory usage of process %s: %s", pid, error)
        return 0


def check_process_mem_usage(stdin: TextIO) -> None:
    """Read one line of process ids joined by commas, and write a line ``<pid>:<bytes>`` for each."""
    for pid in stdin.readline().strip().split(","):
        if pid.strip():
            logging.info("%s:%d", pid.strip(), get_cpu_usage(pid))

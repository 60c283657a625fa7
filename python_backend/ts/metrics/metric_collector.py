"""Writes the machine's metrics once: ``python -m ts.metrics.metric_collector --gpu <number of GPUs>``.

The ids of worker processes come in as one line, joined by commas; their memory goes out after the metrics.
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path


def main() -> None:
    """Collect once and exit."""
    from ts.metrics import system_metrics
    from ts.metrics.process_memory_metric import check_process_mem_usage

    logging.basicConfig(stream=sys.stdout, format="%(message)s", level=logging.INFO)
    parser = argparse.ArgumentParser(description="Write this machine's metrics once.")
    parser.add_argument("--gpu", type=int, default=0, help="number of GPUs to report (default: 0)")
    arguments = parser.parse_args()
    system_metrics.collect_all(system_metrics, arguments.gpu)
    check_process_mem_usage(sys.stdin)


if __name__ == "__main__":
    # Run by its path, the folder of this file is on sys.path, and its modules would hide installed ones.
    here = Path(__file__).resolve().parent
    sys.path = [entry for entry in sys.path if Path(entry or ".").resolve() != here]
    sys.path.insert(0, str(here.parent.parent))
    main()

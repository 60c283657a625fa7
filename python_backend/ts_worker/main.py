"""A worker: `python -m ts_worker.main`, or where a forked one goes on.

TORCHBRIDGE_LINK is the gRPC target of the frontend (`unix:/run/x/link.sock`), TORCHBRIDGE_WORKER_ID and
TORCHBRIDGE_TOKEN are what it says Hello with. None of them is left for the handler to see.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
from typing import NoReturn

# How long a handler that runs may go on when the frontend is gone, so that exit hooks still get their turn.
_LOST_SECONDS = 1.0

logger = logging.getLogger("ts.model_service_worker")


def main() -> NoReturn:
    """The plain way: a fresh interpreter, of a worker or of one of its ranks."""
    from ts_worker.lifeline import die_with_parent, lead_session, parent_told
    from ts_worker.module_path import leave_start_folder
    from ts_worker.rank import settle_in

    lead_session()
    die_with_parent(parent_told())
    leave_start_folder()
    settle_in()
    work()


def work() -> NoReturn:
    """Dials home and serves until the end, with the environment, working directory and streams as they should be."""
    set_up_output()
    faulthandler.enable()  # a native crash shows where the handler was
    try:
        target, worker_id, token = (
            os.environ.pop(name) for name in ("TORCHBRIDGE_LINK", "TORCHBRIDGE_WORKER_ID", "TORCHBRIDGE_TOKEN")
        )
    except KeyError as missing:
        sys.exit(f"{missing.args[0]} is not set: workers are started by torchserve, not by hand")
    from ts_worker.departure import leave_within
    from ts_worker.link import Link
    from ts_worker.messages import PYTHON_VERSION
    from ts_worker.runner import Runner
    from ts_worker.wire import Wire

    def lost() -> None:
        if link.heard:
            logger.info("Frontend disconnected.")
        else:
            logger.error("No answer from the frontend at %s: %s", target, link.ending())
        leave_within(_LOST_SECONDS, 0 if link.heard else 1)

    link = Link(Wire(target), lost)
    logger.info("[PID]%d", os.getpid())
    logger.info("Torch worker started.")
    logger.info("Python runtime: %s", PYTHON_VERSION)
    link.open(worker_id, token)
    Runner(link).run()


def set_up_output() -> None:
    """Every line goes out as soon as it is complete, and log lines look as handlers' users know them."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr]
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(message)s", force=True)


if __name__ == "__main__":
    main()

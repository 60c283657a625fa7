"""`python -m ts_worker.torchrun --nproc-per-node 2 ...`: one model over several workers, which torchrun starts.

Takes torchrun's own options. Its processes are workers like any other (`ts_worker.main`), but that they share an id and
a token and say in their Hello which rank they are. They end with this process, and this one with the server. Where a
rank has ended it ends as that did, with 128 and the number of the signal where it was one, and the last line that it
prints on standard error says so behind `torchrun: `.
"""

from __future__ import annotations

import os
import sys
import traceback
from typing import Any, NoReturn

from ts_worker.lifeline import die_with_parent, lead_session, parent_told, tell_children
from ts_worker.module_path import leave_start_folder
from ts_worker.rank import leave_threads_to_ranks


def main() -> None:
    """Runs until all ranks have ended."""
    lead_session()
    die_with_parent(parent_told())
    tell_children()
    leave_start_folder()
    leave_threads_to_ranks()
    try:
        from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
        from torch.distributed.run import parse_args, run
    except ImportError as error:
        _end(1, f"{sys.executable} has no torchrun ({error}): install PyTorch there, pip install torch")
    try:
        run(parse_args([*sys.argv[1:], "-m", "ts_worker.main"]))
    except ChildFailedError as error:
        rank, failure = error.get_first_failure()
        _end(_status(failure), f"rank {rank} (process {failure.pid}) {_ending(failure)}")
    except Exception as error:
        traceback.print_exc()
        _end(1, " ".join(traceback.format_exception_only(type(error), error)[-1].split()))


def _status(failure: Any) -> int:
    return int(failure.exitcode if failure.exitcode >= 0 else 128 - failure.exitcode)


def _ending(failure: Any) -> str:
    if failure.exitcode >= 0:
        return f"exited with status {failure.exitcode}"
    return f"was ended by {failure.signal_name()}"


def _end(status: int, sentence: str) -> NoReturn:
    """At once: whoever waits for this process has callers who wait."""
    print(f"torchrun: {sentence}", file=sys.stderr, flush=True)
    sys.stdout.flush()
    os._exit(status)


if __name__ == "__main__":
    main()

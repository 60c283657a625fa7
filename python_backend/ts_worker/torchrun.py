"""`python -m ts_worker.torchrun --nproc-per-node 2 ...`: one model over several workers, which torchrun starts.

Takes torchrun's own options. Its processes are workers like any other (`ts_worker.main`), but that they share an id and
a token and say in their Hello which rank they are. They end with this process, and this one with the server.
"""

from __future__ import annotations

import sys

from ts_worker.lifeline import die_with_parent, lead_session, parent_told, tell_children
from ts_worker.module_path import leave_start_folder


def main() -> None:
    """Runs until all ranks have ended."""
    lead_session()
    die_with_parent(parent_told())
    tell_children()
    leave_start_folder()
    from torch.distributed.run import main as torchrun

    torchrun([*sys.argv[1:], "-m", "ts_worker.main"])


if __name__ == "__main__":
    main()

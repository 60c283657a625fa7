"""The first moments of a forked worker: it makes everything that it inherited its own, then works like any other."""

from __future__ import annotations

import os
import random
import sys
import time
import traceback
from typing import Any, NoReturn, Protocol

from ts_worker import main
from ts_worker.departure import status_of
from ts_worker.lifeline import die_with_parent, lead_session
from ts_worker.module_path import adopt_pythonpath
from ts_worker.streams import take_streams


class Parent(Protocol):
    """What a child needs to know of its nursery."""

    pid: int

    def let_go(self) -> None:
        """Gives back what belongs to the nursery."""


def live(command: dict[str, Any], nursery: Parent) -> NoReturn:
    """See `ts_worker.nursery` for the command. Ends the process, whatever happens."""
    try:
        lead_session()
        die_with_parent(nursery.pid)
        nursery.let_go()
        take_streams(command["id"], command["output"])
        _take_environment(command["env"])
        os.chdir(command["cwd"])
        _reseed()
        sys.argv[:] = [os.path.abspath(main.__file__)]
        main.work()
    except SystemExit as exit:
        os._exit(status_of(exit))
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def _take_environment(environment: dict[str, str]) -> None:
    before = os.environ.get("PYTHONPATH", "")
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    adopt_pythonpath(before, os.environ.get("PYTHONPATH", ""))


def _reseed() -> None:
    """Workers of one nursery must not draw the same numbers. Torch keeps its default seed, as in a fresh process."""
    random.seed()
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()

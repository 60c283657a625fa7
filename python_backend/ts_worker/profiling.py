"""TS_BENCHMARK: where a worker's time goes, as TorchServe's benchmarks ask for it."""

from __future__ import annotations

import cProfile
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

FILE_NAME = "tsPythonProfile.prof"


@contextmanager
def profiled() -> Iterator[None]:
    """With TS_BENCHMARK=True: the calling thread under cProfile, then `tsPythonProfile.prof` in the temporary folder.

    Of several workers the last to end writes it; the file is always whole. `snakeviz` and `pstats` show it.
    """
    if os.environ.get("TS_BENCHMARK") not in ("True", "true", "TRUE"):
        yield
        return
    profile = cProfile.Profile()
    try:
        with profile:
            yield
    finally:
        path = os.path.join(tempfile.gettempdir(), FILE_NAME)
        unfinished = f"{path}.{os.getpid()}"
        profile.dump_stats(unfinished)
        os.replace(unfinished, path)

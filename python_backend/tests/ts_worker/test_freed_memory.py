"""Memory that a handler frees stays with its worker."""

from __future__ import annotations

import pytest

from support.frontend import request
from ts_worker.freed_memory import keep_freed_memory

# Four values at once, freed together: more than glibc keeps by itself. Answers how many pages were faulted in anew.
FREEING = """
import resource


def handle(data, context):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    values = [b"x" * (16 << 20) for _ in range(4)]
    del values
    return [str(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)] * len(data or [])
"""
PAGES = 4 * (16 << 20) // 4096


def faults(worker) -> list[int]:
    """Of five batches."""
    return [int(worker.predict(request()).answers[0].body) for _ in range(5)]


def test_a_batch_finds_the_memory_of_the_one_before(workers, archive) -> None:
    first, *others = faults(workers.serve(archive, FREEING))
    assert first > PAGES / 2
    assert max(others) < PAGES / 10


@pytest.mark.parametrize(
    "environment", [{"MALLOC_TRIM_THRESHOLD_": "131072"}, {"GLIBC_TUNABLES": "glibc.malloc.trim_threshold=131072"}]
)
def test_what_the_user_chose_stays(workers, archive, environment) -> None:
    assert not keep_freed_memory(environment)
    assert min(faults(workers.serve(archive, FREEING, environment=environment))) > PAGES / 2

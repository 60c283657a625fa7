"""Around the work on a batch: whatever happens in it, the batch gets its one result."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter_ns
from typing import Any

from ts_worker.failure import BatchFailure, prediction_failed
from ts_worker.link import Link
from ts_worker.messages import FromWorker
from ts_worker.metric_recorder import MetricRecorder
from ts_worker.outbox import RESULTS
from ts_worker.tracing import begin

logger = logging.getLogger("ts.service")


@contextmanager
def answering(link: Link, batch: Any, metrics: MetricRecorder | None = None) -> Iterator[Any]:
    """Gives a `BatchResult` to be filled with answers, and sends it at the end.

    An exception in between becomes its code and message; only what asks for the end of the process passes through, and
    then nothing is sent. With `metrics`, those recorded meanwhile travel along.
    """
    began = perf_counter_ns()
    message = FromWorker()
    result = message.results.add()
    result.batch_id = batch.id
    begin(batch, result)
    if metrics:
        metrics.hold()
    try:
        yield result
    except BatchFailure as failure:
        _fail(link, result, failure)
    except Exception:
        logger.error("The answer of the batch could not be made.", exc_info=True)
        _fail(link, result, prediction_failed())
    finally:
        link.forget(batch.id)
        if metrics:
            metrics.release(result.metrics)
    result.elapsed_us = (perf_counter_ns() - began) // 1000
    if link.is_silent:
        _take_back(link, result)
        result.ClearField("answers")
        logger.info("skip sending response at rank %s", os.environ["LOCAL_RANK"])
    link.send(message, RESULTS)


def _fail(link: Link, result: Any, failure: BatchFailure) -> None:
    _take_back(link, result)
    result.ClearField("answers")
    result.code = failure.code
    result.message = failure.message
    result.status = failure.status


def _take_back(link: Link, result: Any) -> None:
    """What lies in shared memory for answers that are not sent."""
    if link.memory:
        link.memory.take_back(result.answers)

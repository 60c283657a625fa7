"""One batch through a handler: the guarded call, the checks on what it returns, and the words for what goes wrong."""

from __future__ import annotations

import logging
from asyncio import CancelledError
from time import perf_counter
from typing import Any, Callable

from ts.utils.util import PredictionException
from ts_worker.failure import BatchFailure, CallersGone, prediction_failed
from ts_worker.inputs import Inputs
from ts_worker.messages import Code

logger = logging.getLogger("ts.service")

PREDICTION_METRIC = "PredictionTime"


def predict(context: Any, entry_point: Callable[..., Any], inputs: Inputs, channel: Any) -> list[Any]:
    """Runs the handler and returns its list, which is as long as the batch.

    `channel` becomes `context.cl_socket`. Raises `BatchFailure`; lets SystemExit and KeyboardInterrupt pass.
    """
    _begin(context, inputs, channel)
    began = perf_counter()
    try:
        outputs = entry_point(inputs.rows, context)
    except Exception as error:
        raise _failure_of(error) from error
    return _checked(context, outputs, len(inputs.rows), began)


async def predict_async(context: Any, entry_point: Callable[..., Any], inputs: Inputs, channel: Any) -> list[Any]:
    """As `predict`, for a handler that is a coroutine function."""
    _begin(context, inputs, channel)
    began = perf_counter()
    try:
        outputs = await entry_point(inputs.rows, context)
    except (Exception, CancelledError) as error:
        if isinstance(error, CancelledError) and getattr(channel, "cancelled", None):
            logger.info("Nobody waits for %s any more: cancelled.", ", ".join(inputs.request_ids.values()))
            raise prediction_failed() from error
        raise _failure_of(error) from error
    return _checked(context, outputs, len(inputs.rows), began)


def _begin(context: Any, inputs: Inputs, channel: Any) -> None:
    context.request_ids = inputs.request_ids
    context.request_processor = inputs.processors
    context.cl_socket = channel
    if context.metrics is not None:
        context.metrics.request_ids = inputs.request_ids


def _failure_of(error: BaseException) -> BatchFailure:
    if isinstance(error, BatchFailure):
        return error  # a piece of a streamed result could not be encoded
    if isinstance(error, CallersGone):
        logger.info("Stopped: %s", error)
        return prediction_failed()
    if isinstance(error, MemoryError):
        logger.error("System out of memory", exc_info=True)
        return BatchFailure(Code.OUT_OF_RESOURCES, "Out of resources")
    if isinstance(error, PredictionException):
        logger.error("Prediction error", exc_info=True)
        return _chosen_status(error)
    if "CUDA" in str(error):
        logger.error("CUDA out of memory", exc_info=True)
        return BatchFailure(Code.OUT_OF_RESOURCES, "Out of resources")
    logger.warning("Invoking custom service failed.", exc_info=True)
    return prediction_failed()


def _chosen_status(error: PredictionException) -> BatchFailure:
    code = error.error_code
    if not isinstance(code, int) or not 0 <= code <= 999:
        logger.error("PredictionException: error_code must be an HTTP status such as 400, got: %r", code)
        return prediction_failed()
    return BatchFailure(Code.HANDLER_STATUS, str(error.message), code)


def _checked(context: Any, outputs: Any, expected: int, began: float) -> list[Any]:
    name = context.model_name
    if not isinstance(outputs, list):
        logger.warning("model: %s, Invalid return type: %s.", name, type(outputs))
        raise BatchFailure(Code.INVALID_OUTPUT, "Invalid model predict output")
    if len(outputs) != expected:
        got = len(outputs)
        logger.warning("model: %s, number of batch response mismatched, expect: %d, got: %d.", name, expected, got)
        raise BatchFailure(Code.BATCH_MISMATCH, "number of batch response mismatched")
    if context.metrics is not None:
        context.metrics.add_time(PREDICTION_METRIC, round((perf_counter() - began) * 1000, 2), None, "ms")
    return outputs

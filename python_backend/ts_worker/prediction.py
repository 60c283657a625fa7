"""One batch through a handler: the guarded call, the checks on what it returns, and the words for what goes wrong."""

from __future__ import annotations

import logging
from time import perf_counter
from typing import Any, Callable

from ts.utils.util import PredictionException
from ts_worker.failure import BatchFailure, prediction_failed
from ts_worker.inputs import Inputs
from ts_worker.messages import Code

logger = logging.getLogger("ts.service")

PREDICTION_METRIC = "PredictionTime"


def predict(context: Any, entry_point: Callable[..., Any], inputs: Inputs, channel: Any) -> list[Any]:
    """Runs the handler and returns its list, which is as long as the batch.

    `channel` becomes `context.cl_socket`. Raises `BatchFailure`; lets SystemExit and KeyboardInterrupt pass.
    """
    context.request_ids = inputs.request_ids
    context.request_processor = inputs.processors
    context.cl_socket = channel
    metrics = context.metrics
    if metrics is not None:
        metrics.request_ids = inputs.request_ids
    began = perf_counter()
    try:
        outputs = entry_point(inputs.rows, context)
    except BatchFailure:
        raise  # a piece of a streamed result could not be encoded
    except Exception as error:
        raise _failure_of(error) from error
    _check(context.model_name, outputs, len(inputs.rows))
    if metrics is not None:
        metrics.add_time(PREDICTION_METRIC, round((perf_counter() - began) * 1000, 2), None, "ms")
    return outputs  # type: ignore[no-any-return]


def _failure_of(error: Exception) -> BatchFailure:
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


def _check(model_name: str, outputs: Any, expected: int) -> None:
    if not isinstance(outputs, list):
        logger.warning("model: %s, Invalid return type: %s.", model_name, type(outputs))
        raise BatchFailure(Code.INVALID_OUTPUT, "Invalid model predict output")
    if len(outputs) != expected:
        logger.warning(
            "model: %s, number of batch response mismatched, expect: %d, got: %d.", model_name, expected, len(outputs)
        )
        raise BatchFailure(Code.BATCH_MISMATCH, "number of batch response mismatched")

"""Every way in which a batch fails: its code and message, what is logged, and that the worker goes on serving."""

from __future__ import annotations

import re
from functools import partial

import pytest

from support.frontend import eventually, request
from ts_worker.messages import Code

FAILURES = """
import json, sys
from ts.utils.util import PredictionException

class Handler:
    def initialize(self, context):
        pass

    def handle(self, data, context):
        kind = data[0]["body"].decode()
        if kind == "memory": raise MemoryError("no memory")
        if kind == "prediction": raise PredictionException("the input is not acceptable", 513)
        if kind == "prediction-default": raise PredictionException("the input is not acceptable")
        if kind == "prediction-ok": raise PredictionException("all is well", 200)
        if kind == "prediction-no-number": raise PredictionException("odd", "four hundred")
        if kind == "prediction-huge": raise PredictionException("odd", 2**40)
        if kind == "prediction-no-text": raise PredictionException({"reason": "odd"}, 400)
        if kind == "cuda": raise ValueError("CUDA error: out of memory")
        if kind == "exception": raise RuntimeError("something broke")
        if kind == "tuple": return ("a",)
        if kind == "text": return "x"
        if kind == "nothing": return None
        if kind == "generator": return (each for each in "x")
        if kind == "short": return []
        if kind == "long": return ["a", "b"]
        if kind == "object": return [object()]
        if kind == "numpy":
            import numpy
            return [numpy.float32(1)]
        if kind == "circle":
            circle = []
            circle.append(circle)
            return [circle]
        if kind == "header":
            context.set_response_header(0, "count", 3)
            return ["x"]
        if kind == "status":
            context.set_response_status("teapot")
            return ["x"]
        if kind == "criteria":
            context.stopping_criteria = {7: lambda item: True}
            return ["x"]
        if kind == "half":
            return ["first", object()]
        context.stopping_criteria = None
        return ["fine"]
"""

# kind, code, message, what the log says
ROWS = [
    ("memory", Code.OUT_OF_RESOURCES, "Out of resources", r"System out of memory\nTraceback"),
    ("prediction", Code.HANDLER_STATUS, "the input is not acceptable", r"Prediction error\nTraceback"),
    ("prediction-default", Code.HANDLER_STATUS, "the input is not acceptable", r"Prediction error\nTraceback"),
    ("prediction-ok", Code.HANDLER_STATUS, "all is well", r"Prediction error\nTraceback"),
    (
        "prediction-no-number",
        Code.PREDICTION_FAILED,
        "Prediction failed",
        r"must be an HTTP status.*four hundred",
    ),
    (
        "prediction-huge",
        Code.PREDICTION_FAILED,
        "Prediction failed",
        r"must be an HTTP status.*1099511627776",
    ),
    ("prediction-no-text", Code.HANDLER_STATUS, "{'reason': 'odd'}", r"Prediction error\nTraceback"),
    ("cuda", Code.OUT_OF_RESOURCES, "Out of resources", r"CUDA out of memory\nTraceback"),
    ("exception", Code.PREDICTION_FAILED, "Prediction failed", r"Invoking custom service failed\.\nTraceback"),
    ("tuple", Code.INVALID_OUTPUT, "Invalid model predict output", r"model: m, Invalid return type: <class 'tuple'>\."),
    ("text", Code.INVALID_OUTPUT, "Invalid model predict output", r"model: m, Invalid return type: <class 'str'>\."),
    ("nothing", Code.INVALID_OUTPUT, "Invalid model predict output", r"Invalid return type: <class 'NoneType'>\."),
    ("generator", Code.INVALID_OUTPUT, "Invalid model predict output", r"Invalid return type: <class 'generator'>\."),
    ("short", Code.BATCH_MISMATCH, "number of batch response mismatched", r"mismatched, expect: 1, got: 0\."),
    ("long", Code.BATCH_MISMATCH, "number of batch response mismatched", r"mismatched, expect: 1, got: 2\."),
    (
        "object",
        Code.UNSUPPORTED_OUTPUT,
        "Unsupported model output data type.",
        r"Unable to serialize model output",
    ),
    ("numpy", Code.UNSUPPORTED_OUTPUT, "Unsupported model output data type.", r"float32 is not JSON serializable"),
    ("circle", Code.UNSUPPORTED_OUTPUT, "Unsupported model output data type.", r"Circular reference"),
    ("header", Code.PREDICTION_FAILED, "Prediction failed", r"The answer of the batch could not be made"),
    ("status", Code.PREDICTION_FAILED, "Prediction failed", r"The answer of the batch could not be made"),
    (
        "criteria",
        Code.PREDICTION_FAILED,
        "Prediction failed",
        r"The answer of the batch could not be made",
    ),
]
STATUSES = {"prediction": 513, "prediction-default": 500, "prediction-ok": 200, "prediction-no-text": 400}


def _said(workers, worker, before: int, log: str) -> bool:
    return re.search(log, workers.output(worker)[before:], re.S) is not None


def test_every_failure_has_its_code_and_leaves_the_worker_alive(workers, archive) -> None:
    worker = workers.serve(archive, FAILURES)
    for kind, code, message, log in ROWS:
        before = len(workers.output(worker))
        result = worker.predict(request(kind.encode()))
        told = (kind, result.code, result.message, result.status, len(result.answers))
        assert told == (kind, code, message, STATUSES.get(kind, 0), 0)
        # What was printed before the answer may be read after it.
        found = partial(_said, workers, worker, before, log)
        assert eventually(found), (kind, workers.output(worker)[before:])
        fine = worker.predict(request(b"fine"))
        assert (fine.code, fine.answers[0].body) == (Code.OK, b"fine"), kind


def test_the_whole_batch_fails(workers, archive) -> None:
    worker = workers.serve(archive, FAILURES)
    result = worker.predict(request(b"half", id="1"), request(b"x", id="2"))
    assert result.code == Code.UNSUPPORTED_OUTPUT
    assert not result.answers


def test_the_whole_traceback_is_logged(workers, archive) -> None:
    worker = workers.serve(
        archive,
        """
        def innermost(): raise KeyError("the true cause")
        def outer():
            try:
                innermost()
            except KeyError as error:
                raise RuntimeError("what it led to") from error
        def handle(data, context):
            return data and outer()
        """,
    )
    assert worker.predict(request()).code == Code.PREDICTION_FAILED
    for text in ("in innermost", "KeyError: 'the true cause'", "direct cause", "in outer", "what it led to"):
        assert workers.printed(worker, text)


@pytest.mark.parametrize("base", ["SystemExit", "KeyboardInterrupt"])
def test_only_what_asks_for_the_end_ends_the_process(workers, archive, base) -> None:
    worker = workers.serve(archive, f"def handle(data, context):\n    if data: raise {base}\n")
    worker.start_batch(request())
    assert workers.ended(worker) == {"SystemExit": 0, "KeyboardInterrupt": 130}[base]

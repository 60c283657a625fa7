"""Request envelopes: what the handler gets, and what the client gets."""

from __future__ import annotations

import json
from typing import Any, Callable

import numpy as np
import pytest

from ts.torch_handler.request_envelope.base import BaseEnvelope
from ts.torch_handler.request_envelope.body import BodyEnvelope
from ts.torch_handler.request_envelope.json import JSONEnvelope
from ts.torch_handler.request_envelope.kserve import KServeEnvelope
from ts.torch_handler.request_envelope.kservev2 import KServev2Envelope

Make = Callable[..., Any]


class Handler:
    """Gives what it is told to, else what it got."""

    def __init__(self, gives: Any = None) -> None:
        self.gives = gives
        self.got: Any = None
        self.seen: dict[str, Any] = {}

    def __call__(self, data: Any, context: Any) -> Any:
        self.got = data
        self.seen = dict(vars(context))
        return data if self.gives is None else self.gives


def through(envelope: type[BaseEnvelope], data: Any, context: Any, gives: Any = None) -> tuple[Any, Any]:
    handler = Handler(gives)
    return handler, envelope(handler).handle(data, context)


def test_body(make_context: Make) -> None:
    handler, answers = through(BodyEnvelope, [{"data": 1}, {"body": 2}, {"x": 3}], make_context())
    assert handler.got == answers == [1, 2, None]


@pytest.mark.parametrize("data", [None, []])
def test_nothing_passes_as_it_is(make_context: Make, data: Any) -> None:
    for envelope in (BodyEnvelope, JSONEnvelope, KServeEnvelope, KServev2Envelope):
        handler, answers = through(envelope, data, make_context())
        assert handler.got == answers == data


def test_json_deals_a_batch_out_again(make_context: Make) -> None:
    rows = [{"data": {"instances": [1, 2]}}, {"body": {"instances": [3]}}, {"instances": [{"a": 4}]}]
    handler, answers = through(JSONEnvelope, rows, make_context())
    assert handler.got == [1, 2, 3, {"a": 4}]
    assert answers == ['{"predictions": [1, 2]}', '{"predictions": [3]}', '{"predictions": [{"a": 4}]}']


@pytest.mark.parametrize(
    ("instances", "got"),
    [
        ([{"b64": "aGk="}, {"b64": "aGo="}], [b"hi", b"hj"]),
        (
            [{"x": {"b64": "aGk="}, "y": 2}, {"b64": "aGo=", "z": 1}],
            [{"x": b"hi", "y": 2}, {"b64": "aGo=", "z": 1}],
        ),
        ([1, {"b64": "aGo="}], [1, {"b64": "aGo="}]),
        ([[{"b64": "aGo="}, 1]], [[{"b64": "aGo="}, 1]]),
    ],
)
def test_json_decodes_bytes(make_context: Make, instances: list[Any], got: list[Any]) -> None:
    handler, _ = through(JSONEnvelope, [{"body": {"instances": instances}}], make_context(), gives=["ok"])
    assert handler.got == got


def test_json_reads_bodies_without_a_content_type(make_context: Make) -> None:
    handler, _ = through(JSONEnvelope, [{"body": bytearray(b'{"instances": [1]}')}], make_context())
    assert handler.got == [1]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"inst": []}, 'request 0 of the batch should be a JSON object with the key "instances"'),
        ([1], 'request 0 of the batch should be a JSON object with the key "instances"'),
        (b"{", "request 0 of the batch is not JSON"),
        ({"instances": []}, '"instances" should be a list with at least one entry'),
        ({"instances": [{"b64": "aGo="}, 1]}, '"instances" begins with an object, but its entry 1 is 1'),
    ],
)
def test_json_refuses(make_context: Make, body: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        through(JSONEnvelope, [{"body": body}], make_context())


@pytest.mark.parametrize("body", [{"instances": [1, 2]}, b'{"instances": [1, 2]}', bytearray(b'{"instances": [1, 2]}')])
def test_kserve(make_context: Make, body: Any) -> None:
    handler, answers = through(KServeEnvelope, [{"body": body}, {"body": {"instances": [3]}}], make_context())
    assert handler.got == [1, 2]
    assert answers == [{"predictions": [1, 2]}]
    context = make_context(headers=[{"explain": "True"}])
    assert through(KServeEnvelope, [{"data": body}], context)[1] == [{"explanations": [1, 2]}]


def test_kserve_refuses(make_context: Make) -> None:
    with pytest.raises(ValueError, match='should be a JSON object with the key "instances"'):
        through(KServeEnvelope, [{"body": {"inputs": [1]}}], make_context())


def tensor(name: str = "a", shape: Any = (4,), datatype: str = "FP32", data: Any = (1, 2, 3, 4)) -> dict[str, Any]:
    return {"name": name, "shape": list(shape), "datatype": datatype, "data": list(data)}


def test_kservev2(make_context: Make) -> None:
    context = make_context(name="mn")
    body = {"id": "q", "inputs": [tensor(shape=(2, 2)), tensor("b", (1,), "BYTES", ["abc", "d"])]}
    handler, answers = through(KServev2Envelope, [{"body": body}], context, gives=[[1.5, 2], "text"])
    assert [each["data"] for each in handler.got] == [[[1, 2], [3, 4]], "abc"]
    assert handler.got[0] == {**tensor(shape=(2, 2)), "data": [[1, 2], [3, 4]]}
    assert (handler.seen["input_names"], handler.seen["input_request_id"]) == (["a", "b"], "q")
    assert answers == [
        {
            "id": "q",
            "model_name": "mn",
            "model_version": "1.0",
            "outputs": [
                {"name": "a", "datatype": "FP64", "data": [1.5, 2.0], "shape": [2]},
                {"name": "b", "datatype": "BYTES", "data": ["text"], "shape": [1]},
            ],
        }
    ]
    assert not {"input_names", "input_request_id"} & set(vars(context))
    assert json.dumps(answers)


@pytest.mark.parametrize("body", [{"inputs": [tensor()]}, {"id": " ", "inputs": [tensor()]}])
def test_kservev2_without_an_id_uses_the_workers(make_context: Make, body: Any) -> None:
    handler, answers = through(KServev2Envelope, [{"body": body}], make_context(), gives=[1])
    assert "input_request_id" not in handler.seen
    assert answers[0]["id"] == "id-0"


@pytest.mark.parametrize(
    ("result", "datatype", "data"),
    [
        ([1, 2], "INT64", [1, 2]),
        (3, "INT64", [3]),
        ([[1, 2], [3, 4]], "INT64", [1, 2, 3, 4]),
        ([1.5], "FP64", [1.5]),
        (True, "BOOL", [True]),
        (["x", "y"], "BYTES", ["x", "y"]),
        ({"k": 1}, "BYTES", [{"k": 1}]),
        ([1, "a"], "BYTES", ["1", "a"]),
        (np.float32(3), "FP32", [3.0]),
        (np.zeros((2, 2), np.float16), "FP16", [0.0] * 4),
        (np.uint8([1]), "UINT8", [1]),
        (np.int16([1]), "INT16", [1]),
    ],
)
def test_kservev2_names_the_type_of_a_result(make_context: Make, result: Any, datatype: str, data: list[Any]) -> None:
    _, answers = through(KServev2Envelope, [{"body": {"inputs": [tensor()]}}], make_context(), gives=[result])
    assert answers[0]["outputs"] == [{"name": "a", "datatype": datatype, "data": data, "shape": [len(data)]}]


@pytest.mark.parametrize(
    ("body", "gives", "error", "message"),
    [
        ({}, None, ValueError, 'a JSON object with the key "inputs"'),
        ({"inputs": [{"name": "a"}]}, None, ValueError, 'input 0 lacks "shape"'),
        ({"inputs": [tensor(shape=(3,))]}, None, ValueError, r"input 'a' has 4 values, which do not fill .* \[3\]"),
        ({"inputs": [tensor()]}, [1, 2], IndexError, "the handler gave 2 outputs for 1 inputs"),
    ],
)
def test_kservev2_refuses(make_context: Make, body: Any, gives: Any, error: type[Exception], message: str) -> None:
    context = make_context()
    with pytest.raises(error, match=message):
        through(KServev2Envelope, [{"body": body}], context, gives)
    assert not hasattr(context, "input_names")

"""What a handler is given, and what becomes of what it returns."""

from __future__ import annotations

import io
import json

import pytest

from support.frontend import request
from ts_worker.messages import Code

DESCRIBE = """
def kind(value):
    if isinstance(value, (bytes, bytearray)):
        return [type(value).__name__, value.hex()]
    return [type(value).__name__, value]

def handle(data, context):
    if data is None:
        return None
    assert type(data) is list and all(type(row) is dict for row in data)
    return [
        {
            "row": {name: kind(value) for name, value in row.items()},
            "headers": context.get_all_request_header(index),
            "id": context.get_request_id(index),
            "ids": context.request_ids,
        }
        for index, row in enumerate(data)
    ]
"""


@pytest.fixture
def told(workers, archive):
    """Serves `DESCRIBE` and answers what it was given."""

    def serve(*requests, **environment):
        worker = workers.serve(archive, DESCRIBE, environment=environment)
        result = worker.predict(*requests)
        assert result.code == Code.OK, workers.output(worker)
        return [json.loads(answer.body) for answer in result.answers]

    return serve


def test_values_by_media_type(told) -> None:
    given = {
        "raw": ("", b"\0\xff"),
        "json": ("application/json", b'{"a": [1, null]}'),
        "text": ("text/plain", "naïve".encode()),
        "csv": ("text/csv", b"a,b"),
        "json_broken": ("application/json", b'{"a":'),
        "json_empty": ("application/json", b""),
        "json_upper": ("Application/JSON", b"{}"),
        "json_like": ("application/json+x", b"{}"),
        "text_broken": ("text/plain", b"\xff"),
        "image": ("image/png", b"\x89"),
        "number": ("application/json", b"7"),
    }
    (only,) = told(request(None, **given))
    assert only["row"] == {
        "raw": ["bytearray", "00ff"],
        "json": ["dict", {"a": [1, None]}],
        "text": ["str", "naïve"],
        "csv": ["str", "a,b"],
        "json_broken": ["bytearray", b'{"a":'.hex()],
        "json_empty": ["bytearray", ""],
        "json_upper": ["bytearray", b"{}".hex()],
        "json_like": ["bytearray", b"{}".hex()],
        "text_broken": ["bytearray", "ff"],
        "image": ["bytearray", "89"],
        "number": ["int", 7],
    }


@pytest.mark.parametrize(("setting", "kind"), [("true", "dict"), ("false", "bytearray"), ("True", "bytearray")])
def test_decoding_can_be_switched_off(told, setting, kind) -> None:
    (only,) = told(request(b"{}", "application/json"), TS_DECODE_INPUT_REQUEST=setting)
    assert only["row"]["body"][0] == kind


def test_a_payload_that_cannot_be_decoded_is_forwarded_with_a_warning(workers, archive) -> None:
    worker = workers.serve(archive, DESCRIBE)
    worker.predict(request(b"{", "application/json"), request(b"\xff", "text/plain", id="2"))
    assert workers.printed(worker, "Failed json decoding of input data. Forwarding encoded payload")
    assert workers.printed(worker, "Failed utf-8 decoding of input data. Forwarding encoded payload")


def test_headers_keep_their_spelling_and_the_last_one_wins(told) -> None:
    one = request(b"x", "text/plain", {"X-Probe": "a", "x-probe": "b", "explain": "False"}, id="first")
    one.headers.extend(["X-Probe", "c", "body", "over the parameter"])
    two = request(b"x", "text/plain", id="second")
    first, second = told(one, two)
    assert first["headers"] == {"body": "over the parameter", "X-Probe": "c", "x-probe": "b", "explain": "False"}
    assert second["headers"] == {"body": {"content-type": "text/plain"}}
    assert (first["id"], second["id"]) == ("first", "second")
    assert first["ids"] == {"0": "first", "1": "second"}


def test_a_repeated_parameter_counts_last(told) -> None:
    message = request(b"first", "text/plain")
    message.parameters.add(name="body", content_type="", value=b"\x01")
    (only,) = told(message)
    assert only["row"] == {"body": ["bytearray", "01"]}


def test_a_customized_describe_is_an_ordinary_batch(workers, archive) -> None:
    worker = workers.serve(
        archive,
        """
        class Handler:
            def initialize(self, context): pass
            def handle(self, data, context):
                assert data == [{}]
                return [{"describe": context.get_request_header(0, "describe")}]
        """,
    )
    result = worker.predict(request(None, headers={"describe": "True"}))
    assert json.loads(result.answers[0].body) == {"describe": "True"}


RETURNED = """
import torch

class Text(str):
    pass

VALUES = {
    "str": "naïve, 漢字",
    "text subclass": Text("sub"),
    "bytes": b"\\x00\\xff",
    "bytearray": bytearray(b"\\x01"),
    "dict": {"b": 1, "a": [1.5, None, True]},
    "unicode": {"a": "ï"},
    "int": 7,
    "float": 0.1,
    "bool": True,
    "none": None,
    "nan": float("nan"),
    "empty": "",
    "tuple": (1, 2),
    "tensor": torch.arange(3),
}

def handle(data, context):
    return data and [VALUES[row["body"].decode()] for row in data]
"""


def test_what_is_returned_becomes_bytes(workers, archive) -> None:
    import torch

    worker = workers.serve(archive, RETURNED)

    def body(kind):
        answer = worker.predict(request(kind.encode())).answers[0]
        assert not answer.headers  # no content type is ever inferred
        return answer.body

    assert body("str") == "naïve, 漢字".encode()
    assert body("text subclass") == b"sub"
    assert body("bytes") == b"\x00\xff"
    assert body("bytearray") == b"\x01"
    assert body("dict") == b'{\n  "b": 1,\n  "a": [\n    1.5,\n    null,\n    true\n  ]\n}'
    assert body("unicode") == b'{\n  "a": "\\u00ef"\n}'
    assert [body(kind) for kind in ("int", "float", "bool", "none", "nan", "empty")] == [
        b"7", b"0.1", b"true", b"null", b"NaN", b"",
    ]  # fmt: skip
    assert body("tuple") == b"[\n  1,\n  2\n]"
    assert torch.equal(torch.load(io.BytesIO(body("tensor"))), torch.arange(3))


def test_statuses_and_headers_are_each_requests_own_and_last_one_batch(workers, archive) -> None:
    worker = workers.serve(
        archive,
        """
        def handle(data, context):
            if data is None:
                return None
            kind = data[0]["body"].decode()
            if kind == "one":
                context.set_response_status(418, "teapot", 0)
                context.set_response_header(1, "x-from-handler", "yes")
                context.set_response_content_type(1, "text/html")
            if kind == "all":
                context.set_all_response_status(500, "down")
            return ["x"] * len(data)
        """,
    )

    def answers(kind):
        found = worker.predict(request(kind, id="1"), request(b"", id="2")).answers
        return [(answer.status, answer.phrase, list(answer.headers)) for answer in found]

    assert answers(b"one") == [
        (418, "teapot", []),
        (0, "", ["x-from-handler", "yes", "content-type", "text/html"]),
    ]
    assert answers(b"all") == [(500, "down", []), (500, "down", [])]
    assert answers(b"none") == [(0, "", []), (0, "", [])]

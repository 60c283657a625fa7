"""``ts.context``: what handlers and their own tests do with it."""

from __future__ import annotations

import copy

import pytest

from ts.context import Context, RequestProcessor


@pytest.fixture
def context() -> Context:
    made = Context("m", "/models/m", {"model": {}}, 4, None, "0.12.0")
    made.request_ids = {0: "a", 1: "b"}
    made.request_processor = [RequestProcessor({"X-Probe": "1", "body": {"content-type": ""}}), RequestProcessor({})]
    return made


def test_defaults() -> None:
    fresh = Context("m", "/models/m", None, 4, 1)
    assert fresh.system_properties == {
        "model_dir": "/models/m",
        "gpu_id": 1,
        "batch_size": 4,
        "server_name": "MMS",
        "server_version": "0.12.0",
        "limit_max_image_pixels": True,
    }
    assert fresh.system_properties is fresh.system_properties
    assert (fresh.manifest, fresh.model_yaml_config, fresh.metrics) == (None, {}, None)
    assert (fresh.request_ids, fresh.request_processor, fresh.stopping_criteria, fresh.cl_socket) == (None,) * 4
    assert fresh.get_request_id() is None
    assert fresh.header_key_sequence_id == "ts_request_sequence_id"
    assert fresh.is_cancelled() is False


def test_sequence_headers_are_named_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for part in ("ID", "START", "END"):
        monkeypatch.setenv(f"TS_REQUEST_SEQUENCE_{part}", f"my-{part}")
    made = Context("m", "/models/m", None, 1, None)
    assert (made.header_key_sequence_id, made.header_key_sequence_start, made.header_key_sequence_end) == (
        "my-ID",
        "my-START",
        "my-END",
    )
    made.request_processor = [RequestProcessor({"my-ID": "seq-1"})]
    assert made.get_sequence_id(0) == "seq-1"


def test_request_headers_are_found_by_their_exact_spelling(context: Context) -> None:
    assert context.get_request_header(0, "X-Probe") == "1"
    assert context.get_request_header(0, "x-probe") is None
    assert context.get_all_request_header(0)["body"] == {"content-type": ""}
    assert context.get_request_id(1) == "b"
    assert context.get_request_id(7) is None


def test_before_the_first_request_there_are_no_headers() -> None:
    fresh = Context("m", "/models/m", None, 1, None)
    with pytest.raises(TypeError, match="there are no requests yet"):
        fresh.get_request_header(0, "x")
    fresh.set_response_status(500)  # ignored
    fresh.set_all_response_status(500)


def test_responses_are_each_requests_own(context: Context) -> None:
    assert context.get_response_status(0) == (200, None)
    context.set_response_status(418, "teapot", 1)
    context.set_response_header(1, "a", "1")
    context.set_response_header(1, "a", "2")
    context.set_response_content_type(1, "text/html")
    assert context.get_response_status(0) == (200, None)
    assert context.get_response_status(1) == (418, "teapot")
    assert context.get_response_headers(0) == {}
    assert context.get_response_headers(1) == {"a": "2", "content-type": "text/html"}
    assert context.get_response_content_type(1) == "text/html"
    assert context.get_response_content_type(0) is None
    context.set_all_response_status(500)
    assert context.get_response_status(0) == context.get_response_status(1) == (500, "")


def test_handlers_may_add_what_they_like(context: Context) -> None:
    context.cache = {"a": 1}  # type: ignore[attr-defined]
    context.metrics = "mine"
    assert copy.deepcopy(context).cache == {"a": 1}  # type: ignore[attr-defined]


def test_equal_contexts_hold_the_same_and_none_can_be_hashed() -> None:
    one, two = (Context("m", "/models/m", {}, 1, None) for _ in range(2))
    assert one == two
    two.model_name = "other"
    assert one != two
    assert one != "m"
    with pytest.raises(TypeError):
        hash(one)

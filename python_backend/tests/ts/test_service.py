"""``ts.service``, ``ts.model_loader`` and the messages that TorchServe's own programs speak."""

from __future__ import annotations

import logging
import socket
import struct
import threading
from pathlib import Path
from typing import Any

import pytest

from ts.model_loader import ModelLoaderFactory, TsModelLoader
from ts.model_service_worker import TorchModelServiceWorker
from ts.protocol import otf_message_handler
from ts.protocol.otf_message_handler import (
    create_load_model_response,
    create_predict_response,
    retrieve_msg,
    send_intermediate_predict_response,
)
from ts.service import PREDICTION_METRIC, Service, emit_metrics
from ts.utils.util import PredictionException

# Recorded from torchserve 0.12.0.
PLAIN = bytes.fromhex(
    "000000c8 00000003 6d7367 00000003 616263 00000000 000000c8 00000000 00000000 00000005 68656c6c6f ffffffff"
)
DECORATED = bytes.fromhex(
    "000000c8 00000003 6d7367 00000003 616263 00000006 746578742f78 000001a2 00000003 746561 00000001"
    "0000000c 636f6e74656e742d74797065 00000006 746578742f78 00000005 68656c6c6f ffffffff"
)
FAILED = bytes.fromhex(
    "000001f7 00000003 626164 00000003 616263 00000000 000001f7 00000000 00000000 00000005 6572726f72 ffffffff"
)


def sized(value: bytes) -> bytes:
    return struct.pack("!i", len(value)) + value


END = struct.pack("!i", -1)


def load_message(model_dir: Path, handler: bytes = b"h.py") -> bytes:
    head = b"L" + sized(b"m") + sized(str(model_dir).encode()) + struct.pack("!i", 3)
    return head + sized(handler) + END + sized(b"") + b"\1"


def predict_message(*bodies: bytes, kind: bytes = b"text/plain") -> bytes:
    message = b"I"
    for number, body in enumerate(bodies):
        headers = sized(b"X-Probe") + sized(b"1") + END
        message += sized(b"id-%d" % number) + headers + sized(b"body") + sized(kind) + sized(body) + END
    return message + END


@pytest.fixture
def context(make_context: Any) -> Any:
    made = make_context()
    made.request_ids = {0: "abc"}
    return made


class TestMessages:
    def test_a_load_is_answered(self) -> None:
        assert create_load_model_response(200, "ok") == struct.pack("!i", 200) + sized(b"ok") + END

    def test_answers_are_as_recorded(self, context: Any) -> None:
        assert create_predict_response(["hello"], {0: "abc"}, "msg", 200, context) == PLAIN
        context.set_response_content_type(0, "text/x")
        context.set_response_status(418, "tea", 0)
        assert create_predict_response(["hello"], {0: "abc"}, "msg", 200, context) == DECORATED
        assert create_predict_response(None, {0: "abc"}, "bad", 503) == FAILED

    def test_what_cannot_be_carried_is_said(self, context: Any) -> None:
        answer = create_predict_response([object()], {0: "abc"}, "msg", 200, context)
        assert b"Unsupported model output data type." in (answer or b"")

    def test_parts_and_the_last_one_are_marked(self, context: Any) -> None:
        sent: list[bytes] = []
        context.cl_socket = type("Socket", (), {"sendall": staticmethod(sent.append)})
        otf_message_handler._warn_that_it_moved.cache_clear()
        with pytest.warns(PendingDeprecationWarning, match="deprecated in 1.0 and moved to ts.handler_utils.utils"):
            send_intermediate_predict_response(["part"], {0: "abc"}, "Intermediate Prediction success", 200, context)
        mark = sized(b"ts_stream_next")
        assert mark + sized(b"true") + sized(b"part") in sent[0]
        last = create_predict_response(["end"], {0: "abc"}, "Prediction success", 200, context)
        assert mark + sized(b"false") + sized(b"end") in (last or b"")

    def test_other_ranks_do_not_answer(self, context: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LOCAL_RANK", "1")
        assert create_predict_response(["hello"], {0: "abc"}, "msg", 200, context) is None

    def test_messages_are_read(self, tmp_path: Path) -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.sendall(load_message(tmp_path) + predict_message(b'{"a": 1}', b"{", kind=b"application/json") + b"?")
            command, load = retrieve_msg(ours)
            assert command == b"L"
            assert load == {
                "modelName": b"m",
                "modelPath": str(tmp_path).encode(),
                "batchSize": 3,
                "handler": b"h.py",
                "envelope": b"",
                "limitMaxImagePixels": True,
            }
            command, (first, second) = retrieve_msg(ours)
            assert command == b"I"
            assert first == {
                "requestId": b"id-0",
                "headers": [{"name": b"X-Probe", "value": b"1"}],
                "parameters": [{"name": "body", "contentType": "application/json", "value": {"a": 1}}],
            }
            assert second["parameters"][0]["value"] == bytearray(b"{")
            with pytest.raises(ValueError, match="Invalid command"):
                retrieve_msg(ours)
            theirs.close()
            with pytest.raises(ConnectionError, match="Frontend disconnected"):
                retrieve_msg(ours)


BATCH = [
    {
        "requestId": b"first",
        "headers": [{"name": b"Explain", "value": b"True"}],
        "parameters": [{"name": "data", "contentType": "application/json", "value": {"a": 1}}],
    },
    {"requestId": b"second", "parameters": [{"name": "body", "contentType": "", "value": b"raw"}]},
]


class TestService:
    def test_requests_become_what_a_handler_is_given(self) -> None:
        processors, rows, ids = Service.retrieve_data_for_inference(BATCH)
        assert rows == [{"data": {"a": 1}}, {"body": b"raw"}]
        assert ids == {0: "first", 1: "second"}
        assert processors[0].get_request_properties() == {
            "data": {"content-type": "application/json"},
            "Explain": "True",
        }
        with pytest.raises(ValueError, match="Received invalid inputs"):
            Service.retrieve_data_for_inference(None)

    def serve(self, tmp_path: Path, entry: Any) -> Service:
        service = Service("m", str(tmp_path), {}, entry, None, 2)
        service.set_cl_socket("socket")
        return service

    def test_a_batch_is_answered(self, tmp_path: Path) -> None:
        service = self.serve(tmp_path, lambda data, context: [str(row) for row in data])
        answer = service.predict(BATCH)
        assert answer == create_predict_response(
            ["{'data': {'a': 1}}", "{'body': b'raw'}"],
            {0: "first", 1: "second"},
            "Prediction success",
            200,
            service.context,
        )
        assert service.context.cl_socket == "socket"
        assert service.context.request_ids == {0: "first", 1: "second"}

    @pytest.mark.parametrize(
        ("error", "code", "message"),
        [
            (MemoryError("full"), 507, "Out of resources"),
            (PredictionException("no", 400), 400, "no"),
            (RuntimeError("CUDA is full"), 507, "Out of resources"),
            (ValueError("odd"), 503, "Prediction failed"),
        ],
    )
    def test_an_error_is_part_of_the_answer(self, tmp_path: Path, error: Exception, code: int, message: str) -> None:
        def fail(data: Any, context: Any) -> Any:
            raise error

        ids = {0: "first", 1: "second"}
        assert self.serve(tmp_path, fail).predict(BATCH) == create_predict_response(None, ids, message, code)

    def test_a_successful_batch_is_timed(self, make_context: Any, tmp_path: Path, recorded: Any) -> None:
        service = Service(
            "m", str(tmp_path), {}, lambda data, context: data, None, 2, metrics_cache=make_context().metrics
        )
        service.predict([{"requestId": b"a", "parameters": []}])
        (metric,) = recorded
        assert (metric.name, metric.request_ids) == (PREDICTION_METRIC, ["a"])

    def test_metrics_are_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.INFO):
            emit_metrics({"one": 1})
        assert caplog.messages == ["[METRICS]one"]


class TestLoader:
    @pytest.fixture
    def model_dir(self, tmp_path: Path) -> Path:
        (tmp_path / "h.py").write_text(
            "def handle(data, context):\n"
            "    if data is None:\n"
            "        context.loaded = True\n"
            "        return None\n"
            "    return [str(row['body']) for row in data]\n"
        )
        return tmp_path

    def test_loads_and_initialises(self, model_dir: Path, make_context: Any) -> None:
        metrics = make_context().metrics
        service = TsModelLoader().load("m", str(model_dir), "h.py", None, 4, metrics_cache=metrics)
        assert service.context.loaded  # type: ignore[attr-defined]
        assert service.context.system_properties["batch_size"] == 4
        assert service.context.metrics is metrics
        assert isinstance(metrics.request_ids, str)

    def test_comes_from_the_factory(self) -> None:
        assert isinstance(ModelLoaderFactory.get_model_loader(), TsModelLoader)

    def test_serves_over_a_socket(self, model_dir: Path, context: Any) -> None:
        worker = TorchModelServiceWorker("unix", str(model_dir / "worker.sock"))
        worker.sock.close()
        ours, theirs = socket.socketpair()
        thread = threading.Thread(target=self.until_closed, args=(worker, ours))
        thread.start()
        with theirs:
            theirs.sendall(load_message(model_dir))
            expected = create_load_model_response(200, "loaded model m")
            assert theirs.recv(len(expected), socket.MSG_WAITALL) == expected
            theirs.sendall(predict_message(b"hello"))
            expected = (
                create_predict_response(["hello"], {0: "id-0"}, "Prediction success", 200, context) or bytearray()
            )
            assert theirs.recv(len(expected), socket.MSG_WAITALL) == expected
        thread.join(10)
        assert not thread.is_alive()

    @staticmethod
    def until_closed(worker: TorchModelServiceWorker, connection: socket.socket) -> None:
        with connection, pytest.raises(ConnectionError):
            worker.handle_connection(connection)

    @pytest.mark.parametrize(
        ("statement", "code", "message"),
        [
            ("raise MemoryError", 507, "System out of memory"),
            ("raise RuntimeError('CUDA is full')", 507, "System out of memory"),
            ("raise RuntimeError('odd')", 500, "Unknown exception"),
        ],
    )
    def test_a_failed_load_has_its_code(self, model_dir: Path, statement: str, code: int, message: str) -> None:
        (model_dir / "failing.py").write_text(f"def handle(data, context):\n    {statement}\n")
        worker = TorchModelServiceWorker("tcp", port_num=0)
        worker.sock.close()
        request = {"modelName": b"m", "modelPath": str(model_dir).encode(), "handler": b"failing.py", "batchSize": 1}
        assert worker.load_model(request) == (None, message, code)

    def test_an_incomplete_address_is_refused(self) -> None:
        with pytest.raises(ValueError, match="the socket is incomplete"):
            TorchModelServiceWorker("unix")

    def test_each_rank_has_an_address_of_its_own(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def addresses(rank: str) -> list[Any]:
            monkeypatch.setenv("LOCAL_RANK", rank)
            made = TorchModelServiceWorker("unix", "/tmp/.ts.sock.9000"), TorchModelServiceWorker("tcp", port_num=9000)
            for worker in made:
                worker.sock.close()
            return [worker.address for worker in made]

        assert addresses("0") == ["/tmp/.ts.sock.9000", ("127.0.0.1", 9000)]
        assert addresses("2") == ["/tmp/.ts.sock.9002", ("127.0.0.1", 9002)]
        with pytest.raises(ValueError, match=r"should end in a number, such as ts\.sock\.9000"):
            TorchModelServiceWorker("unix", "worker.sock")

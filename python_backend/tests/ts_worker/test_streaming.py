"""Results in parts."""

from __future__ import annotations

import queue

import pytest

from support.frontend import request
from ts_worker.messages import Code

NEXT = "ts_stream_next"


def headers(answer) -> dict[str, str]:
    flat = iter(answer.headers)
    return dict(zip(flat, flat))


STREAM = """
from {module} import send_intermediate_predict_response

def handle(data, context):
    if data is None:
        return None
    for number in range(int(data[0]["body"].decode()) - 1):
        context.set_response_content_type(0, "text/event")
        send_intermediate_predict_response(
            [f"piece {{number}};"] * len(data), context.request_ids, "Intermediate Prediction success", 200, context
        )
    return ["last."] * len(data)
"""


@pytest.mark.parametrize("module", ["ts.handler_utils.utils", "ts.protocol.otf_message_handler"])
def test_pieces_say_true_and_the_last_says_false(workers, archive, module) -> None:
    worker = workers.serve(archive, STREAM.format(module=module))
    batch = worker.start_batch(request(b"3", id="a"), request(b"", id="b"))
    for number in range(2):
        for index in range(2):
            piece = worker.next_event("piece")
            assert (piece.batch_id, piece.index) == (batch, index)
            assert piece.answer.body == f"piece {number};".encode()
            # Status and headers go before all of the body, so they are told once.
            assert headers(piece.answer).get(NEXT) == ("true" if number == 0 else None)
    result = worker.next_event("result")
    assert [answer.body for answer in result.answers] == [b"last.", b"last."]
    assert [headers(answer)[NEXT] for answer in result.answers] == ["false", "false"]
    # One that does not stream is a plain answer.
    assert NEXT not in headers(worker.predict(request(b"1")).answers[0])


def test_pieces_of_any_size_keep_their_bytes_and_their_order(workers, archive) -> None:
    """Each request's by a thread of its own."""
    worker = workers.serve(
        archive,
        """
        import threading
        from ts.handler_utils.utils import send_intermediate_predict_response

        SIZES = [3, 5000, 2, 4096, 4097, 0, 100_000, 1]

        def send(index, context):
            for number, size in enumerate(SIZES * 8):
                piece = bytes([number, index]) * size
                send_intermediate_predict_response([piece], {0: context.request_ids[index]}, "", 200, context)

        def handle(data, context):
            if data is None:
                return None
            threads = [threading.Thread(target=send, args=(index, context)) for index in range(len(data))]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            return ["."] * len(data)
        """,
    )
    worker.start_batch(request(id="first"), request(id="second"))
    received: list[list[bytes]] = [[], []]
    sizes = [3, 5000, 2, 4096, 4097, 0, 100_000, 1] * 8
    for _ in range(2 * len(sizes)):
        piece = worker.next_event("piece")
        received[piece.index].append(piece.answer.body)
    for index in range(2):
        assert received[index] == [bytes([number, index]) * size for number, size in enumerate(sizes)]


def test_stopping_criteria_decide(workers, archive) -> None:
    worker = workers.serve(
        archive,
        """
        def handle(data, context):
            if data is None:
                return None
            context.stopping_criteria = [lambda item: True, lambda item: False, lambda item: None]
            return ["stop", "go on", "plain"]
        """,
    )
    result = worker.predict(*(request(id=str(index)) for index in range(3)))
    assert [headers(answer).get(NEXT) for answer in result.answers] == ["false", "true", None]


def test_a_part_of_the_batch_is_found_by_request_id(workers, archive) -> None:
    """As micro-batching does it: the index counts within the part. From a thread of the handler's own."""
    worker = workers.serve(
        archive,
        """
        import threading
        from ts.handler_utils.utils import send_intermediate_predict_response

        def send(part, context):
            send_intermediate_predict_response(["piece"], part, "", 200, context)

        def handle(data, context):
            if data is None:
                return None
            thread = threading.Thread(target=send, args=({0: context.request_ids[1]}, context))
            thread.start()
            thread.join()
            return ["a", "b"]
        """,
    )
    worker.start_batch(request(id="first"), request(id="second"))
    assert worker.next_event("piece").index == 1
    result = worker.next_event("result")
    assert [headers(answer).get(NEXT) for answer in result.answers] == [None, "false"]


def test_a_piece_that_cannot_be_sent_fails_the_batch(workers, archive) -> None:
    source = STREAM.format(module="ts.handler_utils.utils").replace('f"piece {number};"', "object()")
    worker = workers.serve(archive, source)
    assert worker.predict(request(b"2")).code == Code.UNSUPPORTED_OUTPUT
    assert worker.predict(request(b"1")).code == Code.OK


def test_other_ranks_say_that_they_are_done_and_no_more(workers, archive) -> None:
    worker = workers.serve(
        archive, STREAM.format(module="ts.handler_utils.utils"), environment={"LOCAL_RANK": "1", "RANK": "1"}
    )
    worker.start_batch(request(b"3"))
    assert not worker.next_event("result").answers
    assert workers.printed(worker, "skip sending response at rank 1")
    worker.send(shutdown={})
    assert worker.events.get(timeout=20) is None
    assert workers.ended(worker) == 0


def test_a_handler_is_held_up_while_its_caller_does_not_read(workers, archive) -> None:
    worker = workers.serve(
        archive,
        """
        from ts.handler_utils.utils import send_intermediate_predict_response

        def handle(data, context):
            if data is None:
                return None
            for _ in range(5):
                send_intermediate_predict_response([bytes(1 << 20)], context.request_ids, "", 200, context)
            return ["last"]
        """,
    )
    batch = worker.start_batch(request())
    # What is more than the window when it has begun to be more.
    for _ in range(3):
        worker.next_event("piece")
    with pytest.raises(queue.Empty):
        worker.next_event("piece", patience=0.5)
    worker.send(flow={"batch_id": batch, "index": 0, "read_bytes": 1 << 20})
    worker.next_event("piece")
    with pytest.raises(queue.Empty):
        worker.next_event("piece", patience=0.5)
    worker.send(flow={"batch_id": batch, "index": 0, "read_bytes": 3 << 20})
    worker.next_event("piece")
    assert worker.next_event("result").code == Code.OK


def test_nobody_is_held_up_for_a_caller_who_left_before_the_first_piece(workers, archive) -> None:
    worker = workers.serve(
        archive,
        """
        import time
        from ts.handler_utils.utils import send_intermediate_predict_response

        def handle(data, context):
            if data is None:
                return None
            print("begun", flush=True)
            while not context.cl_socket.callers_gone:
                time.sleep(0.01)
            for _ in range(5):
                send_intermediate_predict_response([bytes(1 << 20)], {0: context.request_ids[0]}, "", 200, context)
            return ["last"] * len(data)
        """,
    )
    batch = worker.start_batch(request(id="a"), request(id="b"))
    assert workers.printed(worker, "begun")
    worker.send(cancel={"batch_id": batch, "indices": [0]})
    for _ in range(5):
        worker.next_event("piece")
    assert worker.next_event("result").answers[1].body == b"last"


def test_nobody_is_held_up_for_a_caller_who_left(workers, archive) -> None:
    worker = workers.serve(
        archive,
        """
        from ts.handler_utils.utils import send_intermediate_predict_response

        def handle(data, context):
            if data is None:
                return None
            while data[0]["body"] == b"on and on":
                pieces = [bytes(1 << 20)] * len(data)
                send_intermediate_predict_response(pieces, context.request_ids, "", 200, context)
            return ["last"] * len(data)
        """,
    )
    batch = worker.start_batch(request(b"on and on", id="a"), request(id="b"))
    for _ in range(6):
        worker.next_event("piece")
    # Of two that read no more, the one that stays is waited for, and the one that has gone is not.
    worker.send(cancel={"batch_id": batch, "indices": [0]})
    assert worker.next_event("piece").index == 0
    with pytest.raises(queue.Empty):
        worker.next_event("piece", patience=0.5)
    worker.send(flow={"batch_id": batch, "index": 1, "read_bytes": 2 << 20})
    assert [worker.next_event("piece").index for _ in range(4)] == [1, 0, 1, 0]
    # Once all have gone, the handler is stopped where it sends the next piece, though it never looks.
    worker.send(cancel={"batch_id": batch, "indices": [1]})
    assert workers.printed(worker, "Every caller of the batch has gone")
    assert worker.next_event("result").code == Code.PREDICTION_FAILED
    assert worker.predict(request(b"once")).answers[0].body == b"last"

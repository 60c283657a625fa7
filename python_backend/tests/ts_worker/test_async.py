"""Coroutine handlers in real workers."""

from __future__ import annotations

import json

import pytest

from support.frontend import request
from ts_worker.messages import Code

HANDLER = """
import asyncio, threading

class Handler:
    def initialize(self, context):
        self.loop = asyncio.get_event_loop()
        assert not self.loop.is_running()
        self.ready = self.loop.run_until_complete(asyncio.sleep(0, "ready"))
        self.running, self.most, self.gate = 0, 0, asyncio.Event()
        context.kept = []

    async def handle(self, data, context):
        kind = data[0]["body"].decode()
        if kind == "fail":
            raise ValueError("odd")
        if kind == "cancelled":
            raise asyncio.CancelledError
        if kind == "exit":
            raise SystemExit(5)
        if kind == "release":
            self.gate.set()
            return ["released"]
        if kind == "wait":
            self.running += 1
            self.most = max(self.most, self.running)
            await asyncio.wait_for(self.gate.wait(), 20)
            self.running -= 1
        if kind == "until cancelled":
            context.metrics.add_counter("Waits", 1)
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                print("told of", context.get_request_id(), flush=True)
                raise
        if kind == "until one is cancelled":
            while not context.is_cancelled(1):
                await asyncio.sleep(0.01)
            return ["still waited for", ""]
        context.kept.append(kind)
        context.metrics.add_counter("Seen", 1)
        same_loop = asyncio.get_running_loop() is self.loop
        main = threading.current_thread() is threading.main_thread()
        return [{"id": context.get_request_id(), "kept": context.kept, "most": self.most, "loop": same_loop,
                 "main": main, "ready": self.ready}]
"""


def results(worker, count: int) -> dict[int, object]:
    """Results by batch id, and under 0 the names of metrics that came between them."""
    found: dict[int, object] = {0: []}
    while len(found) <= count:
        event = worker.events.get(timeout=20)
        if event.HasField("metrics"):
            found[0] += [(each.name, list(each.request_ids)) for each in event.metrics.metrics]
        else:
            (result,) = event.results
            assert result.batch_id not in found
            found[result.batch_id] = result
    return found


def test_batches_run_side_by_side_on_the_loop_of_initialize(workers, archive) -> None:
    worker = workers.serve(archive, HANDLER)
    waiting = [worker.start_batch(request(b"wait", id=f"id-{number}")) for number in range(3)]
    release = worker.start_batch(request(b"release"))
    found = results(worker, 4)
    assert found[release].answers[0].body == b"released"
    for number, batch in enumerate(waiting):
        told = json.loads(found[batch].answers[0].body)
        assert told == {
            "id": f"id-{number}",
            "kept": ["wait"],  # the context is a copy
            "most": 3,
            "loop": True,
            "main": True,
            "ready": "ready",
        }
        assert ("Seen", [f"id-{number}"]) in found[0]
        assert ("PredictionTime", [f"id-{number}"]) in found[0]


@pytest.mark.parametrize("kind", [b"fail", b"cancelled"])
def test_an_error_is_its_batchs_own(workers, archive, kind) -> None:
    worker = workers.serve(archive, HANDLER)
    failing, fine = worker.start_batch(request(kind)), worker.start_batch(request(b"release"))
    found = results(worker, 2)
    assert found[failing].code == Code.PREDICTION_FAILED
    assert found[fine].code == Code.OK
    assert workers.printed(worker, "Invoking custom service failed.")


def test_a_cancel_reaches_what_the_handler_waits_for(workers, archive) -> None:
    worker = workers.serve(archive, HANDLER)
    batch = worker.start_batch(request(b"until cancelled", id="left"))
    worker.next_event("metrics")
    worker.send(cancel={"batch_id": batch, "indices": [0]})
    assert results(worker, 1)[batch].code == Code.PREDICTION_FAILED
    assert workers.printed(worker, "told of left")
    assert workers.printed(worker, "Nobody waits for left any more: cancelled.")
    release = worker.start_batch(request(b"release"))
    assert results(worker, 1)[release].code == Code.OK


def test_a_batch_that_is_cancelled_before_it_began_is_answered_too(workers, archive) -> None:
    worker = workers.serve(archive, HANDLER)
    for _ in range(20):
        batch = worker.start_batch(request(b"until cancelled"))
        worker.send(cancel={"batch_id": batch, "indices": [0]})
        assert results(worker, 1)[batch].code == Code.PREDICTION_FAILED


def test_a_batch_goes_on_while_someone_waits_for_it(workers, archive) -> None:
    worker = workers.serve(archive, HANDLER)
    batch = worker.start_batch(request(b"until one is cancelled"), request(b""))
    worker.send(cancel={"batch_id": batch, "indices": [1]})
    assert results(worker, 1)[batch].answers[0].body == b"still waited for"


def test_several_batches_may_come_in_one_message(workers, archive) -> None:
    worker = workers.serve(archive, HANDLER)
    batches = [{"id": number, "requests": [request(b"release")]} for number in (7, 8)]
    worker.send(batches={"batches": batches})
    assert set(results(worker, 2)) == {0, 7, 8}


def test_shutdown_waits_for_what_is_under_way(workers, archive) -> None:
    worker = workers.serve(archive, HANDLER)
    waiting, release = worker.start_batch(request(b"wait")), worker.start_batch(request(b"release"))
    worker.send(tune={"cpu_threads": 1})
    worker.send(shutdown={})
    assert set(results(worker, 2)) == {0, waiting, release}
    assert workers.ended(worker) == 0


@pytest.mark.parametrize("way", ["lost", "exit"])
def test_it_ends_though_batches_are_under_way(workers, archive, way) -> None:
    worker = workers.serve(archive, HANDLER)
    worker.start_batch(request(b"until cancelled"))
    if way == "lost":
        worker.hang_up()
    else:
        worker.start_batch(request(b"exit"))
    assert workers.ended(worker, 10) == (0 if way == "lost" else 5)


def test_parts_are_sent_as_they_come(workers, archive) -> None:
    worker = workers.serve(
        archive,
        """
        import asyncio
        from ts.handler_utils.utils import send_intermediate_predict_response
        class Handler:
            def initialize(self, context): pass
            async def handle(self, data, context):
                send_intermediate_predict_response(["part"], context.request_ids, "", 200, context)
                await asyncio.sleep(0)
                return ["end"]
        """,
    )
    worker.start_batch(request())
    assert worker.next_event("piece").answer.body == b"part"
    worker.next_event("metrics")
    assert list(worker.next_event("result").answers[0].headers) == ["ts_stream_next", "false"]

"""Serves a handler that is a coroutine function: batches run side by side on one event loop."""

from __future__ import annotations

import asyncio
import copy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from ts_worker.answering import answering
from ts_worker.cpu_threads import CpuThreads
from ts_worker.failure import prediction_failed
from ts_worker.inputs import decode_batch
from ts_worker.link import Link
from ts_worker.model import Model
from ts_worker.outputs import answer_batch
from ts_worker.pieces import BatchChannel
from ts_worker.prediction import predict_async
from ts_worker.tracing import handling


class _Flight(NamedTuple):
    """A batch whose handler runs, and how many requests it has."""

    task: asyncio.Task[None]
    size: int


class AsyncRunner:
    """The loop is the one that the handler found when it initialised, and runs on the main thread as that did.

    Every batch has a copy of the context to itself. One whose callers have all gone is cancelled as asyncio does it:
    `CancelledError` is raised where its handler waits, which is how engines learn that they may drop a request.
    Metrics are sent as they are recorded, since at any moment they may belong to any of several batches; each names its
    requests.
    """

    def __init__(self, link: Link, model: Model, threads: CpuThreads) -> None:
        self._link = link
        self._model = model
        self._threads = threads
        self._running: set[asyncio.Task[None]] = set()
        self._flights: dict[int, _Flight] = {}

    def run(self) -> int:
        """Until the frontend says Shutdown and all batches are answered, or it is gone; the exit status."""
        return asyncio.get_event_loop().run_until_complete(self._obey())

    async def _obey(self) -> int:
        loop = asyncio.get_running_loop()
        commands: asyncio.Queue[Any] = asyncio.Queue()
        self._link.on_cancel = lambda batch_id: loop.call_soon_threadsafe(self._cancel, batch_id)
        threading.Thread(target=self._listen, args=(loop, commands), name="torchbridge-commands", daemon=True).start()
        while True:
            command = await commands.get()
            if command is None:
                return 0
            if command.HasField("batch"):
                self._start(loop, command.batch)
            elif command.HasField("batches"):
                for batch in command.batches.batches:
                    self._start(loop, batch)
            elif command.HasField("tune"):
                self._threads.follow(command.tune)
            elif command.HasField("shutdown"):
                await asyncio.gather(*self._running)
                return 0

    def _listen(self, loop: asyncio.AbstractEventLoop, commands: asyncio.Queue[Any]) -> None:
        while True:
            command = self._link.receive()
            loop.call_soon_threadsafe(commands.put_nowait, command)
            if command is None or command.HasField("shutdown"):
                return

    def _start(self, loop: asyncio.AbstractEventLoop, batch: Any) -> None:
        task = loop.create_task(self._run_batch(batch))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def _cancel(self, batch_id: int) -> None:
        """One that has not begun looks for itself."""
        flight = self._flights.get(batch_id)
        if flight and len(self._link.cancelled(batch_id)) == flight.size:
            flight.task.cancel()

    async def _run_batch(self, batch: Any) -> None:
        with answering(self._link, batch) as result:
            with self._flight(batch):
                context = copy.deepcopy(self._model.context)
                channel = BatchChannel(self._link, batch)
                inputs = decode_batch(batch.requests, self._link.memory)
                with handling(batch, result):
                    outputs = await predict_async(context, self._model.entry_point, inputs, channel)
            answer_batch(result.answers, outputs, context, self._link.memory)

    @contextmanager
    def _flight(self, batch: Any) -> Iterator[None]:
        """Lets the batch be cancelled while its handler runs. Raises where nobody waits for it already."""
        size = len(batch.requests)
        if len(self._link.cancelled(batch.id)) == size:
            raise prediction_failed()
        task = asyncio.current_task()
        assert task is not None
        self._flights[batch.id] = _Flight(task, size)
        try:
            yield
        finally:
            del self._flights[batch.id]

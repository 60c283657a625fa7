"""Serves a handler that is a coroutine function: batches run side by side on one event loop."""

from __future__ import annotations

import asyncio
import copy
import threading
from typing import Any

from ts_worker.answering import answering
from ts_worker.cpu_threads import CpuThreads
from ts_worker.inputs import decode_batch
from ts_worker.link import Link
from ts_worker.model import Model
from ts_worker.outputs import answer_batch
from ts_worker.pieces import BatchChannel
from ts_worker.prediction import predict_async


class AsyncRunner:
    """The loop is the one that the handler found when it initialised, and runs on the main thread as that did.

    Every batch has a copy of the context to itself. Metrics are sent as they are recorded, since at any moment they may
    belong to any of several batches; each names its requests.
    """

    def __init__(self, link: Link, model: Model, threads: CpuThreads) -> None:
        self._link = link
        self._model = model
        self._threads = threads
        self._running: set[asyncio.Task[None]] = set()

    def run(self) -> int:
        """Until the frontend says Shutdown and all batches are answered, or it is gone; the exit status."""
        return asyncio.get_event_loop().run_until_complete(self._obey())

    async def _obey(self) -> int:
        loop = asyncio.get_running_loop()
        commands: asyncio.Queue[Any] = asyncio.Queue()
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

    async def _run_batch(self, batch: Any) -> None:
        with answering(self._link, batch) as result:
            context = copy.deepcopy(self._model.context)
            channel = BatchChannel(self._link, batch)
            inputs = decode_batch(batch.requests, self._link.memory)
            outputs = await predict_async(context, self._model.entry_point, inputs, channel)
            answer_batch(result.answers, outputs, context, self._link.memory)

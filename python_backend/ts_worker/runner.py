"""Does what the frontend says, one command after the other, on the main thread."""

from __future__ import annotations

import logging
import traceback
from typing import Any, NoReturn

from ts_worker.answering import answering
from ts_worker.async_runner import AsyncRunner
from ts_worker.cpu_threads import CpuThreads
from ts_worker.departure import leave, status_of
from ts_worker.failure import prediction_failed
from ts_worker.freed_memory import keep_freed_memory
from ts_worker.inputs import decode_batch
from ts_worker.link import Link
from ts_worker.messages import Code, FromWorker, Loaded
from ts_worker.metric_recorder import MetricRecorder
from ts_worker.model import Model
from ts_worker.module_path import enter_model_dir
from ts_worker.outputs import answer_batch
from ts_worker.pieces import BatchChannel
from ts_worker.prediction import predict
from ts_worker.preload import preloaded
from ts_worker.preparation import prepare
from ts_worker.profiling import profiled
from ts_worker.shared_memory import open_shared_memory
from ts_worker.tracing import handling, set_up

logger = logging.getLogger("ts.model_service_worker")

# How long the frontend may take to read the last answers of a worker that leaves.
_FAREWELL_SECONDS = 10.0


class Runner:
    """Handlers install signal handlers, set up process groups and CUDA contexts: they are called on the main thread
    only, and never two at a time."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._metrics = MetricRecorder(link)
        self._threads = CpuThreads(link.wake_placement)
        self._model: Model | None = None

    def run(self) -> NoReturn:
        """Until the frontend says Shutdown or is gone; then the process ends."""
        try:
            with profiled():
                status = self._obey()
        except SystemExit as exit:
            status = status_of(exit)
        except KeyboardInterrupt:
            status = 130
        self._link.close(_FAREWELL_SECONDS)
        leave(status)

    def _obey(self) -> int:
        while True:
            command = self._link.receive()
            if command is None:
                return 0 if self._link.heard else 1
            if command.HasField("batch"):
                self._run_batch(command.batch)
            elif command.HasField("batches"):
                for batch in command.batches.batches:
                    self._run_batch(batch)
            elif command.HasField("load"):
                if not self._load(command.load):
                    return 1
                if self._model and self._model.is_async:
                    return AsyncRunner(self._link, self._model, self._threads).run()
            elif command.HasField("tune"):
                self._threads.follow(command.tune)
            elif command.HasField("shutdown"):
                return 0

    def _run_batch(self, batch: Any) -> None:
        with answering(self._link, batch, self._metrics) as result:
            if self._model is None:
                raise prediction_failed()
            context, entry_point = self._model.context, self._model.entry_point
            channel = BatchChannel(self._link, batch)
            if len(channel.cancelled) == len(batch.requests):
                # They went while it waited here behind another.
                raise prediction_failed()
            inputs = decode_batch(batch.requests, self._link.memory)
            with handling(batch, result):
                outputs = predict(context, entry_point, inputs, channel)
            answer_batch(result.answers, outputs, context, self._link.memory)

    def _load(self, load: Any) -> bool:
        """Answers the command; False where the model cannot be served, which ends the worker."""
        logger.info("model_name: %s, batchSize: %d", load.model_name, load.batch_size)
        outcome = Loaded(code=Code.OK, message=f"loaded model {load.model_name}")
        try:
            self._model = self._make(load)
            keep_freed_memory()  # only now: what loading freed has gone back
            outcome.openai_routes.extend(self._model.declaration.routes)
            outcome.openai_models.extend(self._model.declaration.models)
            set_up()
        except Exception as error:
            logger.error("Backend worker process died.", exc_info=True)
            outcome = Loaded(code=_load_code(error), message=_last_line(error))
        self._link.in_step = load.in_step
        self._link.memory = open_shared_memory(load)
        outcome.shares_memory = self._link.memory is not None
        self._link.send(FromWorker(loaded=outcome))
        return bool(outcome.code == Code.OK)

    def _make(self, load: Any) -> Model:
        from ts.metrics import sink

        sink.set_sink(self._metrics.record)
        model = preloaded()
        if model is None:
            return prepare(load, lambda: self._threads.follow(load))
        enter_model_dir(load.model_dir, load.handler)
        self._threads.follow(load)
        return model


def _load_code(error: Exception) -> int:
    """Memory, of the host or of a device, ran out; or else anything."""
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and "CUDA" in str(error)):
        return Code.LOAD_OUT_OF_MEMORY
    return Code.LOAD_FAILED


def _last_line(error: Exception) -> str:
    """The end of the traceback, where it says what went wrong; an error of several lines in one."""
    text = traceback.format_exception_only(type(error), error)[-1]
    return " ".join(text.split())

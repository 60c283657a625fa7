"""Run a handler's steps side by side: while one part of a batch is in the model, the next is preprocessed.

A batch is cut into slices of ``micro_batch_size``. Each step has threads of its own, and queues join the steps::

    class MyHandler(BaseHandler):
        def __init__(self):
            super().__init__()
            self.handle = MicroBatching(self, micro_batch_size=4, parallelism={"preprocess": 2})
"""

from __future__ import annotations

import queue
import threading
from typing import Any

from ts.torch_handler.base_handler import answer

#: The steps, in their order.
HANDLER_METHODS = ["preprocess", "inference", "postprocess"]

_STOP = object()


class _Slice:
    """A part of a batch on its way through the steps."""

    __slots__ = ("error", "index", "value")

    def __init__(self, index: int, value: Any) -> None:
        self.index = index
        self.value = value
        self.error: BaseException | None = None


class MicroBatching:
    """Takes the place of a handler's ``handle``.

    :param parent_handler: the handler whose ``preprocess``, ``inference`` and ``postprocess`` are run. They are looked
        up when their threads start, and called by several threads at once where ``parallelism`` says so.
    :param micro_batch_size: how many requests a slice has, at least 1; the last may have fewer. Can be changed.
    :param parallelism: threads of each step, 1 where not given. Can be changed, at once.

    The threads are daemons: they never keep a process from ending.
    """

    def __init__(
        self, parent_handler: Any, micro_batch_size: int = 1, parallelism: dict[str, int] | None = None
    ) -> None:
        self.handler = parent_handler
        self.micro_batch_size = micro_batch_size
        self._parallelism: dict[str, int] = {}
        #: The running threads of each step.
        self.thread_groups: dict[str, list[threading.Thread]] = {method: [] for method in HANDLER_METHODS}
        # One queue before each step, and one for what comes out.
        self._queues: list[queue.Queue[Any]] = [queue.Queue() for _ in range(len(HANDLER_METHODS) + 1)]
        self._local = threading.local()
        self._one_batch = threading.Lock()
        self._threads_changing = threading.RLock()
        self.parallelism = parallelism or {}

    def __call__(self, data: list[dict[str, Any]], context: Any) -> list[Any]:
        """As :meth:`ts.torch_handler.base_handler.BaseHandler.handle`; explanations and describe run unsliced."""
        return answer(self.handler, data, context, self._respond)

    def _respond(self, data: list[dict[str, Any]]) -> list[Any]:
        if self.handler._is_explain():
            return self.handler.explain_handle(self.handler.preprocess(data), data)
        return self.handle(data)

    def handle(self, data: list[Any]) -> list[Any]:
        """Run ``data`` through the steps.

        :returns: the answers in the order of ``data``.
        :raises Exception: what a step raised; of several, that of the earliest slice. All slices have ended by then.
        """
        size = self.micro_batch_size
        if not isinstance(size, int) or size < 1:
            raise ValueError(f"micro_batch_size should be a whole number of at least 1, not {size!r}")
        with self._one_batch:
            starts = range(0, len(data), size)
            for index, start in enumerate(starts):
                self._queues[0].put(_Slice(index, data[start : start + size]))
            slices = sorted((self._queues[-1].get() for _ in starts), key=lambda done: done.index)
        for done in slices:
            if done.error is not None:
                raise done.error
        return [result for done in slices for result in done.value]

    def get_micro_batch_idx(self) -> int | None:
        """Within a step, which slice of the batch it works on, from 0; elsewhere ``None``."""
        return getattr(self._local, "index", None)

    @property
    def parallelism(self) -> dict[str, int]:
        """A copy of the threads that were asked for. Setting merges a dict into them and starts or ends threads."""
        return dict(self._parallelism)

    @parallelism.setter
    def parallelism(self, parallelism: dict[str, int]) -> None:
        for method, threads in parallelism.items():
            assert method in HANDLER_METHODS, f"parallelism has the key {method!r}: a step is one of {HANDLER_METHODS}"
            if not isinstance(threads, int) or threads < 1:
                raise ValueError(f"parallelism of {method} should be a whole number of at least 1, not {threads!r}")
        with self._threads_changing:
            self._parallelism.update(parallelism)
            for step, method in enumerate(HANDLER_METHODS):
                self._scale(step, self._parallelism.get(method, 1))

    def shutdown(self) -> None:
        """End all threads and wait for them. Setting ``parallelism`` starts new ones."""
        with self._threads_changing:
            for step in range(len(HANDLER_METHODS)):
                self._scale(step, 0)

    def _scale(self, step: int, wanted: int) -> None:
        method = HANDLER_METHODS[step]
        group = self.thread_groups[method]
        while len(group) < wanted:
            call = getattr(self.handler, method)
            arguments = (call, self._queues[step], self._queues[step + 1], self._local)
            thread = threading.Thread(target=_run_step, args=arguments, name=f"{method}-{len(group)}", daemon=True)
            thread.start()
            group.append(thread)
        surplus = len(group) - wanted
        for _ in range(surplus):
            self._queues[step].put(_STOP)
        # Which threads take the stops is open, so wait until enough have.
        while surplus > 0:
            for thread in list(group):
                thread.join(timeout=0.005)
                if not thread.is_alive() and surplus > 0:
                    group.remove(thread)
                    surplus -= 1


def _run_step(call: Any, incoming: queue.Queue[Any], outgoing: queue.Queue[Any], local: threading.local) -> None:
    while True:
        part = incoming.get()
        if part is _STOP:
            return
        if part.error is None:
            local.index = part.index
            try:
                part.value = call(part.value)
            except BaseException as error:
                part.error = error
            local.index = None
        outgoing.put(part)

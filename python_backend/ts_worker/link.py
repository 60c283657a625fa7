"""The worker's end of the link: commands come in, events go out."""

from __future__ import annotations

import os
import threading
from queue import Empty, SimpleQueue
from typing import Any, Callable

from ts_worker.flow import Flow
from ts_worker.messages import PYTHON_VERSION, FromWorker, Hello, ToWorker
from ts_worker.rank import own_rank
from ts_worker.shared_memory import SharedMemory
from ts_worker.wire import Wire

# After so many seconds without a command, memory that lies idle is given back.
_IDLE_SECONDS = 10.0


class Link:
    """Talks over one Attach stream for the worker's whole life.

    A reading thread takes commands in while a handler keeps the main thread busy, so that a Cancel and the loss of the
    frontend are noticed at once; everything else waits for `receive`.
    """

    def __init__(self, wire: Wire, on_lost: Callable[[], None]) -> None:
        """`on_lost` is called from the reading thread when the stream ends before a Shutdown came.

        So is `on_cancel`, which may be set later, with the id of a batch one of whose callers has gone.
        """
        self._wire = wire
        self._on_lost = on_lost
        self._inbox: SimpleQueue[Any] = SimpleQueue()
        self._cancelled: dict[int, set[int]] = {}
        self.flow = Flow()
        self.on_cancel: Callable[[int], object] | None = None
        self._over = threading.Event()
        self._shutting_down = False
        self._heard = False
        #: Where large bodies travel; None: in messages.
        self.memory: SharedMemory | None = None

    @property
    def heard(self) -> bool:
        """Whether the frontend has ever said anything."""
        return self._heard

    def open(self, worker_id: str, token: str) -> None:
        """Says Hello and starts to listen."""
        hello = Hello(worker_id=worker_id, token=token, pid=os.getpid(), python_version=PYTHON_VERSION)
        hello.rank, hello.world_size = own_rank()
        self.send(FromWorker(hello=hello))
        threading.Thread(target=self._read, name="torchbridge-link", daemon=True).start()

    def send(self, message: Any, joins: bool = False) -> None:
        """Sends a FromWorker message. Safe from any thread; order is kept.

        `joins` is for a message that has results alone: it may travel in one message with others like it.
        """
        self._wire.write(message.SerializeToString(), joins)

    def receive(self) -> Any:
        """Waits for the next ToWorker message that is neither a Cancel nor a Flow; None when the stream is over."""
        if self.memory and self.memory.lies_idle:
            try:
                return self._inbox.get(timeout=_IDLE_SECONDS)
            except Empty:
                self.memory.trim()
        return self._inbox.get()

    def cancelled(self, batch_id: int) -> set[int]:
        """Indices of the batch's requests whose callers are gone; grows while the batch is open."""
        return self._cancelled.get(batch_id, set())

    def forget(self, batch_id: int) -> None:
        """The batch is answered."""
        self._cancelled.pop(batch_id, None)
        self.flow.forget(batch_id)

    def close(self, timeout: float) -> None:
        """Sends what is still to be sent and waits until the frontend has it, at most `timeout` seconds."""
        self._shutting_down = True
        self._wire.finish()
        self._over.wait(timeout)

    def ending(self) -> str:
        """How the stream ended, for the log."""
        return self._wire.ending()

    def _read(self) -> None:
        while True:
            data = self._wire.read()
            if data is None:
                break
            self._heard = True
            command = ToWorker.FromString(data)
            if command.HasField("batch"):
                self._cancelled[command.batch.id] = set()
            elif command.HasField("batches"):
                self._cancelled.update((batch.id, set()) for batch in command.batches.batches)
            elif command.HasField("cancel"):
                self._cancel(command.cancel)
                continue
            elif command.HasField("flow"):
                self.flow.read(command.flow.batch_id, command.flow.index, command.flow.read_bytes)
                continue
            elif command.HasField("shutdown"):
                self._shutting_down = True
            self._inbox.put(command)
        self._inbox.put(None)
        self.flow.end()
        self._over.set()
        if not self._shutting_down:
            self._on_lost()

    def _cancel(self, cancel: Any) -> None:
        self._cancelled.get(cancel.batch_id, set()).update(cancel.indices)
        self.flow.forget(cancel.batch_id, cancel.indices)
        if self.on_cancel:
            self.on_cancel(cancel.batch_id)

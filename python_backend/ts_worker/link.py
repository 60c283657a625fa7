"""The worker's end of the link: commands come in, events go out."""

from __future__ import annotations

import os
import threading
from queue import SimpleQueue
from typing import Any, Callable

from ts_worker.flow import Flow
from ts_worker.messages import PYTHON_VERSION, FromWorker, Hello, ToWorker
from ts_worker.outbox import ALONE, RESULTS, Outbox
from ts_worker.rank import is_silent_rank, own_rank
from ts_worker.shared_memory import SharedMemory
from ts_worker.stand_in import StandIn
from ts_worker.wake_placement import WakePlacement
from ts_worker.wire import Wire


class Link:
    """Talks over one Attach stream for the worker's whole life.

    Who calls `receive` reads the stream itself, so that a command goes from the socket to the handler without a change
    of threads. While the handler runs for long, a stand-in reads: a Cancel, the credit of a stream and the loss of the
    frontend are noticed soon; everything else waits for `receive`.
    """

    def __init__(self, wire: Wire, on_lost: Callable[[], None]) -> None:
        """`on_lost` is called by the thread that reads when the stream ends before a Shutdown came.

        So is `on_cancel`, which may be set later, with the id of a batch one of whose callers has gone.
        """
        self._wire = wire
        self._on_lost = on_lost
        self._stand_in = StandIn(self._read_meanwhile, self._trim)
        # Held by the thread that reads the stream; who that is changes under the other lock.
        self._reading = threading.Lock()
        self._turn = threading.Lock()
        # What the stand-in has read for `receive`, and whether that waits for it.
        self._inbox: SimpleQueue[Any] = SimpleQueue()
        self._wanted_back = False
        self._outbox = Outbox(wire)
        #: Where the frontend wakes when it is sent the results of a handler that ran for long.
        self.wake_placement = WakePlacement(wire.peer_pid())
        self._cancelled: dict[int, set[int]] = {}
        self.flow = Flow()
        self.on_cancel: Callable[[int], object] | None = None
        self._over = threading.Event()
        self._shutting_down = False
        self._heard = False
        #: Where large bodies travel; None: in messages.
        self.memory: SharedMemory | None = None
        #: Whether this is a rank that runs each batch together with others, and must not stop by itself.
        self.in_step = False
        #: Whether another rank answers for this one. A process keeps its rank.
        self.is_silent = is_silent_rank()

    @property
    def heard(self) -> bool:
        """Whether the frontend has ever said anything."""
        return self._heard

    def open(self, worker_id: str, token: str) -> None:
        """Says Hello and starts to listen."""
        hello = Hello(worker_id=worker_id, token=token, pid=os.getpid(), python_version=PYTHON_VERSION)
        hello.rank, hello.world_size = own_rank()
        self.send(FromWorker(hello=hello))
        self._stand_in.start()

    def send(self, message: Any, kind: int = ALONE) -> None:
        """Sends a FromWorker message. Safe from any thread; order is kept.

        `kind` is PIECES or RESULTS (`ts_worker.outbox`) for one that has nothing else, and may travel with its like. A
        result waits for others a moment where there may be more: as long as a handler is busy for a short while.
        """
        data = message.SerializeToString()
        if kind == RESULTS and self._reading.locked() and not self._stand_in.principal_there:
            # The handler ran for long, and its thread goes on with the next batch.
            with self.wake_placement.elsewhere():
                self._put(data, kind)
        else:
            self._put(data, kind)

    def receive(self) -> Any:
        """Waits for the next ToWorker message that is neither a Cancel nor a Flow; None when the stream is over."""
        self._stand_in.back()
        try:
            self._outbox.flush()
            return self._next()
        finally:
            self._stand_in.away()

    def callers_gone(self, batch_id: int) -> set[int]:
        """Indices of the batch's requests whose callers are gone; grows while the batch is open."""
        return self._cancelled.get(batch_id, set())

    def cancelled(self, batch_id: int) -> set[int]:
        """The same, as far as the worker may act on it: none where it goes in step with other ranks."""
        return set() if self.in_step else self.callers_gone(batch_id)

    def forget(self, batch_id: int) -> None:
        """The batch is answered."""
        self._cancelled.pop(batch_id, None)
        self.flow.forget(batch_id)

    def close(self, timeout: float) -> None:
        """Sends what is still to be sent and waits until the frontend has it, at most `timeout` seconds."""
        self._shutting_down = True
        self._outbox.finish()
        self._over.wait(timeout)

    def ending(self) -> str:
        """How the stream ended, for the log."""
        return self._wire.ending()

    def _put(self, data: bytes, kind: int) -> None:
        # Only then it is looked whether a result may wait: a stand-in that has just begun has seen nothing to send.
        self._outbox.put(data, kind)
        if kind == RESULTS and (self._stand_in.principal_there or self._reading.locked()):
            self._outbox.flush()

    def _next(self) -> Any:
        with self._turn:
            reads = self._inbox.empty() and self._reading.acquire(blocking=False)
            self._wanted_back = not reads
        if not reads:
            return self._inbox.get()
        try:
            return self._read()
        finally:
            self._reading.release()

    def _read_meanwhile(self) -> None:
        """Reads in place of `receive` until that waits for what is read."""
        with self._turn:
            if not self._reading.acquire(blocking=False):
                return
            self._wanted_back = False
        # From here on results go at once.
        self._outbox.flush()
        while not self._hand_over(self._read()):
            pass

    def _hand_over(self, command: Any) -> bool:
        """Whether that was the last command for the stand-in to read."""
        with self._turn:
            self._inbox.put(command)
            is_last = self._wanted_back or command is None
            if is_last:
                self._reading.release()
            return is_last

    def _read(self) -> Any:
        while (data := self._wire.read()) is not None:
            self._heard = True
            command = ToWorker.FromString(data)
            if not self._heed(command):
                return command
        self._end()
        return None

    def _heed(self, command: Any) -> bool:
        """Does what a command asks of the link, which is all that some of them do."""
        if command.HasField("batch"):
            self._cancelled[command.batch.id] = set()
        elif command.HasField("batches"):
            self._cancelled.update((batch.id, set()) for batch in command.batches.batches)
        elif command.HasField("cancel"):
            self._cancel(command.cancel)
            return True
        elif command.HasField("flow"):
            self.flow.read(command.flow.batch_id, command.flow.index, command.flow.read_bytes)
            return True
        elif command.HasField("shutdown"):
            self._shutting_down = True
        return False

    def _cancel(self, cancel: Any) -> None:
        self._cancelled.get(cancel.batch_id, set()).update(cancel.indices)
        self.flow.forget(cancel.batch_id, cancel.indices)
        if self.on_cancel and not self.in_step:
            self.on_cancel(cancel.batch_id)

    def _end(self) -> None:
        if self._over.is_set():
            return
        self.flow.end()
        self._over.set()
        self._stand_in.end()
        if not self._shutting_down:
            self._on_lost()

    def _trim(self) -> None:
        if self.memory and self.memory.lies_idle:
            self.memory.trim()

"""The frontend's half of the worker link, on a real socket: what tests drive real workers with."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc

from ts_worker.messages import PACKAGE, Batch, FromWorker, Load, Request, ToWorker

BACKEND = Path(__file__).parents[2]
PATIENCE = 20.0

# What the frontend tells a worker by its environment, and no handler may see.
LINK_VARIABLES = frozenset(f"TORCHBRIDGE_{name}" for name in ("LINK", "WORKER_ID", "TOKEN", "PARENT"))


class Attached:
    """One worker that has said Hello."""

    def __init__(self, hello: Any) -> None:
        self.hello = hello
        self.commands: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.events: queue.Queue[Any] = queue.Queue()
        self._batches = 0

    def send(self, **command: Any) -> None:
        """`send(load=...)`, `send(batch=...)` and so on."""
        self.commands.put(ToWorker(**command))

    def hang_up(self) -> None:
        """Ends the stream."""
        self.commands.put(None)

    def next_event(self, kind: str, patience: float = PATIENCE) -> Any:
        """The next event, which must be of this kind."""
        event = self.events.get(timeout=patience)
        assert event is not None, f"the worker ended its stream where a {kind} was expected"
        if kind in ("piece", "result"):
            assert len(event.pieces) + len(event.results) == 1, event
            assert getattr(event, f"{kind}s"), event
            return getattr(event, f"{kind}s")[0]
        assert event.WhichOneof("event") == kind, event
        return getattr(event, kind)

    def ended(self, patience: float = PATIENCE) -> bool:
        """Waits for the end of the worker's stream; what it said before is thrown away."""
        while self.events.get(timeout=patience) is not None:
            pass
        return True

    def load(self, model_dir: Path | str, handler: str, **more: Any) -> Any:
        """Loads a model; the `Loaded` answer. Metrics recorded meanwhile are kept in `self.metrics`."""
        settings = {"model_name": "m", "model_version": "1.0", "batch_size": 8, "gpu_id": -1, **more}
        self.send(load=Load(model_dir=str(model_dir), handler=handler, limit_max_image_pixels=True, **settings))
        self.metrics: list[Any] = []
        while True:
            event = self.events.get(timeout=PATIENCE)
            assert event is not None, "the worker ended its stream while loading"
            if event.HasField("loaded"):
                return event.loaded
            self.metrics.extend(event.metrics.metrics)

    def start_batch(self, *requests: Any) -> int:
        """Sends a batch of `request(...)`; its id."""
        self._batches += 1
        self.send(batch=Batch(id=self._batches, requests=requests))
        return self._batches

    def predict(self, *requests: Any) -> Any:
        """Sends a batch and waits for its result."""
        batch_id = self.start_batch(*requests)
        result = self.next_event("result")
        assert result.batch_id == batch_id
        return result


def request(
    body: bytes | None = b"x",
    content_type: str = "",
    headers: dict[str, str] | None = None,
    id: str = "id-0",
    **parameters: tuple[str, bytes],
) -> Any:
    """A request with a `body`, and other parameters as `name=(content type, value)`."""
    message = Request(id=id, headers=[part for pair in (headers or {}).items() for part in pair])
    named = {**({} if body is None else {"body": (content_type, body)}), **parameters}
    for name, (kind, value) in named.items():
        message.parameters.add(name=name, content_type=kind, value=value)
    return message


class Frontend:
    """Listens on a Unix socket and starts workers that dial it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.target = f"unix:{folder / 'link.sock'}"
        self.attached: queue.Queue[Attached] = queue.Queue()
        self._processes: list[subprocess.Popen[Any]] = []
        options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        self._server = grpc.server(ThreadPoolExecutor(8), options=options)
        attach = grpc.stream_stream_rpc_method_handler(
            self._attach, request_deserializer=FromWorker.FromString, response_serializer=ToWorker.SerializeToString
        )
        service = grpc.method_handlers_generic_handler(f"{PACKAGE}.WorkerLink", {"Attach": attach})
        self._server.add_generic_rpc_handlers((service,))
        self._server.add_insecure_port(self.target)
        self._server.start()

    def _attach(self, events: Iterator[Any], _context: Any) -> Iterator[Any]:
        hello = next(events).hello
        worker = Attached(hello)
        self.attached.put(worker)
        ThreadPoolExecutor(1).submit(self._listen, events, worker)
        yield from iter(worker.commands.get, None)

    @staticmethod
    def _listen(events: Iterator[Any], worker: Attached) -> None:
        try:
            for event in events:
                for piece in event.pieces:
                    worker.events.put(FromWorker(pieces=[piece]))
                for result in event.results:
                    worker.events.put(FromWorker(results=[result]))
                if event.WhichOneof("event"):
                    worker.events.put(event)
        except Exception:
            pass  # the worker is gone; its end is told below
        worker.events.put(None)
        worker.hang_up()

    def environment(self, worker_id: str = "9000", **more: str) -> dict[str, str]:
        """What a worker is started with."""
        link = {"TORCHBRIDGE_LINK": self.target, "TORCHBRIDGE_WORKER_ID": worker_id, "TORCHBRIDGE_TOKEN": "secret"}
        return {**os.environ, **link, **more}

    def spawn(self, *words: str, cwd: Path = BACKEND, **more: str) -> subprocess.Popen[str]:
        """A worker in a fresh interpreter, with the backend that is in `cwd`; its output goes to `output()`.

        `words` are for another module than `ts_worker.main`, its name first.
        """
        with open(self.folder / "output.log", "ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *(words or ("ts_worker.main",))],
                cwd=cwd,
                env=self.environment(**more),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
            )
        self._processes.append(process)
        return process

    def accept(self, patience: float = PATIENCE) -> Attached:
        """The next worker that says Hello."""
        return self.attached.get(timeout=patience)

    def output(self) -> str:
        """What spawned workers have printed so far."""
        return (self.folder / "output.log").read_text(errors="replace")

    def close(self) -> None:
        """Ends the server and every process that was started here."""
        self._server.stop(None)
        for process in self._processes:
            if process.poll() is None:
                process.kill()
            process.wait()


def eventually(check: Any, patience: float = 5.0) -> bool:
    """Whether `check()` becomes true within `patience` seconds."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if check():
            return True
        time.sleep(0.02)
    return bool(check())


def is_alive(pid: int) -> bool:
    """Whether a process exists that is no zombie."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"


def kill(pid: int) -> None:
    """SIGKILL; no error where the process is gone."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass

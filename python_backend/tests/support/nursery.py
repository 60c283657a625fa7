"""A real nursery and the sockets that its children speak on."""

from __future__ import annotations

import json
import os
import queue
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from support.frontend import BACKEND, PATIENCE, Frontend

# Puts the pipe at descriptor 3, which Popen cannot promise.
_BECOME_NURSERY = """
import os, sys
pipe = int(sys.argv[1])
if pipe != 3:
    os.dup2(pipe, 3)
    os.close(pipe)
os.set_inheritable(3, True)
os.execv(sys.executable, [sys.executable, "-m", "ts_worker.nursery"])
"""


class NurseryProcess:
    """Starts `python -m ts_worker.nursery` and speaks its protocol."""

    def __init__(self, frontend: Frontend, **environment: str) -> None:
        self._frontend = frontend
        self.events: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.output: dict[tuple[str, str], bytes] = {}
        self._output_path = str(frontend.folder / "output.sock")
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self._output_path)
        self._listener.listen(16)
        threading.Thread(target=self._accept_output, daemon=True).start()
        read, write = os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, "-c", _BECOME_NURSERY, str(write)],
            cwd=BACKEND,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            pass_fds=(write,),
        )
        os.close(write)
        threading.Thread(target=self._read_events, args=(read,), daemon=True).start()
        self.ready = self.next_event("ready")

    def fork(self, model_dir: Path | str, worker_id: str = "9000", handler: str = "", **more: str) -> None:
        """Asks for a worker that dials the frontend."""
        command = {
            "id": worker_id,
            "env": self._frontend.environment(worker_id, **more),
            "cwd": str(model_dir),
            "output": self._output_path,
            "model_dir": str(model_dir),
            "handler": handler,
        }
        self.write(json.dumps({"fork": command}))

    def write(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def next_event(self, kind: str, patience: float = PATIENCE) -> dict[str, Any]:
        event = self.events.get(timeout=patience)
        assert event is not None, f"the nursery ended where {kind} was expected"
        assert event["event"] == kind, event
        return event

    def text(self, worker_id: str, stream: str = "stdout") -> str:
        """What a worker has printed so far."""
        return self.output.get((worker_id, stream), b"").decode(errors="replace")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()
        self._listener.close()

    def _read_events(self, descriptor: int) -> None:
        with os.fdopen(descriptor) as events:
            for line in events:
                self.events.put(json.loads(line))
        self.events.put(None)

    def _accept_output(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._read_output, args=(connection,), daemon=True).start()

    def _read_output(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            hello = json.loads(lines.readline())
            key = hello["id"], hello["stream"]
            self.output.setdefault(key, b"")
            for line in lines:
                self.output[key] += line

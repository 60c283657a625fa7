"""`python -m ts_worker.nursery`: one process per interpreter that has imported torch and forks ready workers.

It has no gRPC channel, no CUDA context and no threads of its own, since none of them survives a fork. Commands come as
JSON lines on standard input, events go as JSON lines to file descriptor 3:

    in   {"fork": {"id": "9000", "env": {...}, "cwd": "...", "output": "/run/x/output.sock", "model_dir": "...",
                   "handler": "..."}}
    out  {"event": "ready", "pid": 1, "python": "3.11.7", "torch": "2.13.0"}
         {"event": "unfit", "reason": "..."}                          it could not load the model that it was to load
         {"event": "forked", "id": "9000", "pid": 2}
         {"event": "refused", "id": "9000", "reason": "..."}
         {"event": "exited", "id": "9000", "pid": 2, "status": 0}     an exit code, or minus a signal

What a model needs and is safe to import is imported before its first worker is forked (`ts_worker.needs`). With
TORCHBRIDGE_PRELOAD, the fields of a Load message as JSON, it loads that model first, and its workers have it.

When standard input ends, on SIGTERM, and when its parent dies, it goes and takes its workers along.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
from typing import Any, NoReturn

from ts_worker.clash import clash, imported_names
from ts_worker.needs import needed

_EVENTS = 3


class Nursery:
    """Forks on command and tells what becomes of its children."""

    def __init__(self, taken: frozenset[str]) -> None:
        """`taken` are names of modules that an archive's own modules could not replace any more."""
        self.pid = os.getpid()
        self._taken = taken
        self._children: dict[int, str] = {}
        self._ending = False
        self._wake, wake = socket.socketpair()
        self._wakers = (self._wake, wake)
        for end in self._wakers:
            end.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._end)
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)

    def serve(self) -> dict[str, Any] | None:
        """Returns twice: None in the nursery when it is to go, and in each forked child the command that it is for."""
        pending = b""
        with selectors.DefaultSelector() as selector:
            selector.register(0, selectors.EVENT_READ)
            selector.register(self._wake, selectors.EVENT_READ)
            while not self._ending:
                ready = {key.fd for key, _ in selector.select()}
                if self._wake.fileno() in ready:
                    self._reap()
                if 0 not in ready:
                    continue
                data = os.read(0, 1 << 16)
                if not data:
                    break
                *lines, pending = (pending + data).split(b"\n")
                for line in lines:
                    command = self._fork(line)
                    if command is not None:
                        return command
        self._kill_all()
        return None

    def let_go(self) -> None:
        """In a child: gives back what belongs to the nursery."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        for end in self._wakers:
            end.close()
        os.close(_EVENTS)

    def _fork(self, line: bytes) -> dict[str, Any] | None:
        try:
            command: dict[str, Any] = json.loads(line)["fork"]
            worker_id = command["id"]
            for name in ("env", "cwd", "output", "model_dir", "handler"):
                command[name]
        except (ValueError, KeyError, TypeError) as error:
            self._tell(event="refused", id=None, reason=f"not a fork command: {error!r}")
            return None
        obstacle = clash(command["model_dir"], self._taken)
        if obstacle:
            self._tell(event="refused", id=worker_id, reason=obstacle)
            return None
        self._import(needed(command["model_dir"], command["handler"]))
        sys.stdout.flush()
        sys.stderr.flush()
        try:
            pid = os.fork()
        except OSError as error:
            self._tell(event="refused", id=worker_id, reason=f"fork failed: {error.strerror}")
            return None
        if pid == 0:
            return command
        self._children[pid] = worker_id
        self._tell(event="forked", id=worker_id, pid=pid)
        return None

    def _import(self, names: list[str]) -> None:
        missing = [name for name in names if name not in sys.modules]
        if not missing:
            return
        before = imported_names()
        for name in missing:
            try:
                importlib.import_module(name)
            except Exception:
                pass  # the worker will say what is wrong with it, if it is the model's business
        self._taken |= imported_names() - before
        settle()

    def _reap(self) -> None:
        try:
            self._wake.recv(4096)
        except BlockingIOError:
            pass
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            worker_id = self._children.pop(pid, None)
            if worker_id is not None:
                self._tell(event="exited", id=worker_id, pid=pid, status=_exit_status(status))

    def _end(self, *_: Any) -> None:
        self._ending = True

    def _kill_all(self) -> None:
        for pid in self._children:
            for kill in (os.killpg, os.kill):  # a child that was just born leads no group yet
                try:
                    kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass

    @staticmethod
    def _tell(**event: Any) -> None:
        try:
            os.write(_EVENTS, json.dumps(event).encode() + b"\n")
        except BrokenPipeError:
            pass  # the end of standard input follows


def _exit_status(status: int) -> int:
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def settle() -> None:
    """What is there now is not touched by later collections, so its pages stay shared."""
    gc.collect()
    gc.freeze()


def warm_up() -> tuple[frozenset[str], str | None]:
    """Imports what every worker needs. Answers the names that torch took, and torch's version if there is a torch.

    Without collections: those that importing torch brings about, and one at its end, take a quarter of its time to find
    some thousand small objects. These stay.
    """
    gc.disable()
    try:
        return _imports()
    finally:
        gc.freeze()
        gc.enable()


def _imports() -> tuple[frozenset[str], str | None]:
    import ts.metrics.metric_cache_yaml_impl  # noqa: F401
    import ts_worker.main
    import ts_worker.newborn
    import ts_worker.runner
    import ts_worker.wire  # noqa: F401

    before = imported_names()
    try:
        import torch
    except ImportError:
        return frozenset(), None
    return frozenset(imported_names() - before), str(torch.__version__)


def main() -> NoReturn:
    from ts_worker.lifeline import die_with_parent, lead_session, parent_told
    from ts_worker.messages import PYTHON_VERSION
    from ts_worker.module_path import leave_start_folder
    from ts_worker.preload import preload

    lead_session()
    die_with_parent(parent_told(), by=signal.SIGTERM)  # its workers first
    leave_start_folder()
    try:
        os.fstat(_EVENTS)
    except OSError:
        sys.exit("file descriptor 3 is closed: nurseries are started by torchserve, not by hand")
    os.set_inheritable(_EVENTS, False)
    taken, torch_version = warm_up()
    order = os.environ.pop("TORCHBRIDGE_PRELOAD", None)
    obstacle = preload(json.loads(order)) if order else None
    if order:
        settle()
    nursery = Nursery(taken)
    if obstacle:
        nursery._tell(event="unfit", reason=obstacle)
        os._exit(0)
    nursery._tell(event="ready", pid=nursery.pid, python=PYTHON_VERSION, torch=torch_version)
    command = nursery.serve()
    if command is None:
        os._exit(0)
    from ts_worker.newborn import live

    live(command, nursery)


if __name__ == "__main__":
    main()

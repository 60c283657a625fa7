"""Real workers: one nursery for all tests forks them, some are spawned."""

from __future__ import annotations

import itertools
import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.frontend import Attached, Frontend, eventually, is_alive, kill
from support.nursery import NurseryProcess

_ids = itertools.count(9000)


@pytest.fixture(scope="session")
def frontend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Frontend]:
    listening = Frontend(tmp_path_factory.mktemp("link"))
    yield listening
    listening.close()


@pytest.fixture(scope="session")
def nursery(frontend: Frontend) -> Iterator[NurseryProcess]:
    process = NurseryProcess(frontend)
    yield process
    process.close()


class Archive:
    """An unpacked archive."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def write(self, name: str, text: str) -> Archive:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return self

    def manifest(self, **model: str) -> Archive:
        described = {"modelName": "archived", "modelVersion": "1.0", **model}
        return self.write("MAR-INF/MANIFEST.json", json.dumps({"runtime": "python", "model": described}))


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "model")


class Workers:
    """Forks workers and ends them after the test."""

    def __init__(self, frontend: Frontend, nursery: NurseryProcess) -> None:
        self.frontend = frontend
        self.nursery = nursery
        self._forked: dict[int, str] = {}

    def fork(self, model_dir: Path, **environment: str) -> Attached:
        """A worker that has said Hello."""
        worker_id = str(next(_ids))
        self.nursery.fork(model_dir, worker_id, **environment)
        pid = self.nursery.next_event("forked")["pid"]
        self._forked[pid] = worker_id
        worker = self.frontend.accept()
        assert worker.hello.pid == pid
        return worker

    def serve(self, archive: Archive, source: str, handler: str = "handler.py", **load: Any) -> Attached:
        """A worker that has loaded `source`."""
        environment = load.pop("environment", {})
        worker = self.fork(archive.write("handler.py", source).folder, **environment)
        loaded = worker.load(archive.folder, handler, **load)
        assert loaded.code == 0, (loaded, self.output(worker))
        return worker

    def output(self, worker: Attached, stream: str = "stdout") -> str:
        """What the worker has printed so far."""
        return self.nursery.text(worker.hello.worker_id, stream)

    def printed(self, worker: Attached, text: str, stream: str = "stdout") -> bool:
        """Whether the worker prints this within a while."""
        return eventually(lambda: text in self.output(worker, stream))

    def ended(self, worker: Attached, patience: float = 20.0) -> int:
        """Waits for the worker's end; its status."""
        event = self.nursery.next_event("exited", patience)
        assert event["pid"] == worker.hello.pid
        self._forked.pop(event["pid"])
        return int(event["status"])

    def close(self) -> None:
        for pid in self._forked:
            kill(pid)
            self.nursery.next_event("exited")
            assert not is_alive(pid)


@pytest.fixture
def workers(frontend: Frontend, nursery: NurseryProcess) -> Iterator[Workers]:
    some = Workers(frontend, nursery)
    yield some
    some.close()

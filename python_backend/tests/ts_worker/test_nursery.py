"""The nursery forks workers that differ from fresh ones in nothing but their speed, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.frontend import BACKEND, LINK_VARIABLES, Frontend, eventually, is_alive, kill, request
from support.nursery import NurseryProcess

REPORT = """
import ctypes, json, os, random, signal, sys, threading
def handle(data, context):
    if data is None:
        return None
    import numpy, torch
    libc = ctypes.CDLL(None)
    libc.getenv.restype = ctypes.c_char_p
    return [{
        "cwd": os.getcwd(),
        "environment": dict(os.environ),
        "native": (libc.getenv(b"PROBE") or b"").decode(),
        "path": sys.path,
        "argv": [os.path.basename(each) for each in sys.argv],
        "stdin": os.readlink("/proc/self/fd/0"),
        "descriptors": [os.readlink(each.path) for each in os.scandir("/proc/self/fd") if os.path.lexists(each.path)],
        "session": os.getsid(0) == os.getpid() == os.getpgid(0),
        "handlers": [str(signal.getsignal(each)) for each in (signal.SIGTERM, signal.SIGCHLD)],
        "draws": [random.random(), float(numpy.random.rand()), torch.rand(1).item()],
        "threads": torch.get_num_threads(),
        "started": context.model_name,
    }]
"""


def report(worker: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(worker.predict(request()).answers[0].body)
    return told


def test_ready_tells_the_versions(nursery) -> None:
    import torch

    assert nursery.ready["torch"] == torch.__version__
    assert nursery.ready["pid"] == nursery.process.pid
    assert os.getsid(nursery.process.pid) == nursery.process.pid


def test_a_forked_worker_has_a_world_of_its_own(workers, archive, nursery) -> None:
    worker = workers.serve(archive, REPORT, environment={"PROBE": "seen", "PYTHONPATH": f"/from/user:{BACKEND}"})
    told = report(worker)
    model_dir = str(archive.folder)
    assert told["cwd"] == model_dir
    assert told["environment"]["PROBE"] == told["native"] == "seen"
    assert not {*told["environment"]} & {*LINK_VARIABLES, "GRPC_EXPERIMENTS"}
    assert told["path"][:2] == ["/from/user", model_dir]
    assert told["path"][-1] == str(BACKEND)
    assert told["path"].count(str(BACKEND)) == 1
    assert told["environment"]["PYTHONPATH"] == f"/from/user:{model_dir}:{BACKEND}"
    assert told["argv"] == ["main.py"]
    assert told["stdin"] == "/dev/null"
    assert told["session"]
    assert told["handlers"] == [str(signal.SIG_DFL)] * 2
    assert os.readlink(f"/proc/{nursery.process.pid}/fd/3") not in told["descriptors"]


def test_workers_draw_different_numbers_but_torch_keeps_its_seed(workers, archive) -> None:
    first, second = (report(workers.serve(archive, REPORT))["draws"] for _ in range(2))
    assert first[0] != second[0]
    assert first[1] != second[1]
    assert first[2] == second[2]


@pytest.mark.parametrize(("environment", "threads"), [({}, 2), ({"OMP_NUM_THREADS": "3"}, 3)])
def test_threads_are_shared_out_unless_the_user_chose(workers, archive, environment, threads) -> None:
    worker = workers.serve(archive, REPORT, cpu_threads=2, environment=environment)
    assert report(worker)["threads"] == threads
    worker.send(tune={"cpu_threads": 1})
    assert report(worker)["threads"] == (3 if environment else 1)


def test_a_handler_that_sets_its_threads_keeps_them(workers, archive) -> None:
    worker = workers.serve(archive, "import torch\ntorch.set_num_threads(5)\n" + REPORT, cpu_threads=2)
    worker.send(tune={"cpu_threads": 1})
    assert report(worker)["threads"] == 5


def test_a_clash_is_refused_with_its_reason(workers, archive, nursery) -> None:
    archive.write("torch/__init__.py", "")
    nursery.fork(archive.folder, "9999")
    refused = nursery.next_event("refused")
    assert refused == {
        "event": "refused",
        "id": "9999",
        "reason": "its module torch would be hidden by the installed one of that name",
    }


@pytest.mark.parametrize("name", ["json.py", "random.py", "ts.py", "ts_worker/__init__.py", "utils.py", "torchy.py"])
def test_names_that_are_no_clash(workers, archive, name) -> None:
    assert workers.fork(archive.write(name, "").folder)


@pytest.mark.parametrize("line", ["no json", "{}", '{"fork": {"id": "1"}}', "[]"])
def test_a_command_that_is_none_is_refused(nursery, line) -> None:
    nursery.write(line)
    assert nursery.next_event("refused")["reason"].startswith("not a fork command")


def test_a_child_that_cannot_begin_ends(workers, archive, nursery, frontend) -> None:
    command = {"id": "1", "env": {}, "cwd": str(archive.folder / "absent"), "model_dir": str(archive.folder)}
    command.update({"handler": "", "output": str(frontend.folder / "output.sock")})
    nursery.write(json.dumps({"fork": command}))
    nursery.next_event("forked")
    assert nursery.next_event("exited")["status"] == 1
    assert eventually(lambda: "absent" in nursery.text("1", "stderr"))


def test_a_killed_child_is_told_at_once(workers, archive) -> None:
    worker = workers.fork(archive.folder)
    began = time.monotonic()
    kill(worker.hello.pid)
    assert workers.ended(worker) == -signal.SIGKILL
    assert time.monotonic() - began < 1


def test_a_fork_is_quick_and_shares_its_memory(workers, archive, record_property) -> None:
    workers.fork(archive.folder)  # the first pays for pages that the nursery itself never touched
    times, private = [], []
    for _ in range(5):
        began = time.monotonic()
        worker = workers.fork(archive.folder)
        times.append((time.monotonic() - began) * 1000)
        rollup = Path(f"/proc/{worker.hello.pid}/smaps_rollup").read_text()
        private.append(int(rollup.split("Private_Dirty:")[1].split()[0]) / 1024)
    record_property("fork_to_hello_ms", sorted(times))
    record_property("private_mib", sorted(private))
    assert sorted(times)[0] < 500  # 20 ms on a quiet machine; here others may be at work
    assert max(private) < 16


class TestEnd:
    """Whatever ends a nursery ends its workers."""

    @pytest.fixture
    def own(self, tmp_path: Path) -> Iterator[tuple[Frontend, NurseryProcess, list[int]]]:
        frontend = Frontend(tmp_path)
        nursery = NurseryProcess(frontend)
        pids = []
        (tmp_path / "model").mkdir(exist_ok=True)
        for number in range(2):
            nursery.fork(tmp_path / "model", str(number))
            pids.append(nursery.next_event("forked")["pid"])
            frontend.accept()
        yield frontend, nursery, pids
        nursery.close()
        frontend.close()
        assert not [pid for pid in pids if is_alive(pid)]

    @pytest.mark.parametrize("way", ["kill", "terminate", "stdin"])
    def test_takes_its_workers_along(self, own, way) -> None:
        _, nursery, pids = own
        if way == "kill":
            nursery.process.kill()
        elif way == "terminate":
            nursery.process.terminate()
        else:
            nursery.process.stdin.close()
        assert eventually(lambda: not any(is_alive(pid) for pid in pids), 2)
        assert nursery.process.wait(2) == (-signal.SIGKILL if way == "kill" else 0)

"""How workers begin and end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.frontend import BACKEND, LINK_VARIABLES, Frontend, eventually, is_alive, kill, request
from ts_worker.messages import Code

ECHO = """
def handle(data, context):
    if data is None:
        return None
    return [bytes(row["body"]) for row in data]
"""


def test_hello_tells_who_it_is(workers, archive) -> None:
    worker = workers.fork(archive.folder)
    assert worker.hello.token == "secret"
    assert worker.hello.python_version == ".".join(map(str, sys.version_info[:3]))
    assert workers.printed(worker, f"[PID]{worker.hello.pid}\nTorch worker started.\nPython runtime: 3.")


def test_a_batch_goes_through(workers, archive) -> None:
    worker = workers.serve(archive, ECHO)
    result = worker.predict(request(b"a", id="1"), request(b"", id="2"))
    assert result.code == Code.OK
    assert [answer.body for answer in result.answers] == [b"a", b""]
    assert [(answer.status, answer.phrase, list(answer.headers)) for answer in result.answers] == [(0, "", [])] * 2
    assert result.elapsed_us > 0
    assert workers.printed(worker, "model_name: m, batchSize: 8\nSuccessfully loaded ")


def test_a_large_body_goes_through(workers, archive) -> None:
    worker = workers.serve(archive, ECHO)
    big = os.urandom(1 << 20) * 12
    assert worker.predict(request(big)).answers[0].body == big


def test_shutdown_finishes_the_batches_in_hand_and_runs_exit_hooks(workers, archive, tmp_path) -> None:
    source = f"""
    import atexit, pathlib, time
    atexit.register(lambda: pathlib.Path({str(tmp_path / "hook")!r}).write_text("ran"))
    def handle(data, context):
        if data is None: return None
        time.sleep(0.1)
        return [row["body"].decode() for row in data]
    """
    worker = workers.serve(archive, source)
    ids = [worker.start_batch(request(b"%d" % number)) for number in range(3)]
    worker.send(shutdown={})
    assert [worker.next_event("result").batch_id for _ in ids] == ids
    assert worker.ended()
    assert workers.ended(worker) == 0
    assert (tmp_path / "hook").read_text() == "ran"


STUBBORN = """
import atexit, pathlib, threading, time
threading.Thread(target=time.sleep, args=(600,)).start()
def handle(data, context):
    if data is None: return None
    time.sleep(float(data[0]["body"].decode()))
    return ["done"]
"""


@pytest.mark.parametrize("way", ["shutdown", "lost"])
def test_threads_of_a_handler_do_not_keep_a_worker(workers, archive, way) -> None:
    worker = workers.serve(archive, STUBBORN)
    began = time.monotonic()
    if way == "shutdown":
        worker.send(shutdown={})
    else:
        worker.hang_up()
    assert workers.ended(worker) == 0
    assert time.monotonic() - began < 5
    assert ("Frontend disconnected." in workers.output(worker)) is (way == "lost")


def test_a_lost_frontend_ends_a_worker_whose_handler_is_busy(workers, archive) -> None:
    worker = workers.serve(archive, STUBBORN)
    worker.start_batch(request(b"600"))
    time.sleep(0.2)
    worker.hang_up()
    assert workers.ended(worker, patience=5) == 0
    assert workers.printed(worker, "Frontend disconnected.")


@pytest.mark.parametrize(
    ("statement", "status"),
    [
        ("sys.exit(4)", 4),
        ("sys.exit('words')", 1),
        ("sys.exit()", 0),
        ("os._exit(3)", 3),
        ("raise KeyboardInterrupt", 130),
    ],
)
def test_a_handler_that_exits_ends_the_process(workers, archive, statement, status) -> None:
    worker = workers.serve(
        archive,
        f"""
        import os, sys
        def handle(data, context):
            if data is None: return None
            {statement}
        """,
    )
    worker.start_batch(request())
    assert workers.ended(worker) == status
    assert worker.ended()
    if "words" in statement:
        assert workers.printed(worker, "words", "stderr")


def test_a_native_crash_shows_where_the_handler_was(workers, archive) -> None:
    worker = workers.serve(
        archive,
        """
        import ctypes
        def deep_inside():
            ctypes.string_at(0)
        def handle(data, context):
            if data is None: return None
            deep_inside()
        """,
    )
    worker.start_batch(request())
    assert workers.ended(worker) == -signal.SIGSEGV
    assert workers.printed(worker, "deep_inside", "stderr")


def test_all_that_is_printed_arrives(workers, archive) -> None:
    worker = workers.serve(
        archive,
        """
        import os, subprocess, sys
        def handle(data, context):
            if data is None: return None
            print("printed")
            print("complained", file=sys.stderr)
            os.write(1, b"written\\n")
            subprocess.run(["echo", "a child's"], check=True)
            sys.__stdout__.write("the original\\n")
            sys.__stdout__.flush()
            print("unencodable \\udcff")
            return ["ok"]
        """,
    )
    assert worker.predict(request()).code == Code.OK
    for text in ("printed\n", "written\n", "a child's\n", "the original\n", "unencodable \\udcff"):
        assert workers.printed(worker, text)
    assert workers.printed(worker, "complained\n", "stderr")


def test_a_cancel_is_seen_while_the_handler_runs(workers, archive) -> None:
    worker = workers.serve(
        archive,
        """
        import time
        def handle(data, context):
            if data is None: return None
            end = time.monotonic() + 20
            while not context.is_cancelled(1) and time.monotonic() < end:
                time.sleep(0.005)
            return [context.is_cancelled(index) for index in range(len(data))]
        """,
    )
    batch = worker.start_batch(*(request(id=f"{index}") for index in range(3)))
    time.sleep(0.1)
    worker.send(cancel={"batch_id": batch, "indices": [1]})
    worker.send(cancel={"batch_id": 777, "indices": [0]})
    result = worker.next_event("result", 10)
    assert [answer.body for answer in result.answers] == [b"false", b"true", b"false"]
    # The next batch begins with nothing cancelled, and one that waits can be cancelled before it begins.
    first, second, third = (worker.start_batch(*(request(id=f"{index}") for index in range(2))) for _ in range(3))
    worker.send(cancel={"batch_id": third, "indices": [0, 1]})
    worker.send(cancel={"batch_id": second, "indices": [1]})
    worker.send(cancel={"batch_id": first, "indices": [1]})
    assert [answer.body for answer in worker.next_event("result", 10).answers] == [b"false", b"true"]
    assert [answer.body for answer in worker.next_event("result", 10).answers] == [b"false", b"true"]
    # Nobody waits for the third, and its handler is not called.
    result = worker.next_event("result", 10)
    assert (result.batch_id, result.code, len(result.answers)) == (third, Code.PREDICTION_FAILED, 0)


def test_the_main_thread_runs_the_handler(workers, archive) -> None:
    worker = workers.serve(
        archive,
        """
        import signal, threading
        class Handler:
            def initialize(self, context):
                self.thread = threading.current_thread()
                signal.signal(signal.SIGUSR1, signal.SIG_IGN)
            def handle(self, data, context):
                same = threading.current_thread() is self.thread is threading.main_thread()
                return [same]
        """,
    )
    assert worker.predict(request()).answers[0].body == b"true"


def test_batches_in_hand_when_a_handler_exits_are_told(workers, archive) -> None:
    """The result before the fatal batch is not lost."""
    worker = workers.serve(
        archive,
        """
        import sys
        def handle(data, context):
            if data is None: return None
            if data[0]["body"] == b"die": sys.exit(7)
            return ["fine"]
        """,
    )
    first = worker.start_batch(request(b"live"))
    worker.start_batch(request(b"die"))
    assert worker.next_event("result").batch_id == first
    assert worker.ended()
    assert workers.ended(worker) == 7


class TestPlainSpawn:
    """A fresh interpreter is the same worker."""

    @pytest.fixture
    def fresh(self, tmp_path: Path) -> Iterator[Frontend]:
        frontend = Frontend(tmp_path)
        yield frontend
        frontend.close()

    def test_serves_and_ends(self, fresh, archive) -> None:
        process = fresh.spawn()
        worker = fresh.accept()
        assert os.getsid(process.pid) == process.pid
        archive.write("handler.py", "import os\ndef handle(data, context):\n    return data and [dict(os.environ)]\n")
        assert worker.load(archive.folder, "handler.py", cpu_threads=1).code == Code.OK
        body = worker.predict(request()).answers[0].body
        assert not [name for name in LINK_VARIABLES if name.encode() in body]
        assert b'"PYTHONPATH": "%s' % str(archive.folder).encode() in body
        worker.send(shutdown={})
        assert process.wait(10) == 0

    def test_dies_with_its_parent(self, fresh) -> None:
        starter = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import subprocess, sys, time; "
                "subprocess.Popen([sys.executable, '-m', 'ts_worker.main'], stdin=subprocess.DEVNULL); time.sleep(600)",
            ],
            cwd=BACKEND,
            env=fresh.environment(),
        )
        try:
            worker = fresh.accept()
            starter.kill()
            starter.wait()
            assert eventually(lambda: not is_alive(worker.hello.pid), 2)
        finally:
            starter.kill()
            starter.wait()

    def test_says_so_when_nobody_answers(self, fresh, tmp_path) -> None:
        process = fresh.spawn(TORCHBRIDGE_LINK=f"unix:{tmp_path / 'nobody.sock'}")
        assert process.wait(20) == 1
        assert f"No answer from the frontend at unix:{tmp_path / 'nobody.sock'}" in fresh.output()

    def test_is_not_for_hands(self) -> None:
        run = subprocess.run(
            [sys.executable, "-m", "ts_worker.main"],
            cwd=BACKEND,
            env={name: value for name, value in os.environ.items() if not name.startswith("TORCHBRIDGE_")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 1
        assert run.stderr == "TORCHBRIDGE_LINK is not set: workers are started by torchserve, not by hand\n"

    def test_loads_numpy_and_torch_from_an_archive_that_hides_the_standard_library(self, fresh, archive) -> None:
        """Modules of an archive come before the standard library's, but not before those that a worker itself needs."""
        fresh.spawn()
        worker = fresh.accept()
        for name in ("json", "ts", "ts_worker", "worker", "utils", "logging", "grpc"):
            archive.write(f"{name}.py", f"NAME = {name!r}")
        archive.write(
            "handler.py",
            "import utils, worker, torch\ndef handle(data, context): return data and [utils.NAME + worker.NAME]",
        )
        assert worker.load(archive.folder, "handler.py").code == Code.OK, fresh.output()
        assert worker.predict(request(b'{"a": 1}', "application/json")).answers[0].body == b"utilsworker"
        kill(worker.hello.pid)

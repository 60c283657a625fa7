"""Finding, starting and stopping the server from Python."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from support.surroundings import PYTHON_BACKEND
from ts import launcher, model_server

# Plays torchserve: writes down how it was called, then does what the test wants.
SERVER = """#!/usr/bin/env python3
# for node
import os, sys, time
with open({calls!r}, "a") as file:
    print(*sys.argv[1:], os.environ.get("TS_PYTHON"), file=file)
if "--start" in sys.argv:
    print("loading", flush=True)
    {start}
"""


def executable(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.delenv("TS_PYTHON", raising=False)
    calls = tmp_path / "calls"

    def make(start: str = "pass") -> Path:
        path = executable(tmp_path / "torchserve", SERVER.format(calls=str(calls), start=start))
        monkeypatch.setattr(model_server, "command", lambda: str(path))
        return calls

    return make


def test_the_program_beside_the_package_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "python_backend" / "ts" / "model_server.py"
    monkeypatch.setattr(model_server, "__file__", str(package))
    elsewhere = executable(tmp_path / "elsewhere" / "torchserve", "#!/usr/bin/env node\n")
    monkeypatch.setenv("PATH", str(elsewhere.parent))
    assert model_server.command() == str(elsewhere)
    beside = executable(tmp_path / "bin" / "torchserve", "#!/usr/bin/env node\n")
    assert model_server.command() == str(beside)


def test_the_command_that_pip_installs_does_not_find_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_server, "__file__", str(tmp_path / "a" / "ts" / "model_server.py"))
    ours = executable(tmp_path / "one" / "torchserve", "#!/usr/bin/python3\nfrom ts.model_server import start\n")
    monkeypatch.setenv("PATH", str(ours.parent))
    with pytest.raises(FileNotFoundError, match=r"is a Node program.*npm install -g torchbridge"):
        model_server.command()
    node = executable(tmp_path / "two" / "torchserve", "#!/usr/bin/env node\n")
    monkeypatch.setenv("PATH", os.pathsep.join([str(ours.parent), str(node.parent)]))
    assert model_server.command() == str(node)


def test_start_passes_arguments_interpreter_and_status_on(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = server("sys.exit(3)")
    monkeypatch.setattr(sys, "argv", ["torchserve", "--version"])
    model_server.start()
    monkeypatch.setattr(sys, "argv", ["torchserve", "--start", "--model-store", "a b"])
    with pytest.raises(SystemExit) as ended:
        model_server.start()
    assert ended.value.code == 3
    assert calls.read_text().splitlines() == [
        f"--version {sys.executable}",
        f"--start --model-store a b {sys.executable}",
    ]
    monkeypatch.setenv("TS_PYTHON", "/another/python")
    assert model_server.environment()["TS_PYTHON"] == "/another/python"


def test_start_without_the_program_says_so_in_a_sentence(tmp_path: Path) -> None:
    code = "import sys; from ts import model_server; model_server.__file__ = '/a/b/c/d'; model_server.start()"
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PYTHON_BACKEND,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert run.stderr.startswith("The torchserve command is a Node program, and it was not found")
    assert len(run.stderr.splitlines()) == 1


def test_properties(tmp_path: Path) -> None:
    file = tmp_path / "config.properties"
    file.write_text("# a remark=1\n a = b \nurl=http://x?y=z\nno value\n\nempty=\n")
    assert model_server.load_properties(str(file)) == {"a": "b", "url": "http://x?y=z", "empty": ""}


def test_launching(server: Any, capfd: pytest.CaptureFixture[str]) -> None:
    calls = server('print("Model server started.", flush=True); [print("line", i) for i in range(1500)]')
    lines = launcher.start(
        "store", "config", True, "plugins", disable_token=True, models=["a=a.mar", "b"], enable_model_api=True
    )
    assert calls.read_text().splitlines() == [
        f"--stop --foreground {sys.executable}",
        "--start --foreground --model-store store --plugins-path plugins --ts-config config --no-config-snapshots "
        f"--disable-token-auth --models a=a.mar b --enable-model-api {sys.executable}",
    ]
    assert capfd.readouterr().out == "loading\nModel server started.\n"
    got = [lines.get(timeout=10)]
    while got[-1] is not None:
        got.append(lines.get(timeout=10))
    assert got[0] == "line 0\n"


def test_one_model_and_no_options(server: Any) -> None:
    calls = server('print("Model server started.")')
    launcher.start(model_store="store", models="a.mar")
    assert f"--start --foreground --model-store store --models a.mar {sys.executable}" in calls.read_text()


def test_a_server_that_does_not_start(server: Any) -> None:
    server('print("No such folder: store"); sys.exit(1)')
    with pytest.raises(RuntimeError, match="ended with status 1 before it was up:\nloading\nNo such folder: store"):
        launcher.start("store")


@pytest.mark.parametrize(("wait", "words"), [(True, "--stop --foreground"), (False, "--stop")])
def test_stopping(server: Any, wait: bool, words: str) -> None:
    calls = server()
    launcher.stop(wait)
    assert calls.read_text() == f"{words} {sys.executable}\n"


def test_registering(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("requests", reason="requests is not installed")
    asked: list[tuple[str, dict[str, list[str]]]] = []

    class Management(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            parts = urlsplit(self.path)
            asked.append((parts.path, parse_qs(parts.query)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Management) as listener:
        threading.Thread(target=listener.serve_forever, daemon=True).start()
        monkeypatch.setattr(launcher, "_MANAGEMENT", f"http://127.0.0.1:{listener.server_port}/models")
        assert launcher.register_model("m", "m.mar").status_code == 200
        assert launcher.register_model_with_params({"url": "n.mar", "batch_size": 4}).status_code == 200
        listener.shutdown()
    assert asked == [
        (
            "/models",
            {"model_name": ["m"], "url": ["m.mar"], "initial_workers": ["1"], "synchronous": ["true"]},
        ),
        ("/models", {"url": ["n.mar"], "batch_size": ["4"]}),
    ]


def test_an_environment_for_one_model(tmp_path: Path) -> None:
    """It has pip, and sees the packages of the interpreter that made it."""
    folder = tmp_path / "venv"
    folder.mkdir()
    (folder / "left-over").touch()
    script = PYTHON_BACKEND / "ts" / "utils" / "setup_model_venv.py"
    subprocess.run([sys.executable, str(script), str(folder)], check=True, timeout=300)
    assert not (folder / "left-over").exists()
    code = "import torch, pip, sys; print(sys.prefix); print(pip.__file__); print(torch.__file__)"
    run = subprocess.run([folder / "bin" / "python", "-c", code], capture_output=True, text=True, check=True)
    prefix, pip, torch = run.stdout.splitlines()
    assert prefix == str(folder)
    assert pip.startswith(str(folder))
    assert torch == __import__("torch").__file__


def test_the_script_for_environments_wants_a_folder() -> None:
    script = PYTHON_BACKEND / "ts" / "utils" / "setup_model_venv.py"
    run = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "usage: setup_model_venv.py" in run.stderr

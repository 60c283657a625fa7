"""Start and stop a server from Python, and register models with it."""

from __future__ import annotations

import queue
import subprocess
import threading
from collections import deque
from typing import IO, Any

from ts import model_server
from ts.torch_handler.optional import require

_STARTED = "Model server started"
_LINES_KEPT = 1000
_MANAGEMENT = "http://localhost:8081/models"


def start(
    model_store: str | None = None,
    snapshot_file: str | None = None,
    no_config_snapshots: bool = False,
    plugin_folder: str | None = None,
    disable_token: bool = False,
    models: str | list[str] | None = None,
    enable_model_api: bool = False,
) -> queue.Queue[str | None]:
    """Stop a running server, start one and return once it is up. Its output is printed until then.

    :param model_store: folder of archives.
    :param snapshot_file: a configuration file, or a snapshot.
    :param no_config_snapshots: write no snapshots.
    :param plugin_folder: folder of plug-ins.
    :param disable_token: ask for no token.
    :param models: what to load at start: one ``name=archive`` or several.
    :param enable_model_api: allow models to be registered.
    :returns: the lines that the server prints from then on, and ``None`` when it has ended. The queue holds 1000 lines;
        further ones are dropped until some are taken.
    :raises RuntimeError: if the server ends before it is up, with its last lines.
    """
    stop()
    arguments = ["--start", "--foreground", "--model-store", str(model_store)]
    if plugin_folder:
        arguments += ["--plugins-path", str(plugin_folder)]
    if snapshot_file:
        arguments += ["--ts-config", str(snapshot_file)]
    if no_config_snapshots:
        arguments.append("--no-config-snapshots")
    if disable_token:
        arguments.append("--disable-token-auth")
    if models:
        arguments += ["--models", *([models] if isinstance(models, str) else models)]
    if enable_model_api:
        arguments.append("--enable-model-api")
    process = subprocess.Popen(
        [model_server.command(), *arguments],
        env=model_server.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    assert process.stdout is not None
    _wait_until_started(process, process.stdout)
    lines: queue.Queue[str | None] = queue.Queue(_LINES_KEPT)
    threading.Thread(target=_pass_on, args=(process, process.stdout, lines), daemon=True).start()
    return lines


def stop(wait: bool = True) -> None:
    """Stop the server that runs on this machine, if there is one.

    :param wait: until it has ended.
    """
    subprocess.run(
        [model_server.command(), "--stop", *(["--foreground"] if wait else [])],
        env=model_server.environment(),
        stdin=subprocess.DEVNULL,
        check=False,
    )


def register_model(model_name: str, url: str) -> Any:
    """Register an archive with one worker, and wait until this is ready.

    :returns: the ``requests.Response``.
    """
    return register_model_with_params(
        {"model_name": model_name, "url": url, "initial_workers": "1", "synchronous": "true"}
    )


def register_model_with_params(params: dict[str, Any]) -> Any:
    """``POST /models`` with these parameters.

    :returns: the ``requests.Response``.
    :raises ImportError: if requests is not installed.
    """
    return require("requests", "requests to the management API").post(_MANAGEMENT, params=params)


def _wait_until_started(process: subprocess.Popen[str], output: IO[str]) -> None:
    last: deque[str] = deque(maxlen=20)
    for line in output:
        print(line, end="", flush=True)
        last.append(line)
        if _STARTED in line:
            return
    raise RuntimeError(f"torchserve ended with status {process.wait()} before it was up:\n{''.join(last)}")


def _pass_on(process: subprocess.Popen[str], output: IO[str], lines: queue.Queue[str | None]) -> None:
    for line in output:
        try:
            lines.put_nowait(line)
        except queue.Full:
            continue
    process.wait()
    lines.put(None)

"""The backend installs by pip as a package of its own."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.frontend import BACKEND, Frontend, request
from ts_worker.messages import Code


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the package is installed, and nothing else."""
    source = tmp_path_factory.mktemp("source") / "backend"
    shutil.copytree(BACKEND, source, ignore=shutil.ignore_patterns("tests", "build", "__pycache__", "*.egg-info"))
    target = tmp_path_factory.mktemp("installed") / "site-packages"
    isolation = ["--no-build-isolation"] if importlib.util.find_spec("setuptools") else []
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        *isolation,
        "--target",
        str(target),
        str(source),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return target


def test_it_holds_all_that_the_checkout_holds(installed: Path) -> None:
    wanted = {
        str(path.relative_to(BACKEND))
        for package in ("ts", "ts_worker")
        for path in (BACKEND / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted <= {str(path.relative_to(installed)) for path in installed.rglob("*")}
    assert not [path.name for path in installed.iterdir() if path.name in ("tests", "support")]


def test_handlers_can_be_tested_with_it(installed: Path, tmp_path: Path) -> None:
    code = (
        "import ts; from ts.torch_handler.unit_tests.test_utils.mock_context import MockContext; "
        "print(ts.__version__, ts.__file__)"
    )
    env = {**os.environ, "PYTHONPATH": str(installed)}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=env, check=True, capture_output=True, text=True
    )
    assert run.stdout.split() == ["0.12.0", str(installed / "ts" / "__init__.py")]


def test_workers_run_from_it(installed: Path, tmp_path: Path) -> None:
    frontend = Frontend(tmp_path)
    try:
        frontend.spawn(cwd=installed, PYTHONPATH="")
        worker = frontend.accept()
        (tmp_path / "h.py").write_text("import ts\ndef handle(data, context): return data and [ts.__file__]\n")
        assert worker.load(tmp_path, "h.py").code == Code.OK
        assert worker.predict(request()).answers[0].body.decode() == str(installed / "ts" / "__init__.py")
    finally:
        frontend.close()

"""What is imported before a worker is forked: what its archive needs, and what is known to bear it."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

from support.frontend import BACKEND, request
from ts_worker.needs import SAFE, needed


def test_the_safe_libraries_that_modules_import_as_they_are_loaded(archive) -> None:
    archive.write("handler.py", "import os, numpy\nimport  scipy.signal\nfrom PIL import Image\nimport unheard_of\n")
    archive.write("model.py", "def late():\n    import pandas\n# import captum\n")
    assert needed(str(archive.folder), "handler.py") == ["PIL.Image", "scipy"]
    assert needed("/nowhere", "") == []


@pytest.mark.parametrize(
    ("handler", "source"),
    [("image_classifier", ""), ("handler.py:infer", "from ts.torch_handler.vision_handler import VisionHandler\n")],
)
def test_what_the_handlers_that_come_with_the_server_need(archive, handler: str, source: str) -> None:
    archive.write("handler.py", source)
    assert needed(str(archive.folder), handler) == ["PIL.Image", "numpy", "torchvision"]


def test_a_worker_is_forked_with_what_it_needs(workers, archive) -> None:
    if importlib.util.find_spec("PIL") is None:
        pytest.skip("needs pillow")
    source = """
        import os, sys
        from PIL import Image
        def handle(data, context):
            return [str(os.path.getmtime("/proc/self"))] if data else None
    """
    workers.serve(archive, source)
    # Its nursery has it from then on, so that the next worker has it without an import.
    probe = archive.write("handler.py", "import sys\nhad = 'PIL.Image' in sys.modules\n" + PROBE)
    worker = workers.fork(probe.folder)
    assert worker.load(probe.folder, "handler.py").code == 0
    assert worker.predict(request()).answers[0].body == b"True"


PROBE = """
def handle(data, context):
    return [str(had)] * len(data or [])
"""


@pytest.mark.parametrize("module", SAFE.values())
def test_importing_them_starts_no_thread(module: str) -> None:
    if importlib.util.find_spec(module.partition(".")[0]) is None:
        pytest.skip("is not installed")
    code = f"""
import os, torch
before = len(os.listdir("/proc/self/task"))
import {module}
print(len(os.listdir("/proc/self/task")) - before, torch.cuda.is_initialized())
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=BACKEND, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "False"]

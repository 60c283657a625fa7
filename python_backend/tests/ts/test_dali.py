"""Handlers that preprocess with NVIDIA DALI."""

from __future__ import annotations

import importlib.util
import io
import sys
from pathlib import Path
from typing import Any, Callable

import pytest
import torch
from PIL import Image

from ts.handler_utils.preprocess.dali import default_pipeline, get_dali_pipeline
from ts.torch_handler.dali_image_classifier import DALIImageClassifier

Make = Callable[..., Any]

SETTINGS = {"batch_size": 3, "num_threads": 1, "device_id": None, "seed": 1}

needs_dali = pytest.mark.skipif(
    importlib.util.find_spec("nvidia") is None or importlib.util.find_spec("nvidia.dali") is None,
    reason="nvidia-dali is not installed",
)


def jpeg(width: int, height: int, colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("yaml", "error", "message"),
    [
        ({}, ValueError, "^m has no dali config in model config yaml file$"),
        ({"dali": {"seed": 1}}, ValueError, "^the dali config of m lacks batch_size, num_threads, device_id$"),
        ({"dali": {**SETTINGS, "pipeline_file": "absent.dali"}}, RuntimeError, r"^Missing dali pipeline file\.$"),
    ],
)
def test_faulty_settings(make_context: Make, yaml: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        get_dali_pipeline(make_context(yaml=yaml))


def test_without_dali(make_context: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in sys.modules if each.startswith("nvidia.dali")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "nvidia.dali", None)
    with pytest.raises(ImportError, match=r"DALI handlers need the package 'nvidia-dali-cuda120'.*pip install nvidia"):
        get_dali_pipeline(make_context(yaml={"dali": SETTINGS}))


@needs_dali
@pytest.mark.parametrize("serialised", [False, True])
def test_classification(make_context: Make, tmp_path: Path, serialised: bool) -> None:
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(3, 6)).eval()
    torch.jit.script(model).save(str(tmp_path / "model.pt"))
    settings: dict[str, Any] = dict(SETTINGS)
    if serialised:
        default_pipeline(**SETTINGS).serialize(filename=str(tmp_path / "mine.dali"))
        settings["pipeline_file"] = "mine.dali"
    context = make_context({"serializedFile": "model.pt"}, yaml={"dali": settings}, headers=[{}, {}])
    handler = DALIImageClassifier()
    handler.set_max_result_classes(6)
    handler.initialize(context)
    rows = [{"data": jpeg(300, 400, "red")}, {"body": bytearray(jpeg(500, 300, "blue"))}]
    prepared = handler.preprocess(rows)
    assert prepared.shape == (2, 3, 224, 224)
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    colours = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    assert torch.allclose(prepared[:, :, 9, 9], (colours - mean) / std, atol=0.03)
    answers = handler.handle(rows, context)
    with torch.no_grad():
        expected = torch.softmax(model(prepared), dim=1)
    for answer, row in zip(answers, expected):
        assert [answer[str(index)] for index in range(6)] == pytest.approx(row.tolist(), abs=1e-6)

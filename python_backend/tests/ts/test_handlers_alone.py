"""DenseNetHandler, the legacy services, and the test helpers that come with the package."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any, Callable

import pytest
import torch

from support.surroundings import Recorded
from ts.model_service.model_service import ModelService, SingleNodeService
from ts.torch_handler.base_handler import BaseHandler
from ts.torch_handler.densenet_handler import DenseNetHandler
from ts.torch_handler.unit_tests.test_utils import model_dir
from ts.torch_handler.unit_tests.test_utils.mock_context import MockContext

Make = Callable[..., Any]

MODEL = """
import torch

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 3)

    def forward(self, x):
        return self.layer(x)
"""


class Net(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(2, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x)


@pytest.fixture
def net(tmp_path: Path) -> Net:
    (tmp_path / "net_alone.py").write_text(MODEL)
    sys.modules.pop("net_alone", None)
    torch.manual_seed(0)
    made = Net().eval()
    torch.save(made.state_dict(), tmp_path / "net.pth")
    torch.jit.script(made).save(str(tmp_path / "net.pt"))
    return made


def saved(value: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "model", [{"serializedFile": "net.pt"}, {"serializedFile": "net.pth", "modelFile": "net_alone.py"}]
)
def test_densenet_handler(net: Net, make_context: Make, model: dict[str, str], recorded: list[Recorded]) -> None:
    context = make_context(model)
    handler = DenseNetHandler()
    handler.initialize(context)
    rows = [{"data": saved(torch.ones(2))}, {"body": bytearray(saved(torch.zeros(2)))}]
    (answer,) = handler.handle(rows, context)
    with torch.no_grad():
        assert torch.equal(answer, net(torch.tensor([[1.0, 1.0], [0.0, 0.0]])))
    assert not answer.requires_grad
    assert [each.name for each in recorded] == ["HandlerTime"]


@pytest.mark.parametrize("value", [None, b"no tensor", b"", saved(Path("x")), "text", saved({"a": torch.ones(1)})])
def test_densenet_handler_reads_tensors_only(net: Net, make_context: Make, value: Any) -> None:
    handler = DenseNetHandler()
    handler.initialize(make_context({"serializedFile": "net.pt"}))
    with pytest.raises(ValueError, match=r"request 0 of the batch should hold a tensor as torch\.save writes it"):
        handler.preprocess([{"data": value}])


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"serializedFile": "absent.pt"}, r"^Missing the model\.pt file$"),
        ({"serializedFile": "net.pth", "modelFile": "absent.py"}, r"^Missing the model\.py file$"),
    ],
)
def test_densenet_handler_without_its_files(net: Net, make_context: Make, model: dict[str, str], message: str) -> None:
    with pytest.raises(RuntimeError, match=message):
        DenseNetHandler().initialize(make_context(model))


def test_mock_context_serves_a_handler(net: Net, tmp_path: Path, recorded: list[Recorded]) -> None:
    (tmp_path / "config.yaml").write_text("a: 1")
    context = MockContext("net.pth", str(tmp_path), "net_alone.py", None, "mine", "config.yaml")
    assert context.manifest == {"model": {"serializedFile": "net.pth", "modelFile": "net_alone.py"}}
    assert context.system_properties == {"model_dir": str(tmp_path)}
    assert context.model_yaml_config == {"a": 1}
    handler = BaseHandler()
    handler.initialize(context)
    with torch.no_grad():
        expected = net(torch.tensor([[1.0, 2.0]])).tolist()
    for _ in range(2):
        assert handler.handle([[1.0, 2.0]], context) == expected  # type: ignore[list-item]
    assert [each.name for each in recorded] == ["HandlerTime"]
    assert recorded[0].dimensions == [("ModelName", "mine"), ("Level", "Model")]


def test_mock_context_as_it_comes() -> None:
    context = MockContext()
    assert context.manifest == {"model": {"serializedFile": "model.pt", "modelFile": "model.py"}}
    assert context.system_properties["model_dir"] == "ts/torch_handler/unit_tests/models/tmp"
    assert ("gpu_id" in context.system_properties) is torch.cuda.is_available()
    assert context.model_yaml_config == {}
    assert MockContext(None, model_file=None).manifest == {"model": {}}
    for name in ("request_ids", "cache", "model_name", "get_request_id"):
        assert not hasattr(context, name)


@pytest.mark.parametrize(
    ("explain", "index", "header", "answer"),
    [(True, 1, "explain", True), (True, 0, "explain", False), (True, 1, "", False), (False, 1, "explain", False)],
)
def test_mock_context_headers(explain: bool, index: int, header: str, answer: bool) -> None:
    context = MockContext()
    context.explain = explain
    assert context.get_request_header(index, header) is answer


def test_mock_context_serves_the_image_classifier(tmp_path: Path) -> None:
    pytest.importorskip("torchvision", reason="torchvision is not installed")
    from ts.torch_handler.image_classifier import ImageClassifier

    torch.jit.script(torch.nn.Flatten()).save(str(tmp_path / "model.pt"))
    handler = ImageClassifier()
    handler.initialize(MockContext(model_dir=str(tmp_path), model_file=None))
    assert handler.initialized


def test_model_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_dir, "REPO_DIR", tmp_path / "repo")
    source, target = tmp_path / "weights-v1.pt", tmp_path / "target"
    target.mkdir()
    source.write_bytes(b"weights")
    model_dir.download_model(source.as_uri(), target)
    assert (target / "model.pt").read_bytes() == b"weights"
    assert [each.name for each in (tmp_path / "repo" / ".cache").iterdir()] == ["weights-v1.pt"]
    source.unlink()
    model_dir.download_model(source.as_uri(), target)
    model_dir.copy_files(target, tmp_path, {"model.pt": "copy.pt"})
    assert (tmp_path / "copy.pt").read_bytes() == b"weights"


def test_legacy_services(tmp_path: Path) -> None:
    class Doubling(SingleNodeService):
        def _inference(self, data: Any) -> Any:
            return [2 * each for each in data]

    (tmp_path / "signature.json").write_text(json.dumps({"inputs": []}))
    service = Doubling("m", str(tmp_path), {"Model": {"Signature": "signature.json"}}, 0)
    assert isinstance(service, ModelService)
    service.initialize("context")
    assert (service.context, service.gpu) == ("context", 0)
    assert service.handle([1, 2], "another") == [2, 4]
    assert service.context == "another"
    with pytest.raises(FileNotFoundError):
        Doubling("m", str(tmp_path), {"Model": {"Signature": "absent.json"}})

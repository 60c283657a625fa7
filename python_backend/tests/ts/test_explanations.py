"""Explanations, beside captum called directly."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Callable

import pytest
import torch

from ts.torch_handler.explanation import class_index
from ts.torch_handler.text_classifier import TextClassifier
from ts.torch_handler.vision_handler import VisionHandler

Make = Callable[..., Any]
EXPLAIN = [{"explain": "True"}]

needs_captum = pytest.mark.skipif(
    __import__("importlib.util").util.find_spec("captum") is None, reason="captum is not installed"
)

TEXT_MODEL = """
import torch

class Text(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.EmbeddingBag(20, 4)
        self.fc = torch.nn.Linear(4, 3)

    def forward(self, text, offsets):
        return self.fc(self.embedding(text, offsets))
"""
VOCABULARY = {word: index + 1 for index, word in enumerate(["the", "cat", "is", "not", "good"])}


def images(make_context: Make, folder: Path) -> tuple[VisionHandler, Any]:
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(12, 5))
    torch.jit.script(model.eval()).save(str(folder / "model.pt"))
    context = make_context({"serializedFile": "model.pt"}, headers=EXPLAIN)
    handler = VisionHandler()
    handler.initialize(context)
    return handler, context


def texts(make_context: Make, folder: Path) -> tuple[TextClassifier, Any]:
    torch.manual_seed(0)
    (folder / "text_of_test.py").write_text(TEXT_MODEL)
    sys.modules.pop("text_of_test", None)
    torch.save({**VOCABULARY, "<unk>": 0}, folder / "source_vocab.pt")
    context = make_context({"modelFile": "text_of_test.py"}, headers=EXPLAIN)
    handler = TextClassifier()
    handler.initialize(context)
    return handler, context


@needs_captum
@pytest.mark.parametrize("target", [0, 3, "3", bytearray(b"3")])
def test_an_image(make_context: Make, tmp_path: Path, target: Any, capsys: pytest.CaptureFixture[str]) -> None:
    from captum.attr import IntegratedGradients

    handler, context = images(make_context, tmp_path)
    pixels = torch.rand(2, 2, 4, 4)
    rows = [{"data": each.tolist(), "target": target} for each in pixels]
    answers = handler.handle(rows, context)
    direct = IntegratedGradients(handler.model).attribute(pixels, target=int(target), n_steps=15)
    assert torch.allclose(torch.tensor(answers), direct.float(), atol=1e-6)
    assert "input shape torch.Size([2, 2, 4, 4])" in capsys.readouterr().out


@needs_captum
@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("seven", "should be a class number such as 3, not 'seven'"),
        (99, "asks for class 99, which the model does not have"),
        (bytearray(b"-9"), "asks for class -9, which the model does not have"),
    ],
)
@pytest.mark.parametrize("make", [images, texts])
def test_an_unknown_class(make_context: Make, tmp_path: Path, make: Any, target: Any, message: str) -> None:
    handler, context = make(make_context, tmp_path)
    value = torch.rand(2, 4, 4).tolist() if make is images else "the cat"
    with pytest.raises(ValueError, match=message):
        handler.handle([{"data": value, "target": target}], context)


@needs_captum
@pytest.mark.parametrize("target", [0, 2, bytearray(b"2")])
def test_a_text(make_context: Make, tmp_path: Path, target: Any) -> None:
    from captum.attr import LayerIntegratedGradients, TokenReferenceBase

    handler, context = texts(make_context, tmp_path)
    (answer,) = handler.handle([{"data": "The cat isn't good", "target": target}], context)
    indices = torch.tensor([1, 2, 3, 4, 5, 0, 0, 0, 0])
    direct = LayerIntegratedGradients(handler.model, handler.model.embedding).attribute(
        indices,
        TokenReferenceBase().generate_reference(len(indices), torch.device("cpu")).squeeze(0),
        additional_forward_args=torch.tensor([0]),
        return_convergence_delta=False,
        target=int(target),
    )
    softened = torch.softmax(direct, dim=1)
    importances = softened / torch.norm(softened.sum(dim=-1))
    assert answer["words"] == ["the", "cat", "is", "not", "good"]
    assert torch.allclose(torch.tensor(answer["importances"]), importances.float(), atol=1e-6)


@pytest.mark.parametrize("make", [images, texts])
def test_without_captum_predictions_work_and_explanations_say_what_to_install(
    make: Any, make_context: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [each for each in sys.modules if each.partition(".")[0] == "captum"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "captum", None)
    handler, context = make(make_context, tmp_path)
    row = {"data": torch.rand(2, 4, 4).tolist() if make is images else "the cat"}
    with pytest.raises(ImportError, match=r"explanations need the package 'captum'.*pip install captum"):
        handler.handle([row], context)
    context.request_processor[0].get_request_properties()["explain"] = "False"
    assert len(handler.handle([row], context)) == 1


@needs_captum
def test_a_text_model_without_an_embedding(make_context: Make, tmp_path: Path) -> None:
    handler, context = texts(make_context, tmp_path)
    handler.model = torch.nn.Linear(1, 1)
    with pytest.raises(AttributeError, match="Linear cannot be explained: name its embedding layer 'embedding'"):
        handler.handle([{"data": "the cat"}], context)


@pytest.mark.parametrize(("target", "index"), [(3, 3), ("3", 3), (b" 3 ", 3), (bytearray(b"0"), 0), ((1, 2), (1, 2))])
def test_class_numbers(target: Any, index: Any) -> None:
    assert class_index(target) == index

"""The image handlers, beside plain torch and torchvision code with the same weights and images."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any, Callable

import pytest
import torch
import torch.nn.functional as F

torchvision = pytest.importorskip("torchvision", reason="torchvision is not installed")
from PIL import Image, UnidentifiedImageError  # noqa: E402
from torchvision import transforms  # noqa: E402

from ts.torch_handler.base_handler import BaseHandler  # noqa: E402
from ts.torch_handler.image_classifier import ImageClassifier  # noqa: E402
from ts.torch_handler.image_segmenter import ImageSegmenter  # noqa: E402
from ts.torch_handler.object_detector import ObjectDetector  # noqa: E402
from ts.torch_handler.vision_handler import VisionHandler  # noqa: E402

Make = Callable[..., Any]

IMAGENET = transforms.Compose(
    [
        transforms.Resize(256),
        transforms.CenterCrop(224),
        transforms.ToTensor(),
        transforms.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225]),
    ]
)


def image(width: int = 320, height: int = 280, seed: int = 0, mode: str = "RGB") -> Image.Image:
    generator = torch.Generator().manual_seed(seed)
    pixels = torch.randint(0, 256, (height // 8, width // 8, 3), generator=generator, dtype=torch.uint8).numpy()
    return Image.fromarray(pixels).resize((width, height)).convert(mode)


def png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def classifier() -> torch.nn.Module:
    torch.manual_seed(0)
    return torchvision.models.resnet18(num_classes=10).eval()


def initialized(handler: BaseHandler, model: torch.nn.Module, folder: Path, make_context: Make, **more: Any) -> Any:
    torch.jit.script(model).save(str(folder / "model.pt"))
    context = make_context({"serializedFile": "model.pt"}, **more)
    handler.initialize(context)
    return context


def test_classification(classifier: torch.nn.Module, tmp_path: Path, make_context: Make, labels: Any) -> None:
    labels({str(index): f"class-{index}" for index in range(10)})
    handler = ImageClassifier()
    context = initialized(handler, classifier, tmp_path, make_context, headers=[{}, {}, {}])
    pictures = [image(seed=seed) for seed in range(3)]
    rows: list[dict[str, Any]] = [
        {"data": png(pictures[0])},
        {"body": bytearray(png(pictures[1]))},
        {"data": base64.b64encode(png(pictures[2])).decode()},
    ]
    answers = handler.handle(rows, context)
    with torch.inference_mode():
        scores = F.softmax(classifier(torch.stack([IMAGENET(each) for each in pictures])), dim=1)
    assert len(answers) == 3
    for answer, row in zip(answers, scores):
        best = torch.topk(row, 5)
        assert list(answer) == [f"class-{index}" for index in best.indices.tolist()]
        assert list(answer.values()) == pytest.approx(best.values.tolist(), abs=1e-6)


def test_how_many_classes_are_named(classifier: torch.nn.Module, tmp_path: Path, make_context: Make) -> None:
    handler = ImageClassifier()
    assert handler.get_max_result_classes() == ImageClassifier.topk == 5
    handler.set_max_result_classes(2)
    context = initialized(handler, classifier, tmp_path, make_context)
    (answer,) = handler.handle([{"data": png(image())}], context)
    assert len(answer) == 2
    assert all(key.isdigit() for key in answer)
    handler.set_max_result_classes(11)
    with pytest.raises(ValueError, match=r"gives 10 classes .* set_max_result_classes\(10\)"):
        handler.handle([{"data": png(image())}], context)


def test_a_class_without_a_label(classifier: torch.nn.Module, tmp_path: Path, make_context: Make, labels: Any) -> None:
    labels({"77": "only this one"})
    handler = ImageClassifier()
    context = initialized(handler, classifier, tmp_path, make_context)
    with pytest.raises(KeyError, match=r"index_to_name\.json has no entry for class"):
        handler.handle([{"data": png(image())}], context)


def test_segmentation(tmp_path: Path, make_context: Make) -> None:
    class Segmenter(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Conv2d(3, 4, 3, padding=1)

        def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
            return {"out": self.layer(x)}

    torch.manual_seed(1)
    model = Segmenter().eval()
    handler = ImageSegmenter()
    context = initialized(handler, model, tmp_path, make_context, headers=[{}, {}])
    pictures = [image(seed=seed) for seed in (5, 6)]
    answers = torch.tensor(handler.handle([{"body": png(each)} for each in pictures], context))
    with torch.inference_mode():
        best, classes = F.softmax(model(torch.stack([IMAGENET(each) for each in pictures]))["out"], dim=1).max(dim=1)
    assert answers.shape == (2, 224, 224, 2)
    assert torch.equal(answers[..., 0], classes.float())
    assert torch.allclose(answers[..., 1], best, atol=1e-6)


class Detector(torch.nn.Module):
    """Finds three objects, whose boxes follow from the image's size and brightness."""

    def forward(self, x: torch.Tensor) -> list[dict[str, torch.Tensor]]:
        found: list[dict[str, torch.Tensor]] = []
        for each in x:
            size = float(each.shape[2])
            found.append(
                {
                    "boxes": torch.tensor([[0.0, 0.0, size, 1.0], [1.0, 1.0, 2.0, 2.0], [3.0, 3.0, size, 9.0]]),
                    "labels": torch.tensor([2, 1, 2]),
                    "scores": torch.stack([each.mean() * 0.0 + 0.5, each.mean() * 0.0 + 0.25, each.mean()]),
                }
            )
        return found


def test_detection(tmp_path: Path, make_context: Make, labels: Any) -> None:
    labels({"object_type_names": ["background", "cat", "dog"]})
    handler = ObjectDetector()
    context = initialized(handler, Detector(), tmp_path, make_context, headers=[{}, {}])
    bright, dark = Image.new("RGB", (40, 30), "white"), Image.new("RGB", (40, 30), "black")
    answers = handler.handle([{"data": png(bright)}, {"data": png(dark)}], context)
    first = {"dog": [0.0, 0.0, 40.0, 1.0], "score": 0.5}
    assert answers == [[first, {"dog": [3.0, 3.0, 40.0, 9.0], "score": 1.0}], [first]]
    handler.threshold = 0.6
    assert handler.handle([{"data": png(dark)}], context) == [[]]


def test_detection_by_a_model_of_torchvision(tmp_path: Path, make_context: Make) -> None:
    torch.manual_seed(0)
    (tmp_path / "detector.py").write_text(
        "from torchvision.models.detection import FasterRCNN, faster_rcnn\n"
        "from torchvision.models.detection import fasterrcnn_mobilenet_v3_large_320_fpn as build\n"
        "class Found(FasterRCNN):\n"
        "    def __init__(self):\n"
        "        made = build(weights=None, weights_backbone=None, num_classes=3, box_score_thresh=0.0)\n"
        "        self.__dict__ = made.__dict__\n"
    )
    model = torchvision.models.detection.fasterrcnn_mobilenet_v3_large_320_fpn(
        weights=None, weights_backbone=None, num_classes=3, box_score_thresh=0.0
    ).eval()
    torch.save(model.state_dict(), tmp_path / "model.pth")
    context = make_context({"modelFile": "detector.py", "serializedFile": "model.pth"})
    handler = ObjectDetector()
    handler.initialize(context)
    handler.threshold = 0.0
    picture = image(96, 80)
    (answer,) = handler.handle([{"data": png(picture)}], context)
    with torch.inference_mode():
        (found,) = model([transforms.ToTensor()(picture)])
    assert len(answer) == len(found["scores"]) > 0
    assert [each["score"] for each in answer] == pytest.approx(found["scores"].tolist(), abs=1e-5)
    assert [box for each in answer for key, box in each.items() if key != "score"] == [
        pytest.approx(box, abs=1e-3) for box in found["boxes"].tolist()
    ]


def test_images_of_one_batch_have_one_size(tmp_path: Path, make_context: Make) -> None:
    handler = ObjectDetector()
    context = initialized(handler, Detector(), tmp_path, make_context)
    rows = [{"data": png(image(40, 32))}, {"data": png(image(48, 32))}]
    with pytest.raises(ValueError, match=r"differ in shape .*\(3, 32, 40\), \(3, 32, 48\)"):
        handler.handle(rows, context)


@pytest.mark.parametrize(
    ("row", "error", "message"),
    [
        ({"data": b"no image"}, UnidentifiedImageError, "request 0 of the batch holds 8 bytes that are no image"),
        ({"body": bytearray(b"")}, UnidentifiedImageError, "holds 0 bytes that are no image"),
        ({}, ValueError, "request 0 of the batch has no image: send one as the body"),
        ({"data": "abcde"}, ValueError, "request 0 of the batch holds text, which should be an image in base64"),
        ({"data": {"a": 1}}, TypeError, "holds neither an image nor nested lists of numbers but dict"),
        ({"data": ["a"]}, (TypeError, ValueError), "holds neither an image nor nested lists of numbers but list"),
        (
            {"data": png(image())[:2000]},
            OSError,
            r"the image of request 0 of the batch \(320 x 280, mode RGB\) is cut off or damaged",
        ),
    ],
)
def test_requests_that_hold_no_image(
    tmp_path: Path, make_context: Make, row: dict[str, Any], error: Any, message: str
) -> None:
    handler = ObjectDetector()
    context = initialized(handler, Detector(), tmp_path, make_context)
    with pytest.raises(error, match=message):
        handler.handle([row], context)


def test_images_keep_their_mode(tmp_path: Path, make_context: Make) -> None:
    """A handler for grey images gets one channel; the default handlers want three."""

    class Grey(VisionHandler):
        image_processing = transforms.Compose([transforms.ToTensor()])

        def postprocess(self, data: torch.Tensor) -> Any:
            return [list(each.shape) for each in data]

    context = initialized(Grey(), torch.nn.Identity(), tmp_path, make_context)
    handler = Grey()
    handler.initialize(context)
    assert handler.handle([{"data": png(image(28, 28, mode="L"))}], context) == [[1, 28, 28]]
    classifying = ImageClassifier()
    classifying.initialize(context)
    with pytest.raises(RuntimeError, match=r"mode RGBA\) does not go through ImageClassifier.* most often RGB"):
        classifying.handle([{"data": png(image(mode="RGBA"))}], context)


def test_nested_lists_are_tensors_already(tmp_path: Path, make_context: Make) -> None:
    handler = VisionHandler()
    context = initialized(handler, torch.nn.Identity(), tmp_path, make_context)
    assert handler.handle([{"data": [[1, 2.5]]}], context) == [[[1.0, 2.5]]]


def test_the_transforms_are_torchvisions_own() -> None:
    assert isinstance(ImageClassifier.image_processing, transforms.Compose)
    assert ImageClassifier().image_processing is ImageClassifier.image_processing
    assert [type(each).__name__ for each in ObjectDetector.image_processing.transforms] == ["ToTensor"]
    picture = image()
    for cls in (ImageClassifier, ImageSegmenter):
        assert torch.equal(cls.image_processing(picture), IMAGENET(picture))


@pytest.mark.parametrize("limited", [True, False])
def test_the_limit_of_pixels(
    tmp_path: Path, make_context: Make, limited: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    torch.jit.script(torch.nn.Identity()).save(str(tmp_path / "model.pt"))
    context = make_context({"serializedFile": "model.pt"})
    context.system_properties["limit_max_image_pixels"] = limited
    ImageClassifier().initialize(context)
    assert (1000 if limited else None) == Image.MAX_IMAGE_PIXELS

"""Reading weights: tensors only unless asked otherwise, and clear words where they do not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from ts.torch_handler import devices
from ts.torch_handler.weights import fit, load_pickle, load_torchscript, weights_only


class Payload:
    """What a state dict does not hold."""

    def __init__(self, value: int = 3) -> None:
        self.value = value


@pytest.mark.parametrize(
    ("yaml", "environment", "expected"),
    [
        (None, None, True),
        ({}, None, True),
        ({"handler": None}, None, True),
        ({}, "false", False),
        ({}, "False", False),
        ({}, "0", False),
        ({}, "true", True),
        ({"handler": {"weights_only": False}}, None, False),
        ({"handler": {"weights_only": "no"}}, None, False),
        ({"handler": {"weights_only": True}}, "false", True),
        ({"handler": {"weights_only": False}}, "true", False),
    ],
)
def test_the_switch(monkeypatch: pytest.MonkeyPatch, yaml: Any, environment: str | None, expected: bool) -> None:
    monkeypatch.delenv("TS_WEIGHTS_ONLY", raising=False)
    if environment is not None:
        monkeypatch.setenv("TS_WEIGHTS_ONLY", environment)
    assert weights_only(yaml) is expected


def test_tensors_load_either_way(tmp_path: Path) -> None:
    file = str(tmp_path / "a.pth")
    torch.save({"w": torch.ones(2)}, file)
    for yaml in ({}, {"handler": {"weights_only": False}}):
        assert torch.equal(load_pickle(file, "cpu", yaml)["w"], torch.ones(2))


def test_other_objects_are_refused_with_both_cures_named(tmp_path: Path) -> None:
    file = str(tmp_path / "a.pth")
    torch.save({"w": Payload()}, file)
    with pytest.raises(RuntimeError) as raised:
        load_pickle(file, "cpu", {})
    for part in (
        file,
        "torch.save(model.state_dict(), path)",
        "handler: {weights_only: false}",
        "TS_WEIGHTS_ONLY=false",
    ):
        assert part in str(raised.value)


def test_other_objects_load_where_they_are_allowed(tmp_path: Path) -> None:
    file = str(tmp_path / "a.pth")
    torch.save({"w": Payload(5)}, file)
    assert load_pickle(file, "cpu", {"handler": {"weights_only": False}})["w"].value == 5


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "is empty or cut off"), (b"no weights at all", "is not a file that torch.save wrote|holds Python objects")],
)
def test_files_that_are_no_weights(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "a.pth"
    file.write_bytes(content)
    with pytest.raises(RuntimeError, match=message):
        load_pickle(str(file), "cpu", {})


def test_a_missing_file() -> None:
    with pytest.raises(RuntimeError, match=r"'absent\.pth' is missing"):
        load_pickle("absent.pth", "cpu", {})
    with pytest.raises(RuntimeError, match=r"'absent\.pt' is missing"):
        load_torchscript("absent.pt", "cpu")


@pytest.mark.parametrize("content", [b"", b"no TorchScript at all"])
def test_files_that_are_no_torchscript(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.pt"
    file.write_bytes(content)
    with pytest.raises(RuntimeError, match=r"a\.pt' is not a TorchScript file.*copy it again"):
        load_torchscript(str(file), "cpu")


def test_weights_of_a_device_that_is_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They were saved on the eighth GPU of another machine."""
    file = str(tmp_path / "a.pth")
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(torch.serialization, "location_tag", lambda storage: "cuda:7")
        torch.save({"w": torch.ones(2)}, file)
    loaded = load_pickle(file, torch.device("cpu"), {})["w"]
    assert loaded.device.type == "cpu"
    assert torch.equal(loaded, torch.ones(2))


class TestDevices:
    """Which one a worker takes."""

    def test_a_gpu_that_is_absent(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
        assert devices.choose(1) == ("cuda", torch.device("cuda:1"))
        with pytest.raises(ValueError, match=r"was given GPU 2, but PyTorch sees 2.*number_of_gpu.*deviceIds"):
            devices.choose(2)

    def test_no_gpu_at_all(self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
        for backend in (torch.cuda, torch.backends.mps):
            monkeypatch.setattr(backend, "is_available", lambda: False)
        assert devices.choose(0) == ("cpu", torch.device("cpu"))
        assert "given GPU 0" in caplog.text
        assert "number_of_gpu=0" in caplog.text
        caplog.clear()
        assert devices.choose(None) == ("cpu", torch.device("cpu"))
        assert not caplog.text


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"weight": torch.ones(1)}, "do not fit Linear of model.py. Use the weights that belong to the class Linear."),
        (
            {"weight": torch.ones(5, 5), "bias": torch.ones(3)},
            r"do not fit Linear of model.py(.|\n)*size mismatch for weight",
        ),
        (
            {"epoch": 3, "state_dict": {"weight": torch.ones(3, 2)}},
            "The file is a checkpoint: save its entry 'state_dict' alone",
        ),
        (torch.ones(2), "holds a Tensor, but with a model file it should hold a state dict"),
    ],
)
def test_weights_that_do_not_fit(state: Any, message: str) -> None:
    with pytest.raises(RuntimeError, match=message):
        fit(torch.nn.Linear(2, 3), state, "a.pth", "model.py")


def test_weights_that_fit() -> None:
    model = torch.nn.Linear(2, 3)
    fit(model, {"weight": torch.ones(3, 2), "bias": torch.zeros(3)}, "a.pth", "model.py")
    assert torch.equal(model(torch.ones(2)), torch.tensor([2.0, 2.0, 2.0]))

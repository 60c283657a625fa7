"""How BaseHandler finds, loads and compiles a model, and what it says where it cannot."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any, Callable

import pytest
import torch

from ts.torch_handler import base_handler
from ts.torch_handler.base_handler import BaseHandler

MODEL_PY = """
import torch

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 3)

    def forward(self, x):
        return self.layer(x)
"""

ROWS = [[1.0, 2.0], [3.0, 4.0]]
Make = Callable[..., Any]


class Net(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(2, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x)


@pytest.fixture
def net(tmp_path: Path) -> Net:
    (tmp_path / "net_of_test.py").write_text(MODEL_PY)
    sys.modules.pop("net_of_test", None)
    torch.manual_seed(0)
    made = Net().eval()
    torch.save(made.state_dict(), tmp_path / "net.pth")
    return made


def expected(net: Net) -> list[list[float]]:
    with torch.no_grad():
        return net(torch.tensor(ROWS)).tolist()


def loaded(context: Any, cls: type[BaseHandler] = BaseHandler) -> BaseHandler:
    handler = cls()
    handler.initialize(context)
    return handler


def test_an_eager_model_with_its_weights(net: Net, make_context: Make) -> None:
    context = make_context({"modelFile": "net_of_test.py", "serializedFile": "net.pth"})
    handler = loaded(context)
    assert handler.handle(ROWS, context) == expected(net)
    assert handler.initialized
    assert not handler.model.training
    assert (handler.map_location, handler.device, handler.get_device()) == ("cpu", torch.device("cpu"), handler.device)


def test_an_eager_model_without_weights(net: Net, make_context: Make) -> None:
    handler = loaded(make_context({"modelFile": "net_of_test.py"}))
    assert handler.model_pt_path is None
    assert len(handler.inference(torch.tensor(ROWS))) == 2


def test_the_model_file_wins_over_the_ending_of_the_weights(net: Net, tmp_path: Path, make_context: Make) -> None:
    (tmp_path / "net.pth").rename(tmp_path / "net.pt")
    context = make_context({"modelFile": "net_of_test.py", "serializedFile": "net.pt"})
    assert loaded(context).handle(ROWS, context) == expected(net)


def test_torchscript(net: Net, tmp_path: Path, make_context: Make) -> None:
    torch.jit.script(net).save(str(tmp_path / "net.pt"))
    context = make_context({"serializedFile": "net.pt"})
    assert loaded(context).handle(ROWS, context) == expected(net)


def test_a_model_file_named_as_a_module_that_python_has(net: Net, tmp_path: Path, make_context: Make) -> None:
    import json as standard

    (tmp_path / "net_of_test.py").rename(tmp_path / "json.py")
    context = make_context({"modelFile": "json.py", "serializedFile": "net.pth"})
    assert loaded(context).handle(ROWS, context) == expected(net)
    assert sys.modules["json"] is standard


def test_a_model_file_already_imported_by_the_handler_is_the_same_module(
    net: Net, tmp_path: Path, make_context: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    import net_of_test  # type: ignore[import-not-found]

    handler = loaded(make_context({"modelFile": "net_of_test.py"}))
    assert type(handler.model) is net_of_test.Net


def test_a_handler_that_skips_the_base_constructor(net: Net, make_context: Make) -> None:
    class Bare(BaseHandler):
        def __init__(self) -> None:
            pass

    context = make_context({"modelFile": "net_of_test.py", "serializedFile": "net.pth"})
    assert loaded(context, Bare).handle(ROWS, context) == expected(net)


def test_a_handler_that_loads_its_model_itself(net: Net, make_context: Make) -> None:
    """As the examples for other accelerators do: the device is changed on the way."""

    class Own(BaseHandler):
        def _load_pickled_model(self, model_dir: str, model_file: str, model_pt_path: str | None) -> Any:
            self.device = torch.device("meta")
            return super()._load_pickled_model(model_dir, model_file, None)

    handler = loaded(make_context({"modelFile": "net_of_test.py"}), Own)
    assert next(handler.model.parameters()).device.type == "meta"


def test_methods_of_a_handlers_own_do_not_clash(net: Net, make_context: Make) -> None:
    class Own(BaseHandler):
        def _load_model(self) -> None:
            raise AssertionError

        _compile = _predict = _respond = _choose_device = _load_model

    context = make_context({"modelFile": "net_of_test.py", "serializedFile": "net.pth"})
    assert loaded(context, Own).handle(ROWS, context) == expected(net)


@pytest.mark.parametrize(
    ("model", "files", "error", "message"),
    [
        ({}, {}, RuntimeError, "No model weights could be loaded: the archive has neither a model file nor weights"),
        (
            {"serializedFile": "net.pth"},
            {},
            RuntimeError,
            "No model weights could be loaded: '.*net.pth' is neither TorchScript .* --model-file",
        ),
        (
            {"serializedFile": "net.so"},
            {"net.so": ""},
            RuntimeError,
            "No model weights could be loaded: .*aot_compile: true",
        ),
        ({"modelFile": "absent.py"}, {}, RuntimeError, "^Missing the model.py file$"),
        (
            {"modelFile": "two.py"},
            {"two.py": "class A: pass\nclass B: pass"},
            ValueError,
            "^Expected only one class as",
        ),
        ({"modelFile": "none.py"}, {"none.py": ""}, ValueError, r"^Expected only one class as model definition. \[\]$"),
        (
            {"modelFile": "net_of_test.py", "serializedFile": "absent.pth"},
            {},
            RuntimeError,
            "absent.pth' is missing: the archive's manifest names it",
        ),
        (
            {"serializedFile": "net.pt"},
            {"net.pt": None},
            RuntimeError,
            "net.pt' is not a TorchScript file.* --model-file that defines its class",
        ),
    ],
)
def test_models_that_cannot_be_loaded(
    net: Net,
    tmp_path: Path,
    make_context: Make,
    model: dict[str, str],
    files: dict[str, str | None],
    error: type[Exception],
    message: str,
) -> None:
    for name, text in files.items():
        sys.modules.pop(name.partition(".")[0], None)
        if text is None:
            torch.save(net.state_dict(), tmp_path / name)
        else:
            (tmp_path / name).write_text(text)
    with pytest.raises(error, match=message):
        loaded(make_context(model))


def test_a_device_that_is_absent_is_not_asked_for(net: Net, make_context: Make) -> None:
    """A GPU is configured, and the machine has none."""
    if torch.cuda.is_available():
        pytest.skip("needs a machine without CUDA")
    context = make_context({"modelFile": "net_of_test.py", "serializedFile": "net.pth"})
    context.system_properties["gpu_id"] = 0
    assert loaded(context).handle(ROWS, context) == expected(net)


@pytest.mark.parametrize(
    ("pt2", "described", "deprecated"),
    [
        ({"compile": {"enable": True, "backend": "eager"}}, "backend eager", False),
        ({"compile": {"enable": True, "backend": "eager", "dynamic": True}}, "backend eager, dynamic True", False),
        ("eager", "backend eager", True),
        pytest.param(
            {"backend": "aot_eager"},
            "backend aot_eager",
            True,
            marks=pytest.mark.skipif(
                torch.__version__ < (2, 1), reason="torch 2.0 cannot compile ahead of time in inference mode"
            ),
        ),
    ],
)
def test_compiling(
    net: Net, make_context: Make, caplog: pytest.LogCaptureFixture, pt2: Any, described: str, deprecated: bool
) -> None:
    caplog.set_level(logging.INFO)
    context = make_context({"modelFile": "net_of_test.py", "serializedFile": "net.pth"}, yaml={"pt2": pt2})
    handler = loaded(context)
    assert f"Compiled model with {described}" in caplog.messages
    assert any("issues/3164" in each for each in caplog.messages) is deprecated
    assert torch.allclose(torch.tensor(handler.handle(ROWS, context)), torch.tensor(expected(net)), atol=1e-6)
    assert hasattr(handler.model, "_orig_mod")


def test_compiling_twice_with_one_yaml(net: Net, make_context: Make, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    context = make_context({"modelFile": "net_of_test.py"}, yaml={"pt2": {"compile": {"enable": True}}})
    loaded(context)
    loaded(context)
    assert len([each for each in caplog.messages if each.startswith("Compiled model with")]) == 2


@pytest.mark.parametrize(
    "pt2",
    [
        {"compile": {"enable": False, "backend": "eager"}},
        {"export": {"aot_compile": True}},
        {"compile": {"enable": True, "backend": "my_own"}},
        "my_own",
    ],
)
def test_not_compiling(net: Net, make_context: Make, pt2: Any, caplog: pytest.LogCaptureFixture) -> None:
    handler = loaded(make_context({"modelFile": "net_of_test.py"}, yaml={"pt2": pt2}))
    assert not hasattr(handler.model, "_orig_mod")
    assert ("my_own is not a supported backend" in caplog.messages) is ("my_own" in str(pt2))


def test_a_model_that_does_not_compile_runs_as_it_is(
    net: Net, make_context: Make, caplog: pytest.LogCaptureFixture
) -> None:
    context = make_context(
        {"modelFile": "net_of_test.py", "serializedFile": "net.pth"},
        yaml={"pt2": {"compile": {"enable": True, "no_such_option": 1}}},
    )
    assert loaded(context).handle(ROWS, context) == expected(net)
    assert "Compiling model model with no_such_option 1 has failed \n Proceeding without compilation" in caplog.messages


@pytest.mark.parametrize(
    ("pt2", "message"),
    [(3, "^pt2 should be str or dict$"), ({"compile": {"backend": "eager"}}, "needs the key 'enable'")],
)
def test_wrong_compile_options(net: Net, make_context: Make, pt2: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        loaded(make_context({"modelFile": "net_of_test.py"}, yaml={"pt2": pt2}))


def test_onnx(net: Net, tmp_path: Path, make_context: Make, caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    pytest.importorskip("onnx", reason="onnx is not installed")
    caplog.set_level(logging.INFO)
    torch.onnx.export(net, (torch.tensor(ROWS),), str(tmp_path / "net.onnx"), dynamo=False, input_names=["x"])
    handler = loaded(make_context({"serializedFile": "net.onnx"}))
    assert "Succesfully setup ort session" in caplog.messages
    assert handler.model.get_providers() == ["CPUExecutionProvider"]
    (output,) = handler.model.run(None, {"x": torch.tensor(ROWS).numpy()})
    assert torch.allclose(torch.tensor(output), torch.tensor(expected(net)), atol=1e-5)


def test_onnx_without_its_runtime(tmp_path: Path, make_context: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ImportError, match=r"ONNX models need the package 'onnxruntime'.*pip install onnxruntime"):
        loaded(make_context({"serializedFile": "net.onnx"}))


@pytest.mark.skipif(not base_handler.PT230_AVAILABLE, reason="this torch has no AOTInductor")
@pytest.mark.parametrize("ending", ["pt2", "so"])
def test_aot_inductor(
    net: Net, tmp_path: Path, make_context: Make, caplog: pytest.LogCaptureFixture, ending: str
) -> None:
    inductor = pytest.importorskip("torch._inductor")
    program = torch.export.export(net, (torch.tensor(ROWS),))
    path = str(tmp_path / f"net.{ending}")
    if ending == "pt2":
        inductor.aoti_compile_and_package(program, package_path=path)
    else:
        options = {"aot_inductor.output_path": path}
        inductor.aot_compile(program.module(), (torch.tensor(ROWS),), options=options)
    context = make_context({"serializedFile": f"net.{ending}"}, yaml={"pt2": {"export": {"aot_compile": True}}})
    answers = loaded(context).handle(ROWS, context)
    assert torch.allclose(torch.tensor(answers), torch.tensor(expected(net)), atol=1e-5)
    assert "torch._export is an experimental feature! Succesfully loaded torch exported model." in caplog.messages

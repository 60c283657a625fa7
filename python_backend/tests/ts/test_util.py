"""Label files, class look-up, PredictionException, small decorators."""

from __future__ import annotations

import json
import pickle
import re
import types
import warnings
from pathlib import Path
from typing import Any

import pytest

from ts.handler_utils.utils import import_class
from ts.utils.timeit_decorator import timeit
from ts.utils.util import (
    CLEANUP_REGEX,
    PredictionException,
    PT2Backend,
    check_valid_pt2_backend,
    deprecated,
    get_yaml_config,
    list_classes_from_module,
    load_label_mapping,
    map_class_to_label,
)


@pytest.mark.parametrize(
    ("content", "mapping"),
    [
        ({"0": "cat", "1": "dog"}, {"0": "cat", "1": "dog"}),
        ({"0": ["n01", "cat"]}, {"0": "cat"}),
        ({"object_type_names": ["a", "b"]}, {"0": "a", "1": "b"}),
        ({}, {}),
    ],
)
def test_label_files(tmp_path: Path, content: Any, mapping: dict[str, str]) -> None:
    file = tmp_path / "index_to_name.json"
    file.write_text(json.dumps(content))
    assert load_label_mapping(str(file)) == mapping


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1]", 'index->name JSON mapping should be in "class": "label" format.'),
        ('{"0": 3}', "labels in index->name mapping must be either str or List[str]"),
        ('{"0": []}', "labels in index->name mapping must be either str or List[str]"),
        ('{"0": ["a", 3]}', "labels in index->name mapping must be either str or List[str]"),
    ],
)
def test_faulty_label_files(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "index_to_name.json"
    file.write_text(text)
    with pytest.raises(Exception, match=f"^{re.escape(message)}$"):
        load_label_mapping(str(file))


def test_a_faulty_label_is_named_in_the_cause(tmp_path: Path) -> None:
    file = tmp_path / "index_to_name.json"
    file.write_text('{"0": "a", "1": 3}')
    with pytest.raises(Exception, match="labels in index->name mapping") as raised:
        load_label_mapping(str(file))
    assert "entry '1' is 3" in str(raised.value.__cause__)


def test_a_label_file_that_is_not_json_says_so(tmp_path: Path) -> None:
    file = tmp_path / "index_to_name.json"
    file.write_text("{")
    with pytest.raises(Exception, match=r"index_to_name\.json' is not valid JSON: "):
        load_label_mapping(str(file))


def test_no_label_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = str(tmp_path / "index_to_name.json")
    assert load_label_mapping(path) is None
    assert caplog.messages == [f"'{path}' is missing. Inference output will not include class name."]


def test_classes_are_named() -> None:
    rows = [[0.5, 0.3], [0.9, 0.1]]
    assert map_class_to_label(rows) == [{"0": 0.5, "1": 0.3}, {"0": 0.9, "1": 0.1}]
    assert map_class_to_label(rows, {"0": "a", "1": "b"}) == [{"a": 0.5, "b": 0.3}, {"a": 0.9, "b": 0.1}]
    assert map_class_to_label(rows, None, [[7, 2], [1, 0]]) == [{"7": 0.5, "2": 0.3}, {"1": 0.9, "0": 0.1}]
    assert list(map_class_to_label([[0.5, 0.3]], {"7": "x", "2": "a"}, [[7, 2]])[0]) == ["x", "a"]
    assert map_class_to_label([[0.5, 0.3]], {"0": "same", "1": "same"}) == [{"same": 0.3}]
    assert map_class_to_label([]) == []


def test_a_class_without_a_label_is_named() -> None:
    with pytest.raises(KeyError, match=r"index_to_name\.json has no entry for class 1: it names 1 classes"):
        map_class_to_label([[0.5, 0.3]], {"0": "a"})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((0.5, 0.3),), "Convert classes to list before doing mapping"),
        (([0.5, 0.3],), "Convert classes to list before doing mapping"),
        (([[0.5]], ["a"]), "Mapping must be a dict"),
    ],
)
def test_wrong_arguments_for_naming(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(Exception, match=f"^{re.escape(message)}$"):
        map_class_to_label(*arguments)


def test_classes_of_a_module() -> None:
    module = types.ModuleType("some_module")
    exec(
        "from collections import OrderedDict\nclass Base: pass\nclass Zebra(Base): pass\nclass Ant: pass",
        vars(module),
    )
    for each in ("Base", "Zebra", "Ant"):
        getattr(module, each).__module__ = "some_module"
    assert [each.__name__ for each in list_classes_from_module(module)] == ["Ant", "Base", "Zebra"]
    assert [each.__name__ for each in list_classes_from_module(module, vars(module)["Base"])] == ["Base", "Zebra"]


def test_prediction_exception() -> None:
    error = PredictionException("no such thing", 404)
    assert (error.message, error.error_code, str(error)) == ("no such thing", 404, "no such thing : 404")
    assert PredictionException("x").error_code == 500
    copied = pickle.loads(pickle.dumps(error))
    assert (copied.message, copied.error_code) == ("no such thing", 404)


def test_compile_backends(caplog: pytest.LogCaptureFixture) -> None:
    assert {each.value for each in PT2Backend} == {
        *[
            "eager",
            "aot_eager",
            "inductor",
            "nvfuser",
            "aot_nvfuser",
            "aot_cudagraphs",
            "ofi",
            "fx2trt",
            "onnxrt",
            "ipex",
        ],
        *["torchxla_trace_once", "openvino", "tensorrt", "hpu_backend"],
    }
    assert PT2Backend.INDUCTOR == "inductor"
    assert check_valid_pt2_backend("inductor")
    assert not check_valid_pt2_backend("cudagraphs")
    assert caplog.messages == ["cudagraphs is not a supported backend"]


def test_deprecated_warns_at_the_call() -> None:
    @deprecated("1.0", "a.better.one")
    def old(x: int) -> int:
        return x + 1

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert old(1) == 2
        assert old(x=2) == 3
    assert [str(each.message) for each in caught] == ["old is deprecated in 1.0 and moved to a.better.one"] * 2
    assert caught[0].category is PendingDeprecationWarning
    assert caught[0].filename == __file__


def test_cleanup_regex() -> None:
    assert CLEANUP_REGEX.pattern == "<.*?>|&([a-z0-9]+|#[0-9]{1,6}|#x[0-9a-f]{1,6});"
    assert CLEANUP_REGEX.sub("", "<b>x</b> &amp;&#12;&#x1f; &AMP; a<b") == "x  &AMP; a<b"


def test_yaml_files(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: [1, two]")
    (tmp_path / "b.yaml").write_text("")
    assert get_yaml_config(str(tmp_path / "a.yaml")) == {"a": [1, "two"]}
    assert get_yaml_config(str(tmp_path / "b.yaml")) is None


def test_a_class_by_its_name() -> None:
    from collections import OrderedDict

    assert import_class("collections.OrderedDict") is OrderedDict
    assert import_class("OrderedDict", "collections") is OrderedDict
    assert import_class("abc.Mapping", "collections").__name__ == "Mapping"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("",), "class name is not defined"),
        ((None,), "class name is not defined"),
        (("OrderedDict",), "module name is not defined."),
        (("collections.Absent",), "class:Absent not found in module:collections."),
        (("Absent", "collections"), "class:Absent not found in module:collections."),
        (("absent_module.X",), "No module named 'absent_module'"),
    ],
)
def test_no_class_of_that_name(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ImportError) as raised:
        import_class(*arguments)
    assert str(raised.value) == message


def test_timeit_prints_and_passes_on(capsys: pytest.CaptureFixture[str]) -> None:
    @timeit
    def double(x: int) -> int:
        return 2 * x

    assert double(4) == 8
    assert "func: double took " in capsys.readouterr().out


def test_partial_answers_are_sent_by_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    from ts.handler_utils import utils

    sent: list[Any] = []
    monkeypatch.setattr(utils, "send_pieces", lambda *arguments: sent.append(arguments))
    utils.send_intermediate_predict_response(["a"], {0: "id"}, "Intermediate", 200, "context")
    assert sent == [(["a"], {0: "id"}, "context")]


def test_outside_a_worker_other_ranks_send_no_partial_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    from ts.handler_utils import utils

    context = types.SimpleNamespace(cl_socket=None)
    monkeypatch.setenv("LOCAL_RANK", "1")
    utils.send_intermediate_predict_response(["a"], {0: "id"}, "Intermediate", 200, context)
    monkeypatch.setenv("LOCAL_RANK", "0")
    with pytest.raises(RuntimeError, match="only while the worker runs a batch"):
        utils.send_intermediate_predict_response(["a"], {0: "id"}, "Intermediate", 200, context)

"""From a handler's name to a loaded model, in real workers."""

from __future__ import annotations

import json

import pytest

from support.frontend import request
from ts_worker.messages import Code

NAMED = "def {function}(data, context):\n    return data and ['{answer}']\n"
CLASS = """
class {name}:
    def initialize(self, context):
        self.context = context
    def handle(self, data, context):
        assert context is self.context
        return ["{answer}"]
"""


@pytest.fixture
def answer(workers, archive):
    """Loads a handler by name and answers what it says."""

    def load(handler: str, **more) -> str:
        worker = workers.fork(archive.folder)
        loaded = worker.load(archive.folder, handler, **more)
        assert loaded.code == Code.OK, (loaded.message, workers.output(worker))
        assert loaded.message == f"loaded model {more.get('model_name', 'm')}"
        result = worker.predict(request())
        assert result.code == Code.OK, workers.output(worker)
        return result.answers[0].body.decode()

    return load


@pytest.fixture
def failure(workers, archive):
    """Loads a handler that cannot be loaded: the answer, the log and the exit status."""

    def load(handler: str, **more):
        worker = workers.fork(archive.folder)
        loaded = worker.load(archive.folder, handler, **more)
        assert loaded.code != Code.OK
        assert workers.ended(worker) == 1
        assert workers.printed(worker, "Backend worker process died.")
        return loaded, workers.output(worker)

    return load


@pytest.mark.parametrize("name", ["my.py", "my", "./a/b/my.py", "/elsewhere/my"])
def test_a_file_by_name(answer, archive, name) -> None:
    archive.write("my.py", NAMED.format(function="handle", answer="function"))
    assert answer(name) == "function"


@pytest.mark.parametrize("name", ["my.py:infer", "my:infer"])
def test_a_function_by_name(answer, archive, name) -> None:
    archive.write(
        "my.py", NAMED.format(function="infer", answer="chosen") + CLASS.format(name="Unused", answer="class")
    )
    assert answer(name) == "chosen"


def test_a_function_named_handle_goes_before_classes(answer, archive) -> None:
    source = NAMED.format(function="handle", answer="function")
    archive.write("my.py", source + CLASS.format(name="One", answer="1") + CLASS.format(name="Two", answer="2"))
    assert answer("my.py") == "function"


@pytest.mark.parametrize("name", ["my.py", "my:absent"])
def test_the_only_class_is_taken_where_no_function_is_found(answer, archive, name) -> None:
    archive.write("my.py", "from collections import OrderedDict\n" + CLASS.format(name="Plain", answer="class"))
    assert answer(name) == "class"


def test_a_class_after_a_colon_is_called_like_a_function(failure, archive) -> None:
    archive.write("my.py", CLASS.format(name="Plain", answer="class"))
    assert "TypeError" in failure("my:Plain")[0].message


def test_initialisation_of_a_function_is_a_call_without_data(answer, archive) -> None:
    archive.write(
        "my.py", "seen = []\ndef handle(data, context):\n    seen.append(data is None)\n    return [str(seen)]\n"
    )
    assert answer("my.py") == "[True, False]"


def test_handle_replaced_by_the_constructor_is_honoured_and_later_ones_are_not(answer, archive) -> None:
    archive.write(
        "my.py",
        """
        class Handler:
            def __init__(self):
                self.handle = lambda data, context: ["constructor's"]
            def initialize(self, context):
                self.handle = lambda data, context: ["too late"]
            def handle(self, data, context):
                return ["class's"]
        """,
    )
    assert answer("my.py") == "constructor's"


def test_a_handler_without_super_init_works(answer, archive) -> None:
    archive.write(
        "my.py",
        """
        from ts.torch_handler.base_handler import BaseHandler
        class Handler(BaseHandler):
            def __init__(self):
                pass
            def initialize(self, context):
                self.model = None
            def preprocess(self, data):
                return data
            def inference(self, data):
                return data
            def postprocess(self, data):
                return ["through the base"]
        """,
    )
    assert answer("my.py") == "through the base"


@pytest.mark.parametrize("name", ["json", "ts", "ts_worker", "utils", "worker", "torch_handler", "logging", "handler"])
def test_any_name_will_do(answer, archive, name) -> None:
    source = "import json, logging, ts.utils.util\n" + NAMED.format(function="handle", answer=name)
    archive.write(f"{name}.py", source)
    assert answer(f"{name}.py", model_name=name) == name


def test_modules_of_the_archive_go_by_their_own_names(answer, archive) -> None:
    archive.write("model.py", "NAME = 'the model'\n").write("utils.py", "from model import NAME\n")
    archive.write("package/__init__.py", "").write("package/part.py", "WORD = ' and a part'\n")
    archive.write(
        "my.py",
        """
        import os
        import utils
        from package.part import WORD
        def handle(data, context):
            assert os.getcwd() == context.system_properties["model_dir"]
            return data and [utils.NAME + WORD]
        """,
    )
    assert answer("my.py") == "the model and a part"


def test_the_folder_before_a_colon_is_on_the_path(answer, archive, tmp_path) -> None:
    (tmp_path / "elsewhere.py").write_text(NAMED.format(function="infer", answer="found"))
    assert answer(f"{tmp_path}/elsewhere.py:infer") == "found"


def test_a_linked_model_sees_packages_beside_the_link(workers, archive, tmp_path) -> None:
    archive.write("my.py", "import beside\ndef handle(data, context): return data and [beside.NAME]\n")
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "beside.py").write_text("NAME = 'beside'\n")
    (tmp_path / "links" / "m").symlink_to(archive.folder)
    worker = workers.fork(tmp_path / "links" / "m")
    assert worker.load(tmp_path / "links" / "m", "my.py").code == Code.OK
    assert worker.predict(request()).answers[0].body == b"beside"


def test_nothing_of_the_worker_leaks_into_an_archive(answer, archive) -> None:
    archive.write(
        "my.py",
        """
        import importlib.util, sys
        def handle(data, context):
            names = ("context", "service", "runner", "support", "conftest", "messages")
            return data and [str([name for name in names if importlib.util.find_spec(name)])]
        """,
    )
    assert answer("my.py") == "[]"


def test_a_handler_that_comes_with_the_server(workers, archive) -> None:
    """`base_handler` needs a model, and its own words say so: it was found."""
    worker = workers.fork(archive.manifest().folder)
    loaded = worker.load(archive.folder, "base_handler")
    assert loaded.code == Code.LOAD_FAILED
    assert "No module named" not in loaded.message
    assert workers.ended(worker) == 1
    assert "ts/torch_handler/base_handler.py" in workers.output(worker)


def test_an_envelope_is_put_around_the_handler(workers, archive) -> None:
    worker = workers.serve(
        archive,
        "def handle(data, context):\n    return data and [each * 2 for each in data]\n",
        envelope="json",
    )
    result = worker.predict(request(b'{"instances": [1, 2]}', "application/json"))
    assert result.answers[0].body == b'{"predictions": [2, 4]}'


# What a handler does, the code, the message
FAILURES = [
    ("import absent_module", Code.LOAD_FAILED, "ModuleNotFoundError: No module named 'absent_module'"),
    ("from os import absent", Code.LOAD_FAILED, "ImportError: cannot import name 'absent' from 'os'"),
    ("def handle(data, context)\n    return None", Code.LOAD_FAILED, "SyntaxError: "),
    ("raise ValueError('at import')", Code.LOAD_FAILED, "ValueError: at import"),
    ("def handle(data, context): raise RuntimeError('no weights today')", Code.LOAD_FAILED, "no weights today"),
    ("def handle(data, context): raise MemoryError('no memory')", Code.LOAD_OUT_OF_MEMORY, "MemoryError: no memory"),
    ("def handle(data, context): raise RuntimeError('CUDA is full')", Code.LOAD_OUT_OF_MEMORY, "CUDA is full"),
    ("def handle(data, context): raise ValueError('CUDA is odd')", Code.LOAD_FAILED, "ValueError: CUDA is odd"),
    ("def handle(data, context): raise RuntimeError('one\\n\\ttwo')", Code.LOAD_FAILED, "RuntimeError: one two"),
]


@pytest.mark.parametrize(("source", "code", "message"), FAILURES)
def test_a_failed_load_tells_its_true_cause(failure, archive, source, code, message) -> None:
    archive.write("my.py", source)
    loaded, log = failure("my.py")
    assert loaded.code == code
    assert message in loaded.message
    assert "ts.torch_handler" not in loaded.message
    assert "Traceback (most recent call last):" in log
    assert f'{archive.folder / "my.py"}", line' in log


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "Expected only one class in custom service code or a function entry point []"),
        ("class A: pass\nclass B: pass", "Expected only one class in custom service code or a function"),
        ("class A: pass", "Expect handle method in class <class 'my.A'>"),
        ("class A:\n    handle = print", "AttributeError: 'A' object has no attribute 'initialize'"),
    ],
)
def test_a_module_without_a_handler(failure, archive, source, message) -> None:
    archive.write("my.py", source)
    loaded, _ = failure("my.py")
    assert loaded.code == Code.LOAD_FAILED
    assert message in loaded.message


@pytest.mark.parametrize(
    ("handler", "message"),
    [
        ("", "no handler is named"),
        ("absent", "ModuleNotFoundError: No module named 'absent'"),
        (":infer", "names no handler"),
        ("a/", "names no handler"),
    ],
)
def test_a_name_that_means_nothing(failure, handler, message) -> None:
    assert message in failure(handler)[0].message


def test_an_unknown_envelope(failure, archive) -> None:
    archive.write("my.py", NAMED.format(function="handle", answer=""))
    assert "request_envelope.absent" in failure("my.py", envelope="absent")[0].message


def test_a_metrics_file_that_is_missing(failure, archive) -> None:
    archive.write("my.py", NAMED.format(function="handle", answer=""))
    assert "absent.yaml" in failure("my.py", metrics_config="/absent.yaml")[0].message


def test_exit_while_loading_ends_the_worker_with_that_status(workers, archive) -> None:
    worker = workers.fork(archive.write("my.py", "import sys\nsys.exit(6)").folder)
    worker.send(load={"model_name": "m", "model_dir": str(archive.folder), "handler": "my.py"})
    assert workers.ended(worker) == 6


class TestContext:
    """What `initialize` and `handle` are told."""

    REPORT = """
    class Handler:
        def initialize(self, context):
            self.at_load = (context.request_ids, context.get_request_id(), context.request_processor)
            context.cache = {"kept": 0}
            context.set_response_status(500)
        def handle(self, data, context):
            context.cache["kept"] += 1
            return [{
                "at_load": self.at_load,
                "kept": context.cache["kept"],
                "name": context.model_name,
                "manifest": context.manifest,
                "properties": context.system_properties,
                "yaml": context.model_yaml_config,
            }]
    """

    def told(self, workers, archive, **load):
        worker = workers.serve(archive, self.REPORT, **load)
        first, second = (json.loads(worker.predict(request()).answers[0].body) for _ in range(2))
        assert first["at_load"] == [None, None, None]
        assert (first["kept"], second["kept"]) == (1, 2)
        return first

    def test_with_everything(self, workers, archive) -> None:
        archive.manifest(configFile="config.yaml", handler="handler.py")
        archive.write("config.yaml", "minWorkers: 1\nhandler:\n  word: hi\n")
        told = self.told(workers, archive, model_name="registered", batch_size=4, gpu_id=-1)
        assert told["name"] == "registered"
        assert told["manifest"]["model"]["modelName"] == "archived"
        assert told["yaml"] == {"minWorkers": 1, "handler": {"word": "hi"}}
        assert told["properties"] == {
            "model_dir": str(archive.folder),
            "gpu_id": None,
            "batch_size": 4,
            "server_name": "MMS",
            "server_version": "0.12.0",
            "limit_max_image_pixels": True,
        }

    def test_with_nothing(self, workers, archive) -> None:
        told = self.told(workers, archive, gpu_id=1)
        assert told["manifest"] is None
        assert told["yaml"] == {}
        assert told["properties"]["gpu_id"] == 1

    def test_an_empty_configuration_is_an_empty_mapping(self, workers, archive) -> None:
        archive.manifest(configFile="config.yaml").write("config.yaml", "")
        assert self.told(workers, archive)["yaml"] == {}

    def test_a_configuration_that_is_no_mapping(self, failure, archive) -> None:
        archive.manifest(configFile="config.yaml").write("config.yaml", "- a list")
        archive.write("my.py", NAMED.format(function="handle", answer=""))
        assert "config.yaml should hold a mapping" in failure("my.py")[0].message


class TestMetrics:
    """Metrics travel as values, not as log lines."""

    def test_while_loading_they_carry_one_id_and_the_model(self, workers, archive) -> None:
        worker = workers.serve(
            archive,
            """
            def handle(data, context):
                if data is None:
                    context.metrics.add_counter("Loads", 1)
                    context.metrics.add_time("Reading", 2.5, unit="s")
                    return None
                return ["ok"]
            """,
        )
        loads, reading = worker.metrics
        assert (loads.name, loads.unit, loads.type, loads.value) == ("Loads", "Count", 0, 1.0)
        assert (reading.name, reading.unit, reading.type, reading.value) == ("Reading", "Seconds", 1, 2.5)
        assert list(loads.dimensions) == ["ModelName", "m", "Level", "Model"]
        assert len(loads.request_ids) == 1
        assert list(loads.request_ids) == list(reading.request_ids)
        assert len(loads.request_ids[0]) == 36

    def test_of_a_batch_travel_with_its_result(self, workers, archive) -> None:
        worker = workers.serve(
            archive,
            """
            import logging
            logging.disable(logging.CRITICAL)
            def handle(data, context):
                if data is None: return None
                context.metrics.add_counter("Seen", 2, idx=1)
                if data[0]["body"] == b"fail": raise ValueError("after the metric")
                return ["ok"] * len(data)
            """,
        )
        fine = worker.predict(request(id="a"), request(id="b"))
        assert [(each.name, list(each.request_ids)) for each in fine.metrics] == [
            ("Seen", ["b"]),
            ("PredictionTime", ["a", "b"]),
        ]
        assert fine.metrics[1].unit == "Milliseconds"
        failed = worker.predict(request(b"fail", id="a"), request(id="b"))
        assert failed.code == Code.PREDICTION_FAILED
        assert [each.name for each in failed.metrics] == ["Seen"]
        assert "[METRICS]" not in workers.output(worker)

    def test_recorded_by_a_thread_between_batches_are_sent_at_once(self, workers, archive) -> None:
        worker = workers.serve(
            archive,
            """
            import threading
            def handle(data, context):
                if data is None: return None
                threading.Timer(0.2, context.metrics.add_counter, ("Later", 1)).start()
                return ["ok"]
            """,
        )
        worker.predict(request())
        (later,) = worker.next_event("metrics").metrics
        assert later.name == "Later"


DECLARING = """
class Handler:
    openai_routes = {routes}
    def initialize(self, context):
        self.openai_models = {models}
    def handle(self, data, context):
        return data
"""


@pytest.mark.parametrize(
    ("source", "routes", "models"),
    [
        (DECLARING.format(routes="('v1/completions', 'v1/embeddings')", models="['tuned']"), 2, ["tuned"]),
        (DECLARING.format(routes="['v1/chat/completions']", models="{'a': 1}.keys()"), 1, ["a"]),
        ("openai_routes = ['v1/embeddings']\n" + NAMED.format(function="handle", answer="x"), 1, []),
        (NAMED.format(function="handle", answer="x"), 0, []),
    ],
)
def test_what_a_handler_declares(workers, archive, source, routes, models) -> None:
    archive.write("my.py", source)
    loaded = workers.fork(archive.folder).load(archive.folder, "my.py")
    assert (loaded.code, len(loaded.openai_routes), list(loaded.openai_models)) == (Code.OK, routes, models)


@pytest.mark.parametrize(
    ("routes", "models", "message"),
    [
        (
            "['chat']",
            "[]",
            'openai_routes of the handler has "chat", which is none of v1/chat/completions, v1/completions, '
            "v1/embeddings",
        ),
        ("True", "[]", "openai_routes of the handler should be a list or tuple of texts, but is True"),
        ("[]", "'tuned'", "openai_models of the handler should be a list or tuple of texts, but is 'tuned'"),
    ],
)
def test_what_no_handler_can_declare(failure, archive, routes, models, message) -> None:
    archive.write("my.py", DECLARING.format(routes=routes, models=models))
    loaded, _ = failure("my.py")
    assert loaded.message == f"ValueError: {message}"

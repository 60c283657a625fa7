"""What the tests of ``ts`` share: a worker's context over a folder, and the metrics that were recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

from support.surroundings import METRICS_YAML, Recorded


@pytest.fixture
def recorded() -> Iterator[list[Recorded]]:
    """The metrics that reached the sink, in order."""
    from ts.metrics.sink import set_sink

    found: list[Recorded] = []
    previous = set_sink(lambda *metric: found.append(Recorded(*metric)))
    yield found
    set_sink(previous)


@pytest.fixture
def make_context(tmp_path: Path) -> Callable[..., Any]:
    """Makes the context that a worker gives to a handler, over ``tmp_path``.

    ``make_context({"serializedFile": "m.pt"}, yaml={...}, headers=[{"explain": "True"}, {}])``
    """

    def make(
        model: dict[str, str] | None = None,
        yaml: dict[str, Any] | None = None,
        headers: list[dict[str, str]] | None = None,
        name: str = "m",
    ) -> Any:
        from ts.context import Context, RequestProcessor
        from ts.metrics.metric_cache_yaml_impl import MetricsCacheYamlImpl

        metrics = MetricsCacheYamlImpl(str(METRICS_YAML))
        metrics.initialize_cache()
        metrics.model_name = name
        manifest = {"model": {"modelName": name, "modelVersion": "1.0", **(model or {})}}
        context = Context(name, str(tmp_path), manifest, 8, None, metrics=metrics, model_yaml_config=yaml)
        requests = headers if headers is not None else [{}]
        context.request_ids = {index: f"id-{index}" for index in range(len(requests))}
        context.request_processor = [RequestProcessor(dict(each)) for each in requests]
        metrics.set_request_ids(context.request_ids)
        return context

    return make


@pytest.fixture
def labels(tmp_path: Path) -> Callable[[Any], None]:
    """Writes the archive's ``index_to_name.json``."""
    return lambda mapping: (tmp_path / "index_to_name.json").write_text(json.dumps(mapping)) and None

"""A model with its handler, ready to answer batches."""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import uuid
from typing import Any, Callable, NamedTuple

import yaml

from ts.context import Context
from ts.version import __version__
from ts_worker.declaration import Declaration, declaration_of
from ts_worker.loader import find_handler


class Model(NamedTuple):
    """`entry_point(data, context)` answers a batch, or makes a coroutine that does."""

    context: Context
    entry_point: Callable[..., Any]
    declaration: Declaration = Declaration([], [])

    @property
    def is_async(self) -> bool:
        """Whether many batches may be under way at a time, on the event loop that `initialize` found."""
        return inspect.iscoroutinefunction(self.entry_point)


def load_model(
    model_name: str,
    model_dir: str,
    handler: str | None,
    gpu_id: int | None,
    batch_size: int,
    envelope: str | None,
    limit_max_image_pixels: bool,
    metrics: Any,
) -> Model:
    """Finds the handler and initialises it. Whatever the handler raises passes through."""
    if metrics is not None:
        # There is no request yet, and metrics recorded meanwhile belong to the model, not to an error.
        metrics.set_request_ids(str(uuid.uuid4()))
    manifest = read_manifest(model_dir)
    found = find_handler(handler, model_dir, envelope)
    context = make_context(model_name, model_dir, manifest, batch_size, gpu_id, limit_max_image_pixels, metrics)
    model = Model(context, found.entry_point)
    if model.is_async:
        # Handlers take it with asyncio.get_event_loop(), and may run it themselves while they initialise.
        asyncio.set_event_loop(asyncio.new_event_loop())
    found.initialize(context)
    return model._replace(declaration=declaration_of(found.owner))


def read_manifest(model_dir: str) -> dict[str, Any] | None:
    """MAR-INF/MANIFEST.json as a dict; None where there is none."""
    path = os.path.join(model_dir, "MAR-INF", "MANIFEST.json")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        manifest: dict[str, Any] = json.load(file)
    return manifest


def make_context(
    model_name: str,
    model_dir: str,
    manifest: dict[str, Any] | None,
    batch_size: int,
    gpu_id: int | None,
    limit_max_image_pixels: bool,
    metrics: Any,
) -> Context:
    """The context of a model, its yaml configuration read."""
    return Context(
        model_name,
        model_dir,
        manifest,
        batch_size,
        gpu_id,
        __version__,
        limit_max_image_pixels,
        metrics,
        _read_configuration(model_dir, manifest),
    )


def _read_configuration(model_dir: str, manifest: dict[str, Any] | None) -> dict[str, Any]:
    name = ((manifest or {}).get("model") or {}).get("configFile")
    if not name:
        return {}
    with open(os.path.join(model_dir, name), encoding="utf-8") as file:
        configuration = yaml.safe_load(file)
    if configuration is None:
        return {}
    if not isinstance(configuration, dict):
        raise ValueError(f"{name} should hold a mapping of names to values, but holds a {type(configuration).__name__}")
    return configuration

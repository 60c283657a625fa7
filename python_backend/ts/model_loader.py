"""Loads a model the way workers do."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from typing import Any

from ts.service import Service
from ts_worker.model import load_model


class ModelLoader(metaclass=ABCMeta):
    """Something that makes a :class:`ts.service.Service` of an unpacked archive."""

    @abstractmethod
    def load(
        self,
        model_name: str,
        model_dir: str,
        handler: str | None = None,
        gpu_id: int | None = None,
        batch_size: int | None = None,
        envelope: str | None = None,
        limit_max_image_pixels: bool = True,
        metrics_cache: Any = None,
    ) -> Service:
        """Load and initialise a model."""


class TsModelLoader(ModelLoader):
    """The loader."""

    def load(
        self,
        model_name: str,
        model_dir: str,
        handler: str | None = None,
        gpu_id: int | None = None,
        batch_size: int | None = None,
        envelope: str | None = None,
        limit_max_image_pixels: bool = True,
        metrics_cache: Any = None,
    ) -> Service:
        """Finds the handler, makes the context and initialises the handler with it.

        :param model_dir: the unpacked archive; only what the handler imports need be on ``sys.path``.
        :param handler: ``my.py``, ``my.py:function``, the name of a module on the path, or of a handler that comes with
            the server (``image_classifier``).
        :param envelope: a module of :mod:`ts.torch_handler.request_envelope`, or nothing.
        :raises ValueError: if no handler is named, or the module offers neither the function nor exactly one class.
        :raises ImportError: if the handler cannot be imported. Whatever it raises itself passes through.
        """
        model = load_model(
            model_name,
            model_dir,
            handler,
            gpu_id,
            batch_size or 1,
            envelope,
            limit_max_image_pixels,
            metrics_cache,
        )
        return Service.of(model.context, model.entry_point)


class ModelLoaderFactory:
    """Where loaders come from."""

    @staticmethod
    def get_model_loader() -> ModelLoader:
        """The only one."""
        return TsModelLoader()

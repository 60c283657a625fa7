"""What a handler says it answers: the routes of OpenAI's API, and the model names that it knows beside its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

ROUTES = ("v1/chat/completions", "v1/completions", "v1/embeddings")


class Declaration(NamedTuple):
    """Both empty for a handler that declares nothing."""

    routes: list[str]
    models: list[str]


def declaration_of(owner: Any) -> Declaration:
    """Reads `openai_routes` and `openai_models` of a handler, an object of a class or a module, that is initialised.

    Raises ValueError where they are no collections of text, or there is no such route.
    """
    routes = _texts(owner, "openai_routes")
    unknown = [route for route in routes if route not in ROUTES]
    if unknown:
        raise ValueError(f'openai_routes of the handler has "{unknown[0]}", which is none of {", ".join(ROUTES)}')
    return Declaration(routes, _texts(owner, "openai_models"))


def _texts(owner: Any, name: str) -> list[str]:
    value = getattr(owner, name, ())
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        texts = list(value)
        if all(isinstance(text, str) for text in texts):
            return texts
    raise ValueError(f"{name} of the handler should be a list or tuple of texts, but is {value!r}")

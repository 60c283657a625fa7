"""OpenAI's API in a handler: what its requests say, and how its answers are written.

A handler declares what it answers by its attribute ``openai_routes``, of ``"v1/chat/completions"``,
``"v1/completions"`` and ``"v1/embeddings"``. :class:`OpenAIHandler` is a base for handlers that write text piece by
piece or embed texts; those that do it otherwise, in continuous batches or as coroutines, use :func:`read_request`,
:class:`TextReply` and :func:`embeddings_document`. This package is ours: TorchServe has none of the name.
"""

from ts.openai.answers import begin_events, models_document, refuse
from ts.openai.embeddings import embeddings_document
from ts.openai.errors import RequestError
from ts.openai.handler import OpenAIHandler
from ts.openai.requests import EmbeddingRequest, TextRequest, read_request, route_of
from ts.openai.text_reply import TextReply

__all__ = [
    "EmbeddingRequest",
    "OpenAIHandler",
    "RequestError",
    "TextReply",
    "TextRequest",
    "begin_events",
    "embeddings_document",
    "models_document",
    "read_request",
    "refuse",
    "route_of",
]

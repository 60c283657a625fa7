"""What a request to OpenAI's API says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ts.openai.errors import RequestError
from ts.openai.fields import Fields, one_or_more

CHAT = "v1/chat/completions"
COMPLETIONS = "v1/completions"
EMBEDDINGS = "v1/embeddings"


@dataclass(frozen=True)
class TextRequest:
    """Of ``v1/chat/completions`` or ``v1/completions``.

    :ivar is_chat: which of the two.
    :ivar model: as the client called it.
    :ivar messages: of a chat: dicts with ``role`` and ``content``, a text; content in parts is joined. Else empty.
    :ivar prompts: of a completion: one or more, each a text or a list of tokens. Else empty.
    :ivar max_tokens: the most tokens of each text; None: as many as the model likes. 16 for a completion that does not
        say.
    :ivar temperature: 0 to 2, 1 unless given. 0 means the likeliest.
    :ivar top_p: above 0 and up to 1.
    :ivar n: how many texts for each prompt, 1 to 128.
    :ivar stop: texts that end the answer and are left out of it, none of them empty.
    :ivar seed: None unless given.
    :ivar echo: whether a completion begins with its prompt.
    :ivar stream: whether the answer comes as events.
    :ivar include_usage: whether a last event counts the tokens.
    :ivar body: the whole request, with whatever else it says.
    """

    is_chat: bool
    model: str
    messages: list[dict[str, str]]
    prompts: list[str | list[int]]
    max_tokens: int | None
    temperature: float
    top_p: float
    n: int
    stop: list[str]
    seed: int | None
    echo: bool
    stream: bool
    include_usage: bool
    body: dict[str, Any]


@dataclass(frozen=True)
class EmbeddingRequest:
    """Of ``v1/embeddings``.

    :ivar model: as the client called it.
    :ivar inputs: one or more, each a text or a list of tokens.
    :ivar base64: whether vectors are wanted as text, base64 of little-endian float32: what OpenAI's clients ask for
        unless they are told otherwise.
    :ivar dimensions: of each vector; None: as many as the model has.
    :ivar body: the whole request, with whatever else it says.
    """

    model: str
    inputs: list[str | list[int]]
    base64: bool
    dimensions: int | None
    body: dict[str, Any]


def route_of(context: Any, index: int = 0) -> str:
    """What follows the model in the path of a request: ``"v1/chat/completions"``; empty for a plain prediction."""
    return (context.get_request_header(index, "url_path") or "").strip("/")


def read_request(row: dict[str, Any], context: Any, index: int = 0) -> TextRequest | EmbeddingRequest:
    """Reads a request.

    :param row: its entry of ``data``, as ``handle`` is given it.
    :param index: which request of the batch it is.
    :raises RequestError: 400 for a body that is no JSON object, or a parameter that is not what it should be; 404 for
        another route than the three.
    """
    route = route_of(context, index)
    if route not in (CHAT, COMPLETIONS, EMBEDDINGS):
        raise RequestError(f"There is no /{route} here.", status=404)
    fields = Fields(_body_of(row))
    return _embedding_request(fields) if route == EMBEDDINGS else _text_request(fields, route == CHAT)


def _body_of(row: dict[str, Any]) -> dict[str, Any]:
    body: Any = row.get("data") or row.get("body")
    if isinstance(body, (bytes, bytearray, str)):
        try:
            body = json.loads(body)
        except ValueError as error:
            raise RequestError(f"The request body is not valid JSON: {error}.") from None
    if not isinstance(body, dict):
        raise RequestError("The request body has to be a JSON object.")
    return body


def _text_request(fields: Fields, is_chat: bool) -> TextRequest:
    most = fields.whole("max_tokens", 0, None)
    options = fields.mapping("stream_options")
    return TextRequest(
        is_chat=is_chat,
        model=fields.text("model"),
        messages=_messages(fields) if is_chat else [],
        prompts=[] if is_chat else one_or_more(fields, "prompt"),
        max_tokens=fields.whole("max_completion_tokens", 0, most) if is_chat else 16 if most is None else most,
        temperature=fields.number("temperature", 0, 2, 1.0),
        top_p=fields.number("top_p", 0, 1, 1.0),
        n=fields.whole("n", 1, 1, 128) or 1,
        stop=fields.texts("stop"),
        seed=fields.whole("seed", None, None),
        echo=not is_chat and fields.flag("echo"),
        stream=fields.flag("stream"),
        include_usage=options.flag("include_usage"),
        body=fields.body,
    )


def _embedding_request(fields: Fields) -> EmbeddingRequest:
    encoding = fields.text("encoding_format", "float")
    if encoding not in ("float", "base64"):
        raise RequestError(f"Parameter encoding_format takes float or base64, not {encoding!r}.", "encoding_format")
    return EmbeddingRequest(
        model=fields.text("model"),
        inputs=one_or_more(fields, "input"),
        base64=encoding == "base64",
        dimensions=fields.whole("dimensions", 1, None),
        body=fields.body,
    )


def _messages(fields: Fields) -> list[dict[str, str]]:
    messages = fields.body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise fields.refusal("messages", "a list of messages, each an object with a role")
    return [_message(message) for message in messages]


def _message(message: Any) -> dict[str, str]:
    role = message.get("role") if isinstance(message, dict) else None
    if not isinstance(role, str):
        raise RequestError("Parameter messages takes a list of objects with a role and content.", "messages")
    content = message.get("content")
    if isinstance(content, list):
        content = "".join(_text_of(part) for part in content)
    if not isinstance(content, (str, type(None))):
        raise RequestError("The content of a message is a text, or a list of parts.", "messages")
    return {"role": role, "content": content or ""}


def _text_of(part: Any) -> str:
    if isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str):
        return str(part["text"])
    kind = part.get("type") if isinstance(part, dict) else part
    raise RequestError(f"This model reads text only: a message has a part of type {kind!r}.", "messages")

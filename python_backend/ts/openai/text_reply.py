"""The answer to a request for text, while it is written."""

from __future__ import annotations

import json
import time
from typing import Any

from ts.openai.choice import Choice
from ts.openai.requests import TextRequest

DONE = "data: [DONE]\n\n"


class TextReply:
    """Takes text as the model writes it, and gives events or the whole answer.

    A request for ``n`` texts of P prompts has ``n * P`` choices; choice ``i`` goes on with prompt ``i // n``. Write to
    each until it wants no more::

        reply = TextReply(request, context.get_request_id(index))
        reply.prompt_tokens = 12
        for choice in reply.open:
            for piece in pieces:
                if not reply.write(piece, choice):
                    break
            reply.finish(choice)
        return [reply.document()]

    :param request: what is answered.
    :param request_id: the id of the answer is made of it.
    :ivar prompt_tokens: for ``usage``; 0 until it is set.
    """

    def __init__(self, request: TextRequest, request_id: str | None) -> None:
        self._request = request
        self._id = f"{'chatcmpl' if request.is_chat else 'cmpl'}-{request_id}"
        self._created = int(time.time())
        self._begun = False
        self._ended = False
        self.prompt_tokens = 0
        prompts = [""] if request.is_chat else request.prompts
        self._choices = [
            Choice(request.stop, request.max_tokens, prompt if request.echo and isinstance(prompt, str) else "")
            for prompt in prompts
            for _ in range(request.n)
        ]
        self._told = [False] * len(self._choices)

    @property
    def open(self) -> list[int]:
        """The choices that want more text."""
        return [index for index, choice in enumerate(self._choices) if choice.reason is None]

    @property
    def done(self) -> bool:
        """Whether all have ended."""
        return not self.open

    def write(self, text: str, choice: int = 0, tokens: int = 1) -> bool:
        """Go on with a choice.

        :param tokens: that the text is made of; they count against ``max_tokens``.
        :returns: whether it wants more: it has met neither a stop text nor its most tokens.
        """
        one = self._choices[choice]
        one.write(text, tokens)
        return one.reason is None

    def finish(self, choice: int = 0, reason: str = "stop") -> None:
        """The model has ended a choice by itself. Does nothing to one that has ended.

        :param reason: ``"stop"``, or another ``finish_reason`` of OpenAI's.
        """
        self._choices[choice].finish(reason)

    def events(self) -> str:
        """What was written since the last call, as server-sent events; empty where that is nothing. What may be the
        beginning of a stop text comes when it is known. After the last text of all come the usage, if it was asked for,
        and ``[DONE]``, once."""
        chunks = self._opening() + [
            chunk for index, choice in enumerate(self._choices) for chunk in self._news(index, choice)
        ]
        text = "".join(map(_event, chunks))
        if not self.done or self._ended:
            return text
        self._ended = True
        usage = (
            _event({**self._frame(True), "choices": [], "usage": self.usage()}) if self._request.include_usage else ""
        )
        return text + usage + DONE

    def document(self) -> dict[str, Any]:
        """The whole answer, of what has been written so far."""
        return {**self._frame(False), "choices": [*map(self._whole, range(len(self._choices)))], "usage": self.usage()}

    def usage(self) -> dict[str, int]:
        """``prompt_tokens``, ``completion_tokens`` of all choices, and ``total_tokens``."""
        written = sum(choice.tokens for choice in self._choices)
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": written,
            "total_tokens": self.prompt_tokens + written,
        }

    def _frame(self, is_chunk: bool) -> dict[str, Any]:
        chat = "chat.completion.chunk" if is_chunk else "chat.completion"
        frame = {
            "id": self._id,
            "object": chat if self._request.is_chat else "text_completion",
            "created": self._created,
            "model": self._request.model,
        }
        return {**frame, "usage": None} if is_chunk and self._request.include_usage else frame

    def _opening(self) -> list[dict[str, Any]]:
        if self._begun or not self._request.is_chat:
            return []
        self._begun = True
        role = {"role": "assistant", "content": ""}
        return [self._chunk(index, {"delta": role}, None) for index in range(len(self._choices))]

    def _news(self, index: int, choice: Choice) -> list[dict[str, Any]]:
        text = choice.fresh()
        ends = choice.reason is not None and not self._told[index]
        self._told[index] = self._told[index] or ends
        if not self._request.is_chat:
            return [self._chunk(index, {"text": text}, choice.reason if ends else None)] if text or ends else []
        pieces = [self._chunk(index, {"delta": {"content": text}}, None)] if text else []
        return [*pieces, self._chunk(index, {"delta": {}}, choice.reason)] if ends else pieces

    def _chunk(self, index: int, piece: dict[str, Any], reason: str | None) -> dict[str, Any]:
        choice = {"index": index, **piece, "logprobs": None, "finish_reason": reason}
        return {**self._frame(True), "choices": [choice]}

    def _whole(self, index: int) -> dict[str, Any]:
        choice = self._choices[index]
        message = {"message": {"role": "assistant", "content": choice.text, "refusal": None}}
        piece: dict[str, Any] = message if self._request.is_chat else {"text": choice.text}
        return {"index": index, **piece, "logprobs": None, "finish_reason": choice.reason or "stop"}


def _event(chunk: dict[str, Any]) -> str:
    return f"data: {json.dumps(chunk, separators=(',', ':'))}\n\n"

"""The base of handlers that answer OpenAI's API request by request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ts.handler_utils.utils import send_intermediate_predict_response
from ts.openai.answers import begin_events, models_document, refuse
from ts.openai.embeddings import embeddings_document
from ts.openai.errors import RequestError
from ts.openai.requests import CHAT, COMPLETIONS, EMBEDDINGS, EmbeddingRequest, TextRequest, read_request, route_of
from ts.openai.text_reply import TextReply
from ts.torch_handler.base_handler import BaseHandler, answer


class OpenAIHandler(BaseHandler):
    """Override :meth:`generate`, :meth:`embed` or both; the rest is answered by what they give::

        class Parrot(OpenAIHandler):
            def initialize(self, context):
                super().initialize(context)                    # loads the model of the archive

            def generate(self, prompt, request):
                for word in prompt.split():
                    yield word + " "

    Streams, stop texts, ``n``, ``max_tokens``, usage and errors are seen to. The requests of a batch are answered one
    after the other, so ``batchSize: 1`` is best; a client that leaves ends the work for it. Models that write for many
    at once use :class:`ts.openai.TextReply` in a continuous batch, see examples/openai_api.

    :cvar openai_models: names that requests may call the model beside its registered one. May be set by ``initialize``.
    """

    openai_models: Sequence[str] = ()

    @property
    def openai_routes(self) -> list[str]:
        """What is answered: chats and completions if ``generate`` is overridden, embeddings if ``embed`` is."""
        routes = [CHAT, COMPLETIONS] if type(self).generate is not OpenAIHandler.generate else []
        return routes + ([EMBEDDINGS] if type(self).embed is not OpenAIHandler.embed else [])

    def generate(self, prompt: str | list[int], request: TextRequest) -> Iterator[str]:
        """Go on with a prompt.

        :param prompt: a text or, of a completion, tokens; of a chat what :meth:`chat_prompt` made.
        :param request: ``temperature``, ``top_p``, ``seed`` and more; ``stop`` and ``max_tokens`` are seen to.
        :returns: pieces of text, each counted as one token. It is not asked for more than is wanted.
        :raises RequestError: for what the model cannot do.
        """
        raise NotImplementedError

    def embed(self, inputs: list[str | list[int]], request: EmbeddingRequest) -> Any:
        """Embed texts.

        :param inputs: N texts or lists of tokens.
        :returns: N x D: a tensor, an array, or sequences of numbers.
        :raises RequestError: for what the model cannot do.
        """
        raise NotImplementedError

    def chat_prompt(self, messages: list[dict[str, str]]) -> str:
        """The prompt of a conversation: here a line ``role: content`` for each message, and ``assistant:``."""
        return "".join(f"{message['role']}: {message['content']}\n" for message in messages) + "assistant:"

    def count_tokens(self, prompt: str | list[int]) -> int:
        """How many tokens a prompt has, for ``usage``: here words, where it is a text."""
        return len(prompt.split()) if isinstance(prompt, str) else len(prompt)

    def handle(self, data: list[dict[str, Any]], context: Any) -> list[Any]:
        """Answer a batch; each request by itself, an error of one is not the others'."""
        return answer(self, data, context, lambda rows: [self._one(row, index) for index, row in enumerate(rows)])

    def _one(self, row: dict[str, Any], index: int) -> Any:
        context = self.context
        route = route_of(context, index)
        try:
            if route == "v1/models":
                return models_document(context, self.openai_models)
            if route not in self.openai_routes:
                raise RequestError(f"This model answers {' and '.join(self.openai_routes)}, not /{route}.", status=404)
            request = read_request(row, context, index)
            if isinstance(request, TextRequest):
                return self._write(request, index)
            tokens = sum(self.count_tokens(text) for text in request.inputs)
            return embeddings_document(request, self.embed(request.inputs, request), tokens)
        except RequestError as error:
            return refuse(error, context, index)

    def _write(self, request: TextRequest, index: int) -> Any:
        context = self.context
        request_id = context.get_request_id(index)
        reply = TextReply(request, request_id)
        prompts = [self.chat_prompt(request.messages)] if request.is_chat else request.prompts
        reply.prompt_tokens = sum(self.count_tokens(prompt) for prompt in prompts)
        for choice in reply.open:
            for piece in self.generate(prompts[choice // request.n], request):
                if context.is_cancelled(index) or not reply.write(piece, choice):
                    break
                if request.stream:
                    self._send(reply.events(), request_id, index)
            if context.is_cancelled(index):
                return ""  # to nobody
            reply.finish(choice)
        if not request.stream:
            context.set_response_content_type(index, "application/json")
            return reply.document()
        begin_events(context, index)
        return reply.events()

    def _send(self, events: str, request_id: str, index: int) -> None:
        if events:
            begin_events(self.context, index)
            send_intermediate_predict_response([events], {0: request_id}, "", 200, self.context)

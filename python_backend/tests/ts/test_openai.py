"""OpenAI's API in a handler: requests as they are read, answers as they are written."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any, Callable

import pytest

from ts.openai import (
    EmbeddingRequest,
    OpenAIHandler,
    RequestError,
    TextReply,
    TextRequest,
    embeddings_document,
    read_request,
)

Make = Callable[..., Any]
HELLO = [{"role": "user", "content": "hello"}]


@pytest.fixture
def read(make_context: Make) -> Callable[..., Any]:
    def read(route: str, body: Any) -> Any:
        return read_request({"body": body}, make_context(headers=[{"url_path": route}]))

    return read


@pytest.fixture
def chat(read: Callable[..., Any]) -> Callable[..., TextRequest]:
    return lambda **more: read("v1/chat/completions", {"model": "m", "messages": HELLO, **more})


@pytest.fixture
def completion(read: Callable[..., Any]) -> Callable[..., TextRequest]:
    return lambda **more: read("v1/completions", {"model": "m", "prompt": "hello", **more})


def chunks(events: str) -> list[dict[str, Any]]:
    """What events say, but for ``[DONE]``, which has to be the last where it is there."""
    told = [event.removeprefix("data: ") for event in events.split("\n\n") if event]
    assert "[DONE]" not in told[:-1]
    return [json.loads(one) for one in told if one != "[DONE]"]


class TestRequests:
    def test_a_chat_with_nothing_but_what_it_must_say(self, chat: Any) -> None:
        request = chat()
        assert request == TextRequest(
            is_chat=True,
            model="m",
            messages=HELLO,
            prompts=[],
            max_tokens=None,
            temperature=1.0,
            top_p=1.0,
            n=1,
            stop=[],
            seed=None,
            echo=False,
            stream=False,
            include_usage=False,
            body={"model": "m", "messages": HELLO},
        )

    def test_parts_are_joined_and_null_counts_as_nothing(self, chat: Any) -> None:
        parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
        request = chat(
            messages=[{"role": "user", "content": parts}, {"role": "assistant", "content": None}],
            temperature=None,
            stop=None,
            stream_options=None,
        )
        assert [message["content"] for message in request.messages] == ["ab", ""]
        assert (request.temperature, request.stop) == (1.0, [])

    def test_the_newer_word_for_the_most_tokens_wins(self, chat: Any, completion: Any) -> None:
        assert chat(max_tokens=5, max_completion_tokens=7).max_tokens == 7
        assert chat(max_tokens=5).max_tokens == 5
        assert completion().max_tokens == 16
        assert completion(max_tokens=0).max_tokens == 0

    @pytest.mark.parametrize(
        ("given", "prompts"),
        [("a", ["a"]), (["a", "b"], ["a", "b"]), ([1, 2], [[1, 2]]), ([[1], [2, 3]], [[1], [2, 3]]), ("", [""])],
    )
    def test_prompts_and_inputs(self, completion: Any, read: Any, given: Any, prompts: Any) -> None:
        assert completion(prompt=given).prompts == prompts
        assert read("/v1/embeddings/", {"model": "m", "input": given}).inputs == prompts

    def test_a_body_that_nobody_has_decoded(self, read: Any) -> None:
        request = read("v1/embeddings", bytearray(b'{"model": "m", "input": "x", "encoding_format": "base64"}'))
        assert isinstance(request, EmbeddingRequest)
        assert request.base64

    @pytest.mark.parametrize(
        ("change", "param", "words"),
        [
            ({"model": None}, "model", "Parameter model is required."),
            ({"model": 7}, "model", "Parameter model takes text, not 7."),
            ({"messages": None}, "messages", "Parameter messages is required."),
            ({"messages": []}, "messages", "takes a list of messages"),
            ({"messages": ["x"]}, "messages", "a list of objects with a role"),
            ({"messages": [{"role": "user", "content": 7}]}, "messages", "a text, or a list of parts"),
            ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages", "reads text only"),
            ({"max_tokens": 1.5}, "max_tokens", "takes a whole number from 0, not 1.5"),
            ({"max_tokens": -1}, "max_tokens", "takes a whole number from 0, not -1"),
            ({"n": 0}, "n", "takes a whole number from 1 to 128, not 0"),
            ({"n": True}, "n", "takes a whole number from 1 to 128, not true"),
            ({"seed": "x"}, "seed", "takes a whole number, not"),
            ({"temperature": 2.5}, "temperature", "takes a number from 0 to 2, not 2.5"),
            ({"top_p": "1"}, "top_p", "takes a number from 0 to 1"),
            ({"stop": [""]}, "stop", "texts that are not empty"),
            ({"stop": 7}, "stop", "texts that are not empty"),
            ({"stream": "yes"}, "stream", 'takes true or false, not "yes"'),
            ({"stream_options": [1]}, "stream_options", "takes an object"),
        ],
    )
    def test_what_cannot_be(self, chat: Any, change: Any, param: str, words: str) -> None:
        with pytest.raises(RequestError) as caught:
            chat(**change)
        assert words in caught.value.message
        assert (caught.value.param, caught.value.status) == (param, 400)

    @pytest.mark.parametrize(
        ("route", "body", "status", "words"),
        [
            ("v1/completions", {"model": "m"}, 400, "Parameter prompt is required."),
            ("v1/completions", {"model": "m", "prompt": [["x"]]}, 400, "takes a text, a list of tokens"),
            ("v1/embeddings", {"model": "m", "input": []}, 400, "takes a text, a list of tokens"),
            ("v1/embeddings", {"model": "m", "input": "x", "encoding_format": "hex"}, 400, "float or base64"),
            ("v1/embeddings", b"{", 400, "not valid JSON"),
            ("v1/embeddings", "[]", 400, "has to be a JSON object"),
            ("v1/embeddings", None, 400, "has to be a JSON object"),
            ("v1/audio", {}, 404, "There is no /v1/audio here."),
        ],
    )
    def test_what_cannot_be_either(self, read: Any, route: str, body: Any, status: int, words: str) -> None:
        with pytest.raises(RequestError, match=words) as caught:
            read(route, body)
        assert caught.value.status == status


class TestTextReplies:
    def test_a_chat_as_a_whole(self, chat: Any) -> None:
        reply = TextReply(chat(), "7")
        reply.prompt_tokens = 3
        assert reply.write("Hel")
        assert reply.write("lo")
        reply.finish()
        document = reply.document()
        assert isinstance(document.pop("created"), int)
        assert document == {
            "id": "chatcmpl-7",
            "object": "chat.completion",
            "model": "m",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": "Hello", "refusal": None},
                    "logprobs": None,
                    "finish_reason": "stop",
                }
            ],
            "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
        }

    def test_a_chat_as_events(self, chat: Any) -> None:
        reply = TextReply(chat(stream=True, stream_options={"include_usage": True}), "7")
        assert reply.write("Hel")
        first = reply.events()
        assert reply.events() == ""
        reply.write("lo")
        reply.finish()
        last = reply.events()
        assert last.endswith("data: [DONE]\n\n")
        assert reply.events() == ""
        told = chunks(first + last)
        assert {chunk["object"] for chunk in told} == {"chat.completion.chunk"}
        assert [(chunk["choices"], chunk["usage"]) for chunk in told[-1:]] == [
            ([], {"prompt_tokens": 0, "completion_tokens": 2, "total_tokens": 2})
        ]
        choices = [choice for chunk in told for choice in chunk["choices"]]
        assert [(choice["delta"], choice["finish_reason"]) for choice in choices] == [
            ({"role": "assistant", "content": ""}, None),
            ({"content": "Hel"}, None),
            ({"content": "lo"}, None),
            ({}, "stop"),
        ]

    def test_several_texts_for_several_prompts(self, completion: Any) -> None:
        reply = TextReply(completion(prompt=["a", "b"], n=2, echo=True, stream=True), "7")
        assert reply.open == [0, 1, 2, 3]
        for choice in reply.open:
            reply.write(str(choice), choice)
        reply.finish(2, "content_filter")
        assert reply.open == [0, 1, 3]
        assert not reply.done
        told = [chunk["choices"][0] for chunk in chunks(reply.events())]
        assert [(choice["text"], choice["finish_reason"]) for choice in told] == [
            ("a0", None),
            ("a1", None),
            ("b2", "content_filter"),
            ("b3", None),
        ]
        assert [choice["text"] for choice in reply.document()["choices"]] == ["a0", "a1", "b2", "b3"]

    def test_the_most_tokens(self, completion: Any) -> None:
        reply = TextReply(completion(max_tokens=3), "7")
        assert reply.write("ab", tokens=2)
        assert not reply.write("c")
        assert not reply.write("d")
        assert reply.done
        [choice] = reply.document()["choices"]
        assert (choice["text"], choice["finish_reason"]) == ("abc", "length")
        assert TextReply(completion(max_tokens=0), "7").done

    @pytest.mark.parametrize(
        ("pieces", "shown", "text"),
        [
            (["one", " tw", "o STOP", " on"], ["one", " tw", "o "], "one two "),
            (["a S", "T", "O", "P"], ["a ", "", "", ""], "a "),
            (["a S", "T", "art"], ["a ", "", "STart"], "a STart"),
            (["SSTOP"], ["S"], "S"),
            (["x\n", "\ny"], ["x", ""], "x"),
        ],
    )
    def test_a_stop_text_is_not_shown_nor_its_beginning(
        self, completion: Any, pieces: list[str], shown: list[str], text: str
    ) -> None:
        reply = TextReply(completion(stop=["STOP", "\n\n"], stream=True), "7")
        seen = []
        for piece in pieces:
            wants_more = reply.write(piece)
            seen.append("".join(chunk["choices"][0]["text"] for chunk in chunks(reply.events())))
            if not wants_more:
                break
        reply.finish()
        assert seen == shown
        assert reply.document()["choices"][0]["text"] == text
        assert reply.document()["choices"][0]["finish_reason"] == "stop"

    def test_what_was_held_back_comes_at_the_end(self, completion: Any) -> None:
        reply = TextReply(completion(stop="STOP", stream=True), "7")
        reply.write("a ST")
        assert [chunk["choices"][0]["text"] for chunk in chunks(reply.events())] == ["a "]
        reply.finish()
        assert [chunk["choices"][0]["text"] for chunk in chunks(reply.events())] == ["ST"]


class TestEmbeddings:
    def test_numbers_and_base64(self, read: Any) -> None:
        torch = pytest.importorskip("torch")
        request = {"model": "m", "input": ["a", "b"]}
        plain = embeddings_document(read("v1/embeddings", request), torch.tensor([[1.0, 2.0], [3.0, -0.5]]), 4)
        assert [entry["embedding"] for entry in plain["data"]] == [[1.0, 2.0], [3.0, -0.5]]
        assert plain["usage"] == {"prompt_tokens": 4, "total_tokens": 4}
        short = read("v1/embeddings", {**request, "encoding_format": "base64", "dimensions": 2})
        [_, second] = embeddings_document(short, [(1, 2), (3, -0.5)])["data"]
        assert second["index"] == 1
        assert struct.unpack("<2f", base64.b64decode(second["embedding"])) == (3.0, -0.5)

    def test_what_does_not_fit(self, read: Any) -> None:
        request = read("v1/embeddings", {"model": "m", "input": "a", "dimensions": 3})
        with pytest.raises(RequestError, match="embeds in 2 dimensions, not in 3"):
            embeddings_document(request, [[1, 2]])
        with pytest.raises(ValueError, match="there are 2 vectors for 1 inputs"):
            embeddings_document(request, [[1], [2]])


class Parrot(OpenAIHandler):
    openai_models = ("polly",)

    def generate(self, prompt: Any, request: TextRequest) -> Any:
        if "silence" in prompt:
            raise RequestError("Parrots know no silence.", "prompt")
        for word in prompt.split():
            yield f"{word} "


class TestTheBase:
    @pytest.fixture
    def ask(self, make_context: Make, recorded: Any) -> Callable[..., Any]:
        def ask(*requests: tuple[str, Any]) -> Any:
            context = make_context(headers=[{"url_path": route} for route, _ in requests])
            outputs = Parrot().handle([{"body": body} for _, body in requests], context)
            processors = context.request_processor
            return [(processor.get_response_status_code(), output) for processor, output in zip(processors, outputs)]

        return ask

    def test_declares_what_is_overridden(self) -> None:
        class Both(Parrot):
            def embed(self, inputs: Any, request: Any) -> Any:
                return [[0.0]] * len(inputs)

        assert OpenAIHandler().openai_routes == []
        assert Parrot().openai_routes == ["v1/chat/completions", "v1/completions"]
        assert Both().openai_routes == ["v1/chat/completions", "v1/completions", "v1/embeddings"]

    def test_each_request_of_a_batch_has_its_own_answer(self, ask: Any) -> None:
        (ok, chat), (bad, refusal), (missing, unknown), (_, models) = ask(
            ("v1/chat/completions", {"model": "m", "messages": HELLO}),
            ("v1/completions", {"model": "m", "prompt": "silence"}),
            ("v1/embeddings", {"model": "m", "input": "x"}),
            ("v1/models", None),
        )
        assert (ok, bad, missing) == (200, 400, 404)
        assert chat["choices"][0]["message"]["content"] == "user: hello assistant: "
        assert chat["usage"] == {"prompt_tokens": 3, "completion_tokens": 3, "total_tokens": 6}
        assert refusal["error"] == {
            "message": "Parrots know no silence.",
            "type": "invalid_request_error",
            "param": "prompt",
            "code": None,
        }
        assert "not /v1/embeddings" in unknown["error"]["message"]
        assert [model["id"] for model in models["data"]] == ["m", "polly"]

    def test_no_more_is_asked_for_than_is_wanted(self, ask: Any) -> None:
        body = {"model": "m", "prompt": ["a b c d", "e"], "max_tokens": 2, "n": 2, "stop": "c"}
        [(_, document)] = ask(("v1/completions", body))
        assert [(choice["text"], choice["finish_reason"]) for choice in document["choices"]] == [
            ("a b ", "length"),
            ("a b ", "length"),
            ("e ", "stop"),
            ("e ", "stop"),
        ]

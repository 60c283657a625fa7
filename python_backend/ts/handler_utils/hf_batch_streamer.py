"""Stream the text that a Hugging Face model generates for a whole batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

try:
    from transformers.generation.streamers import BaseStreamer
except ImportError:
    # generate() only calls put and end; without transformers the constructor says what to install.
    BaseStreamer = object


class TextIteratorStreamerBatch(BaseStreamer):  # type: ignore[misc]
    """Passed to ``model.generate(streamer=...)`` in one thread, iterated in another.

    Each step of the iteration gives a list of ``batch_size`` dicts ``{"text": next piece}``; it ends as soon as the
    text of any row has ended.

    :param tokenizer: the model's tokenizer.
    :param batch_size: rows that ``generate`` is given.
    :param skip_prompt: leave the prompt out of the text.
    :param timeout: seconds to wait for a piece, for ever if ``None``; then ``queue.Empty``.
    :param decode_kwargs: for the tokenizer's ``decode``.
    :raises ImportError: if transformers is not installed.
    """

    def __init__(
        self,
        tokenizer: Any,
        batch_size: int,
        skip_prompt: bool = False,
        timeout: float | None = None,
        **decode_kwargs: Any,
    ) -> None:
        from ts.torch_handler.optional import require

        one_row = require("transformers", "streamed texts").TextIteratorStreamer
        self.batch_size = batch_size
        self.streamers = [
            one_row(tokenizer, skip_prompt=skip_prompt, timeout=timeout, **decode_kwargs) for _ in range(batch_size)
        ]

    def put(self, value: torch.Tensor) -> None:
        """Take the prompts (batch x tokens), and then each step's next tokens (batch)."""
        if value.shape[0] != self.batch_size:
            raise ValueError(
                f"TextIteratorStreamerBatch batch size is set to {self.batch_size} but got input tensor of shape "
                f"{value.shape}"
            )
        for streamer, tokens in zip(self.streamers, value):
            streamer.put(tokens.reshape(-1))

    def end(self) -> None:
        """The generation has ended."""
        for streamer in self.streamers:
            streamer.end()

    def __iter__(self) -> Iterator[list[dict[str, str]]]:
        return self

    def __next__(self) -> list[dict[str, str]]:
        return [{"text": next(streamer)} for streamer in self.streamers]

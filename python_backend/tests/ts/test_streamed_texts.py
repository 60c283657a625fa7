"""Streaming the text of a whole batch, with transformers' own generation."""

from __future__ import annotations

import re
import sys
import threading
from typing import Any

import pytest
import torch

from ts.handler_utils.hf_batch_streamer import TextIteratorStreamerBatch

transformers = pytest.importorskip("transformers", reason="transformers is not installed")


class Words:
    """A tokenizer of numbers: token 5 is the word "5"."""

    def decode(self, tokens: list[int], **options: Any) -> str:
        return "".join(f"{token} " for token in tokens if token not in options.get("without", ()))


def test_each_step_gives_a_piece_for_each_row() -> None:
    streamer = TextIteratorStreamerBatch(Words(), batch_size=2, skip_prompt=True, timeout=10, without=(9,))
    streamer.put(torch.tensor([[1, 2], [3, 4]]))
    streamer.put(torch.tensor([5, 6]))
    streamer.put(torch.tensor([7, 9]))
    streamer.end()
    rows = ["".join(each) for each in zip(*[[part["text"] for part in step] for step in streamer])]
    assert rows == ["5 7 ", "6 "]


def test_the_prompt_is_streamed_unless_skipped() -> None:
    streamer = TextIteratorStreamerBatch(Words(), batch_size=1, timeout=10)
    streamer.put(torch.tensor([[1, 2]]))
    streamer.end()
    assert "".join(step[0]["text"] for step in streamer) == "1 2 "


@pytest.mark.parametrize("value", [torch.zeros(3), torch.zeros(1, 2)])
def test_the_wrong_number_of_rows(value: torch.Tensor) -> None:
    message = f"TextIteratorStreamerBatch batch size is set to 2 but got input tensor of shape {value.shape}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        TextIteratorStreamerBatch(Words(), batch_size=2).put(value)


def test_a_model_generates_through_it() -> None:
    torch.manual_seed(0)
    config = transformers.GPT2Config(
        vocab_size=50, n_positions=32, n_embd=8, n_layer=1, n_head=2, bos_token_id=0, eos_token_id=None, pad_token_id=0
    )
    model = transformers.GPT2LMHeadModel(config).eval()
    prompts = torch.tensor([[1, 2, 3], [4, 5, 6]])
    streamer = TextIteratorStreamerBatch(Words(), batch_size=2, skip_prompt=True, timeout=60)
    options = {"max_new_tokens": 5, "do_sample": False, "attention_mask": torch.ones_like(prompts)}
    thread = threading.Thread(target=model.generate, args=(prompts,), kwargs={**options, "streamer": streamer})
    thread.start()
    rows = ["".join(each) for each in zip(*[[part["text"] for part in step] for step in streamer])]
    thread.join()
    generated = model.generate(prompts, **options)[:, 3:].tolist()
    assert rows == [Words().decode(row) for row in generated]


def test_without_transformers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ImportError, match=r"streamed texts need the package 'transformers'.*pip install transformers"):
        TextIteratorStreamerBatch(Words(), batch_size=1)

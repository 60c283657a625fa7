"""The handler ``text_classifier``: a text in, the probability of every class out."""

from __future__ import annotations

import logging
from typing import Any

import torch
import torch.nn.functional as F

from ts.handler_utils.text_utils import ngrams_iterator
from ts.torch_handler.explanation import explaining
from ts.torch_handler.optional import require
from ts.torch_handler.text_handler import TextHandler
from ts.utils.util import map_class_to_label

logger = logging.getLogger(__name__)


class TextClassifier(TextHandler):
    """Classifies a text with a model that takes ``(indices, offsets)``, as ``torch.nn.EmbeddingBag`` does.

    The answer is ``{label: probability}`` for every class, in the order of the classes. It reads the first request of
    a batch only: register it with ``batch_size=1``.
    """

    #: Tokens, and runs of up to this many tokens, are looked up in the vocabulary.
    ngrams = 2

    def preprocess(self, data: list[dict[str, Any]]) -> tuple[torch.Tensor, list[str]]:
        """Clean and tokenise the first request's text.

        :returns: the vocabulary's index of each n-gram (tensor of one dimension, on the device), and the tokens.
        :raises ValueError: if the request holds no text, or none with words in it.
        :raises KeyError: if the vocabulary lacks an n-gram and has neither a default nor an entry ``<unk>``.
        """
        text = self._remove_html_tags(_text(data[0]))
        text = self._expand_contractions(text.lower())
        text = self._remove_accented_characters(text)
        tokens = self._tokenize(self._remove_punctuation(text))
        indices = [_index(self.source_vocab, ngram) for ngram in ngrams_iterator(tokens, self.ngrams)]
        if not indices:
            raise ValueError("the request's text has no words, once markup and punctuation are removed")
        return torch.as_tensor(indices, dtype=torch.long, device=self.device), tokens

    def inference(self, data: tuple[torch.Tensor, list[str]], *args: Any, **kwargs: Any) -> torch.Tensor:
        """Call the model with the indices and the offset 0, which makes them one bag."""
        indices, _ = data
        offsets = torch.as_tensor([0], device=self.device)
        return super().inference(indices, offsets)

    def postprocess(self, data: torch.Tensor) -> list[dict[str, float]]:
        """Scores 1 x K -> one dict of K probabilities."""
        return map_class_to_label(F.softmax(data, dim=-1).tolist(), self.mapping)

    def get_insights(
        self, text_preprocess: tuple[torch.Tensor, list[str]], _: Any, target: Any = 0
    ) -> list[dict[str, Any]]:
        """Attribute the prediction to the text by layer integrated gradients.

        :param target: the class to explain, also as text or bytes.
        :returns: one dict: ``importances``, nested lists; ``words``, the tokens.
        :raises ValueError: if the target is no class of the model.
        :raises ImportError: if captum is not installed.
        """
        indices, tokens = text_preprocess
        reference = require("captum.attr", "explanations").TokenReferenceBase()
        with explaining(target) as index:
            attributions = self.lig.attribute(
                indices,
                reference.generate_reference(len(indices), self.device).squeeze(0),
                additional_forward_args=torch.as_tensor([0], device=self.device),
                return_convergence_delta=False,
                target=index,
            )
        importances = self.summarize_attributions(attributions)
        return [{"importances": importances.tolist(), "words": self.get_word_token(tokens)}]


def _index(vocabulary: Any, ngram: str) -> int:
    try:
        return vocabulary[ngram]
    except KeyError:
        if "<unk>" in vocabulary:
            return vocabulary["<unk>"]
        raise KeyError(
            f"the vocabulary has no entry for {ngram!r}: save it with a default (torchtext: set_default_index) or "
            "with an entry '<unk>'"
        ) from None


def _text(row: dict[str, Any]) -> str:
    value = row.get("data") or row.get("body")
    if isinstance(value, (bytes, bytearray)):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(f"the request's text is not UTF-8: {error}") from error
    if not isinstance(value, str):
        raise ValueError(
            "the request should hold text, as its body or as the form field 'data', but holds "
            + ("nothing" if value is None else f"a JSON {type(value).__name__}")
        )
    return value

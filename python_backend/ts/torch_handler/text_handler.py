"""The base of text handlers: a vocabulary, a tokeniser, and the cleaning that default models were trained with."""

from __future__ import annotations

import logging
import os
import re
import string
import unicodedata
from abc import ABC
from functools import cached_property
from typing import Any

import torch
import torch.nn.functional as F

from ts.handler_utils.text_utils import get_tokenizer
from ts.torch_handler.base_handler import BaseHandler
from ts.torch_handler.contractions import CONTRACTION_MAP
from ts.torch_handler.optional import require
from ts.torch_handler.weights import load_pickle
from ts.utils.util import CLEANUP_REGEX

logger = logging.getLogger(__name__)

CONTRACTIONS_PATTERN = re.compile(f"({'|'.join(map(re.escape, CONTRACTION_MAP))})", re.IGNORECASE | re.DOTALL)
_PUNCTUATION = str.maketrans("", "", string.punctuation)


class TextHandler(BaseHandler, ABC):
    """Loads a vocabulary beside the model, and cleans text.

    The vocabulary is the archive's ``source_vocab.pt`` (or the file that the manifest's ``sourceVocab`` names): what
    ``torch.save`` wrote of a dict from token to index, or of another object with ``vocab[token]``. The model's layer
    ``embedding`` is the one that explanations look at.
    """

    def __init__(self) -> None:
        super().__init__()
        self.source_vocab: Any = None
        self.tokenizer: Any = get_tokenizer("basic_english")
        self.input_text: Any = None
        self.initialized = None

    def initialize(self, context: Any) -> None:
        """Load the model and the vocabulary."""
        super().initialize(context)
        self.initialized = False
        self.source_vocab = load_pickle(self.get_source_vocab_path(context), "cpu", self.model_yaml_config)
        self.initialized = True

    @cached_property
    def lig(self) -> Any:
        """captum's ``LayerIntegratedGradients`` for the model's layer ``embedding``, made when first used."""
        attr = require("captum.attr", "explanations")
        if not hasattr(self.model, "embedding"):
            raise AttributeError(
                f"{type(self.model).__name__} cannot be explained: name its embedding layer 'embedding'"
            )
        return attr.LayerIntegratedGradients(self.model, self.model.embedding)

    def get_source_vocab_path(self, ctx: Any) -> str:
        """Where the vocabulary is: the manifest's ``sourceVocab`` as written, else ``source_vocab.pt`` of the archive.

        :raises Exception: if there is neither.
        """
        named = ctx.manifest["model"].get("sourceVocab")
        if named:
            return named
        path = os.path.join(ctx.system_properties.get("model_dir"), "source_vocab.pt")
        if os.path.isfile(path):
            return path
        raise Exception(
            "Missing the source_vocab file. Refer default handler documentation for details on using text_handler."
        ) from FileNotFoundError(f"'{path}': pack the archive with --extra-files source_vocab.pt")

    def _expand_contractions(self, text: str) -> str:
        """Write contractions out, then drop every apostrophe that is left."""

        def expanded(match: re.Match[str]) -> str:
            found = match.group(0)
            expansion = CONTRACTION_MAP.get(found) or CONTRACTION_MAP[found.lower()]
            # The first letter keeps its case.
            return found[0] + expansion[1:]

        return CONTRACTIONS_PATTERN.sub(expanded, text).replace("'", "")

    def _remove_accented_characters(self, text: str) -> str:
        """Letters without their accents; what has no ASCII form is dropped."""
        return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")

    def _remove_html_tags(self, text: str) -> str:
        """Drop tags and entities."""
        return CLEANUP_REGEX.sub("", text)

    def _remove_punctuation(self, text: str) -> str:
        """Drop ASCII punctuation."""
        return text.translate(_PUNCTUATION)

    def _remove_puncutation(self, *args: Any, **kwargs: Any) -> str:
        return self._remove_punctuation(*args, **kwargs)

    def _tokenize(self, text: str) -> list[str]:
        """The text's tokens."""
        return self.tokenizer(text)

    def get_word_token(self, input_tokens: list[str]) -> list[str]:
        """Tokens without the mark by which byte-pair vocabularies show a space before a word."""
        return [token.replace("Ġ", "") for token in input_tokens]

    def summarize_attributions(self, attributions: torch.Tensor) -> torch.Tensor:
        """Softmax over dimension 1 (0 for one or three dimensions), divided by the norm of its sums over the last."""
        attributions = F.softmax(attributions, dim=0 if attributions.dim() in (0, 1, 3) else 1)
        return attributions / torch.norm(attributions.sum(dim=-1))

"""Tokenisers and n-grams for the text handlers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

# Applied one after the other, to text in lower case.
_BASIC_ENGLISH = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"'", " '  "),
        (r'"', ""),
        (r"\.", " . "),
        (r"<br />", " "),
        (r",", " , "),
        (r"\(", " ( "),
        (r"\)", " ) "),
        (r"!", " ! "),
        (r"\?", " ? "),
        (r";", " "),
        (r":", " "),
        (r"\s+", " "),
    )
]


def get_tokenizer(tokenizer: str | None, language: str = "en") -> Callable[[str], list[str]] | None:
    """The function that splits text into tokens.

    :param tokenizer: ``"basic_english"`` (lower case, punctuation apart), or ``None`` for splitting at white space.
        There is none of another name, and the result is ``None``.
    :param language: ``"en"``, else ``ValueError``.
    """
    if tokenizer is None:
        return str.split
    if tokenizer == "basic_english":
        if language != "en":
            raise ValueError("Basic normalization is only available for Enlish(en)")
        return _basic_english
    return None


def _basic_english(text: str) -> list[str]:
    text = text.lower()
    for pattern, replacement in _BASIC_ENGLISH:
        text = pattern.sub(replacement, text)
    return text.split()


def ngrams_iterator(token_list: Iterable[Any], ngrams: int) -> Iterator[Any]:
    """All tokens, then all pairs of neighbours joined by a space, then all triples, up to ``ngrams``.

    >>> list(ngrams_iterator(["here", "we", "are"], 2))
    ['here', 'we', 'are', 'here we', 'we are']
    """
    tokens = list(token_list)
    yield from tokens
    for size in range(2, ngrams + 1):
        for start in range(len(tokens) - size + 1):
            yield " ".join(tokens[start : start + size])

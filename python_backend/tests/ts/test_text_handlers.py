"""The text handlers: cleaning, vocabulary, prediction."""

from __future__ import annotations

import collections
import sys
from pathlib import Path
from typing import Any, Callable

import pytest
import torch

from ts.handler_utils.text_utils import get_tokenizer, ngrams_iterator
from ts.torch_handler.contractions import CONTRACTION_MAP
from ts.torch_handler.text_classifier import TextClassifier
from ts.torch_handler.text_handler import TextHandler

Make = Callable[..., Any]

MODEL = """
import torch

class Text(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.EmbeddingBag(20, 4)
        self.fc = torch.nn.Linear(4, 3)

    def forward(self, text, offsets):
        return self.fc(self.embedding(text, offsets))
"""

VOCABULARY = {token: index + 1 for index, token in enumerate(["the", "cat", "is", "not", "good", "the cat", "is not"])}


def handler_for(make_context: Make, folder: Path, vocabulary: Any, **more: Any) -> tuple[TextClassifier, Any]:
    torch.manual_seed(0)
    (folder / "text_of_test.py").write_text(MODEL)
    sys.modules.pop("text_of_test", None)
    if vocabulary is not None:
        torch.save(vocabulary, folder / "source_vocab.pt")
    context = make_context({"modelFile": "text_of_test.py"}, **more)
    handler = TextClassifier()
    assert handler.initialized is None
    handler.initialize(context)
    assert handler.initialized is True
    return handler, context


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("it isn't", "it is not"),
        ("i'm I'M", "i am I am"),
        ("CAN'T go", "Cannot go"),
        ("scan't", "scannot"),
        ("can't've", "cannotve"),
        ("ain't", "as not"),
        ("'cause", "ecause"),
        ("y'all're", "you allre"),
        ("Y'all'd've", "You alldve"),
        ("he'll've", "he willve"),
        ("how'd'y", "how didy"),
        ("shan't've sha'n't", "shall notve shall not"),
        ("o'clock ma'am", "of the clock madam"),
        ("'tis rock'n'roll its'", "tis rocknroll its"),
        ("WON'T've", "Will notve"),
    ],
)
def test_contractions_with_their_oddities(text: str, expanded: str) -> None:
    """Vocabularies were built with these."""
    assert TextHandler._expand_contractions(TextClassifier(), text) == expanded


def test_the_table_of_contractions() -> None:
    assert len(CONTRACTION_MAP) == 123
    assert CONTRACTION_MAP["she'd've"] == "she would have"
    assert CONTRACTION_MAP["he'll've"] == "he he will have"
    assert CONTRACTION_MAP["I've"] == "I have"
    assert "that've" not in CONTRACTION_MAP
    entries = list(CONTRACTION_MAP)
    assert all(entries.index(a) < entries.index(b) for a in entries for b in entries if a != b and b.startswith(a))


def test_the_steps_of_cleaning() -> None:
    handler = TextClassifier()
    assert handler._remove_accented_characters("Crème ﬁ ½ 日本") == "Creme fi 12 "
    assert handler._remove_html_tags("<b>x</b>a &amp; &AMP; <br\n/>") == "xa  &AMP; <br\n/>"
    assert handler._remove_punctuation("a,b.c-d_e!'\"“") == "abcde“"
    assert handler._remove_puncutation("a,b") == "ab"
    assert handler.get_word_token(["Ġa", "bĠ", "c"]) == ["a", "b", "c"]
    assert handler._tokenize('Hello, World! (it\'s) a "test".<br />x;y:z  ?') == (
        ["hello", ",", "world", "!", "(", "it", "'", "s", ")", "a", "test", ".", "x", "y", "z", "?"]
    )


def test_tokenizers() -> None:
    assert get_tokenizer(None)("A  b,c") == ["A", "b,c"]  # type: ignore[misc]
    assert get_tokenizer("spacy") is None
    with pytest.raises(ValueError, match=r"^Basic normalization is only available for Enlish\(en\)$"):
        get_tokenizer("basic_english", "de")


def test_ngrams() -> None:
    assert list(ngrams_iterator(["a", "b", "c"], 3)) == ["a", "b", "c", "a b", "b c", "a b c"]
    assert list(ngrams_iterator(iter(["a", "b"]), 1)) == ["a", "b"]
    assert list(ngrams_iterator([], 2)) == []


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_attributions_are_summarised(rows: int) -> None:
    values = torch.rand((4,) * rows)
    softened = torch.softmax(values, dim={1: 0, 2: 1, 3: 0}[rows])
    expected = softened / torch.norm(softened.sum(dim=-1))
    assert torch.allclose(TextClassifier().summarize_attributions(values), expected)


def test_preprocessing(make_context: Make, tmp_path: Path) -> None:
    handler, _ = handler_for(make_context, tmp_path, VOCABULARY)
    handler.source_vocab = collections.Counter(handler.source_vocab)
    indices, tokens = handler.preprocess([{"data": "<p>The Cät ISN'T good!"}])
    assert tokens == ["the", "cat", "is", "not", "good"]
    # Unigrams, then bigrams; a Counter has 0 for what it lacks.
    assert indices.tolist() == [1, 2, 3, 4, 5, 6, 0, 7, 0]


@pytest.mark.parametrize("value", ["the cat", b"the cat", bytearray(b"the cat")])
@pytest.mark.parametrize("key", ["data", "body"])
def test_a_prediction(make_context: Make, tmp_path: Path, labels: Any, key: str, value: Any) -> None:
    labels({"0": "bad", "1": "so so", "2": "good"})
    handler, context = handler_for(make_context, tmp_path, VOCABULARY)
    (answer,) = handler.handle([{key: value}], context)
    with torch.no_grad():
        scores = handler.model(torch.tensor([1, 2, 6]), torch.tensor([0]))
    assert list(answer) == ["bad", "so so", "good"]
    assert list(answer.values()) == pytest.approx(torch.softmax(scores, dim=1)[0].tolist(), abs=1e-6)


def test_only_the_first_request_is_read(make_context: Make, tmp_path: Path) -> None:
    handler, context = handler_for(make_context, tmp_path, VOCABULARY)
    assert len(handler.handle([{"data": "the cat"}, {"data": "good"}], context)) == 1


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"data": b"\xff\xfe"}, "the request's text is not UTF-8"),
        ({}, "the request should hold text, as its body or as the form field 'data', but holds nothing"),
        ({"body": bytearray()}, "the request's text has no words"),
        ({"data": "<br> ... !"}, "the request's text has no words"),
        ({"data": {"a": 1}}, "holds a JSON dict"),
        ({"data": ["a"]}, "holds a JSON list"),
    ],
)
def test_requests_without_text(make_context: Make, tmp_path: Path, row: dict[str, Any], message: str) -> None:
    handler, context = handler_for(make_context, tmp_path, VOCABULARY)
    with pytest.raises(ValueError, match=message):
        handler.handle([row], context)


def test_unknown_words(make_context: Make, tmp_path: Path) -> None:
    handler, _ = handler_for(make_context, tmp_path, VOCABULARY)
    with pytest.raises(KeyError, match="the vocabulary has no entry for 'dog': save it with a default"):
        handler.preprocess([{"data": "the dog"}])
    handler.source_vocab = {**VOCABULARY, "<unk>": 9}
    assert handler.preprocess([{"data": "the dog"}])[0].tolist() == [1, 9, 9]


def test_no_vocabulary(make_context: Make, tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"^Missing the source_vocab file\. Refer default handler documentation"):
        handler_for(make_context, tmp_path, None)


def test_a_vocabulary_named_by_the_manifest(
    make_context: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"a": 1}, "words.pt")
    (tmp_path / "text_of_test.py").write_text(MODEL)
    sys.modules.pop("text_of_test", None)
    handler = TextClassifier()
    context = make_context({"modelFile": "text_of_test.py", "sourceVocab": "words.pt"})
    assert handler.get_source_vocab_path(context) == "words.pt"
    handler.initialize(context)
    assert handler.source_vocab == {"a": 1}


class Vocabulary(dict):  # type: ignore[type-arg]
    """As torchtext's: an object of a class of its own."""


def test_a_pickled_vocabulary_needs_leave(make_context: Make, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"source_vocab\.pt' holds Python objects besides tensors"):
        handler_for(make_context, tmp_path, Vocabulary(VOCABULARY))
    handler, _ = handler_for(make_context, tmp_path, Vocabulary(VOCABULARY), yaml={"handler": {"weights_only": False}})
    assert handler.source_vocab["cat"] == 2

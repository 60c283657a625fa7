"""The parameters of a request, each checked as it is asked for."""

from __future__ import annotations

import json
from typing import Any

from ts.openai.errors import RequestError


class Fields:
    """Those of one JSON object. One that is null counts as one that is not there.

    :param body: the object.
    """

    def __init__(self, body: dict[str, Any]) -> None:
        self.body = body

    def refusal(self, name: str, takes: str) -> RequestError:
        """What a client is told whose parameter is missing or something else than what it ``takes``."""
        value = self.body.get(name)
        if value is None:
            return RequestError(f"Parameter {name} is required.", name)
        return RequestError(f"Parameter {name} takes {takes}, not {json.dumps(value)[:200]}.", name)

    def text(self, name: str, default: str | None = None) -> str:
        """A text. :raises RequestError: if it is none, or is missing without a default."""
        value = self._get(name, default)
        if not isinstance(value, str):
            raise self.refusal(name, "text")
        return value

    def flag(self, name: str) -> bool:
        """True or false; false where it is missing. :raises RequestError: if it is something else."""
        value = self._get(name, False)
        if not isinstance(value, bool):
            raise self.refusal(name, "true or false")
        return value

    def whole(self, name: str, least: int | None, default: int | None, most: int | None = None) -> int | None:
        """A whole number within bounds. :raises RequestError: if it is something else."""
        value = self.body.get(name)
        if value is None:
            return default
        within = "" if least is None else f" from {least}" + ("" if most is None else f" to {most}")
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.refusal(name, f"a whole number{within}")
        if (least is not None and value < least) or (most is not None and value > most):
            raise self.refusal(name, f"a whole number{within}")
        return int(value)

    def number(self, name: str, least: float, most: float, default: float) -> float:
        """A number within bounds. :raises RequestError: if it is something else."""
        value = self._get(name, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
            raise self.refusal(name, f"a number from {least} to {most}")
        return float(value)

    def texts(self, name: str) -> list[str]:
        """A text or a list of texts, none of them empty; an empty list where it is missing."""
        value = self._get(name, [])
        texts = [value] if isinstance(value, str) else value
        if not isinstance(texts, list) or not all(isinstance(text, str) and text for text in texts):
            raise self.refusal(name, "a text or a list of texts that are not empty")
        return texts

    def mapping(self, name: str) -> Fields:
        """Another object; an empty one where it is missing."""
        value = self._get(name, {})
        if not isinstance(value, dict):
            raise self.refusal(name, "an object")
        return Fields(value)

    def _get(self, name: str, default: Any) -> Any:
        value = self.body.get(name)
        return default if value is None else value


def one_or_more(fields: Fields, name: str) -> list[str | list[int]]:
    """Texts or lists of tokens, of which a request may bring one or a list."""
    value = fields.body.get(name)
    if isinstance(value, str) or (_are_tokens(value) and value):
        return [value]
    if isinstance(value, list) and value and all(isinstance(one, str) or _are_tokens(one) for one in value):
        return value
    raise fields.refusal(name, "a text, a list of tokens, or a list of texts or of lists of tokens")


def _are_tokens(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(token, int) and not isinstance(token, bool) for token in value)

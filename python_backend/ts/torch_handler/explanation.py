"""What explanations of all kinds share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def class_index(target: Any) -> Any:
    """The class to explain. Text and bytes, as a form field brings them, are read as a number; all else stays.

    :raises ValueError: for text that is no whole number.
    """
    if not isinstance(target, (str, bytes, bytearray)):
        return target
    text = target if isinstance(target, str) else bytes(target).decode("utf-8", "replace")
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"the field 'target' should be a class number such as 3, not {text!r}") from None


@contextmanager
def explaining(target: Any) -> Iterator[Any]:
    """Gives the class to explain, see :func:`class_index`, to the computation that it is wrapped around.

    :raises ValueError: if the model has no such class.
    """
    index = class_index(target)
    try:
        yield index
    except IndexError as error:
        raise ValueError(
            f"the field 'target' asks for class {index}, which the model does not have: {error}"
        ) from error

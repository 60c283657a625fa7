"""What explanations of all kinds share."""

from __future__ import annotations

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

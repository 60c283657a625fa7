"""One dimension (label) of a metric."""

from __future__ import annotations

from typing import Any


class Dimension:
    """A name and a value by which a metric can be told apart from others of its name."""

    def __init__(self, name: str, value: Any) -> None:
        self.name = name
        self.value = value

    def __str__(self) -> str:
        return f"{self.name}:{self.value}"

    def __repr__(self) -> str:
        return f"Dimension({self.name!r}, {self.value!r})"

    def to_dict(self) -> dict[str, Any]:
        """``{"Name": ..., "Value": ...}``."""
        return {"Name": self.name, "Value": self.value}

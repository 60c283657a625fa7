"""Switches of the default handlers: a model's yaml turns them for that model, the environment for all."""

from __future__ import annotations

import os
from typing import Any

_OFF = ("false", "0", "no", "off")


def is_on(name: str, variable: str, model_yaml_config: dict[str, Any] | None) -> bool:
    """Whether a switch is on, as it is unless somebody turned it off.

    :param name: in the yaml's section ``handler``: ``handler: {<name>: false}``.
    :param variable: of the environment, for models whose yaml says nothing.
    """
    section = (model_yaml_config or {}).get("handler")
    chosen = section.get(name) if isinstance(section, dict) else None
    if chosen is None:
        chosen = os.environ.get(variable, "true")
    return chosen.strip().lower() not in _OFF if isinstance(chosen, str) else bool(chosen)

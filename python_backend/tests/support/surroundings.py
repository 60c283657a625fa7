"""Where things are, and what a recorded metric looks like."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

PYTHON_BACKEND = Path(__file__).resolve().parents[2]
METRICS_YAML = PYTHON_BACKEND / "ts" / "configs" / "metrics.yaml"


class Recorded(NamedTuple):
    """One call of the metrics sink."""

    name: str
    unit: str
    kind: str
    value: float
    dimensions: list[tuple[str, str]]
    request_ids: list[str]

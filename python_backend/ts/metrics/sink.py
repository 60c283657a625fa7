"""Where recorded metrics go.

The worker runtime installs a sink, and every metric reaches it as typed values, whatever a handler does to the
logging configuration. Without a sink (a unit test, a script) metrics are written as log lines.
"""

from __future__ import annotations

from collections.abc import Callable

#: Receives ``(name, unit, type, value, dimensions, request_ids)``. ``unit`` is the long form (``"Milliseconds"``),
#: ``type`` is ``"COUNTER"``, ``"GAUGE"`` or ``"HISTOGRAM"``, ``dimensions`` a list of ``(name, value)`` pairs of
#: text in order, and ``request_ids`` is empty where the metric belongs to no request. It may be called from any thread
#: and should not raise.
Sink = Callable[[str, str, str, float, "list[tuple[str, str]]", "list[str]"], None]

_sink: Sink | None = None


def set_sink(sink: Sink | None) -> Sink | None:
    """Send all metrics of this process to ``sink``; ``None`` goes back to log lines. Returns the previous sink."""
    global _sink
    previous, _sink = _sink, sink
    return previous


def get_sink() -> Sink | None:
    """The sink in force, or ``None`` when metrics are written as log lines."""
    return _sink

"""The three kinds of metric."""

from __future__ import annotations

import enum


class MetricTypes(enum.Enum):
    """Counters add up, gauges hold the last value, histograms count values into buckets.

    The adding up is the frontend's: a worker reports each value as it was given.
    """

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"

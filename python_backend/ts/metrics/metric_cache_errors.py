"""What the metrics cache raises. Each is also the built-in error that fits.

=========================  ===============  ==========================================================
error                      is also a        raised for
=========================  ===============  ==========================================================
MetricsCacheIOError        OSError          a metrics file that cannot be read
MetricsCachePyYamlError    yaml.YAMLError   a metrics file that is not YAML
MetricsCacheTypeError      TypeError        an argument of the wrong type
MetricsCacheValueError     ValueError       an argument or section with a value that makes no sense
MetricsCacheKeyError       KeyError         a metric, or a key of the metrics file, that does not exist
GeneralMetricsCacheError   Exception        anything else that goes wrong while reading the file
=========================  ===============  ==========================================================
"""

from __future__ import annotations

import yaml


class MetricsCacheIOError(IOError):
    """The metrics file cannot be read."""

    def __init__(self, message: str) -> None:
        super().__init__(message)


class MetricsCachePyYamlError(yaml.YAMLError):
    """The metrics file is not valid YAML."""

    def __init__(self, message: str) -> None:
        super().__init__(message)


class MetricsCacheTypeError(TypeError):
    """An argument has the wrong type."""

    def __init__(self, message: str) -> None:
        super().__init__(message)


class MetricsCacheValueError(ValueError):
    """An argument has the right type but a value that cannot be used."""

    def __init__(self, message: str) -> None:
        super().__init__(message)


class MetricsCacheKeyError(KeyError):
    """A metric that is not in the cache, or a key missing from the metrics file."""

    def __init__(self, message: str) -> None:
        super().__init__(message)


class GeneralMetricsCacheError(Exception):
    """Any other failure while the metrics file is read."""

    def __init__(self, message: str) -> None:
        super().__init__(message)

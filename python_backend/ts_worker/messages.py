"""Message classes of proto/worker.proto, made at run time so that they suit every protobuf release from 4 on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PACKAGE = "torchbridge.worker.v1"
ATTACH = f"/{PACKAGE}.WorkerLink/Attach"

# Private, so that no handler's own descriptors can meet ours.
_pool = descriptor_pool.DescriptorPool()


def _read_descriptors() -> None:
    files = descriptor_pb2.FileDescriptorSet()
    files.ParseFromString(Path(__file__).with_name("worker_descriptor.bin").read_bytes())
    for file in files.file:
        _pool.AddSerializedFile(file.SerializeToString())


def _message(name: str) -> Any:
    descriptor = _pool.FindMessageTypeByName(f"{PACKAGE}.{name}")
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    older: Any = message_factory.MessageFactory(_pool)  # protobuf before 4.22
    return older.GetPrototype(descriptor)


def _constants(name: str) -> dict[str, int]:
    return {value.name: value.number for value in _pool.FindEnumTypeByName(f"{PACKAGE}.{name}").values}


_read_descriptors()

FromWorker: Any = _message("FromWorker")
ToWorker: Any = _message("ToWorker")
Hello: Any = _message("Hello")
Load: Any = _message("Load")
Loaded: Any = _message("Loaded")
Batch: Any = _message("Batch")
Request: Any = _message("Request")
BatchResult: Any = _message("BatchResult")
Answer: Any = _message("Answer")
Piece: Any = _message("Piece")
Metric: Any = _message("Metric")
MetricReport: Any = _message("MetricReport")


class Code:
    """What went wrong, or that nothing did: the numbers of the enum in worker.proto."""

    OK: int
    PREDICTION_FAILED: int
    INVALID_OUTPUT: int
    BATCH_MISMATCH: int
    UNSUPPORTED_OUTPUT: int
    OUT_OF_RESOURCES: int
    HANDLER_STATUS: int
    LOAD_FAILED: int
    LOAD_OUT_OF_MEMORY: int


class MetricType:
    """The numbers of the enum in worker.proto."""

    COUNTER: int
    GAUGE: int
    HISTOGRAM: int


for _enum in (Code, MetricType):
    for _name, _number in _constants(_enum.__name__).items():
        setattr(_enum, _name, _number)

PYTHON_VERSION = ".".join(map(str, sys.version_info[:3]))

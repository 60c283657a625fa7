"""HTTP/2 as bytes: the frames of RFC 9113 that one gRPC call needs."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8

END_STREAM = ACK = 0x1
END_HEADERS = 0x4
PADDED = 0x8

# Names of settings.
HEADER_TABLE_SIZE, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE = 1, 4, 5

#: What both sides begin with.
FIRST_WINDOW = (1 << 16) - 1
FIRST_FRAME_SIZE = 1 << 14
LARGEST_WINDOW = (1 << 31) - 1

_HEAD = struct.Struct(">HBBBI")
_SETTING = struct.Struct(">HI")
_NUMBER = struct.Struct(">I")


class Frame(NamedTuple):
    """One frame as it was received."""

    kind: int
    flags: int
    stream: int
    payload: bytes

    @property
    def data(self) -> bytes:
        """The payload of a DATA frame, without its padding."""
        return self.payload[1 : len(self.payload) - self.payload[0]] if self.flags & PADDED else self.payload

    @property
    def number(self) -> int:
        """The 31 bits that the payload of a WINDOW_UPDATE is, and the code that the one of a RST_STREAM is."""
        return int(_NUMBER.unpack_from(self.payload)[0] & LARGEST_WINDOW)

    def settings(self) -> dict[int, int]:
        """What a SETTINGS frame sets."""
        return dict(_SETTING.iter_unpack(self.payload))


def head(length: int, kind: int, flags: int, stream: int) -> bytes:
    """What stands before a payload of so many bytes."""
    return _HEAD.pack(length >> 8, length & 0xFF, kind, flags, stream)


def settings(values: dict[int, int]) -> bytes:
    payload = b"".join(_SETTING.pack(name, value) for name, value in values.items())
    return head(len(payload), SETTINGS, 0, 0) + payload


def window_update(stream: int, more: int) -> bytes:
    return head(_NUMBER.size, WINDOW_UPDATE, 0, stream) + _NUMBER.pack(more)


def headers(stream: int, fields: dict[str, str]) -> bytes:
    """Spelled out, each name and value shorter than 127 bytes: no table is kept, and so none can differ."""
    block = b"".join(b"\0" + _text(name) + _text(value) for name, value in fields.items())
    return head(len(block), HEADERS, END_HEADERS, stream) + block


def _text(value: str) -> bytes:
    return bytes((len(value),)) + value.encode("ascii")


class FrameReader:
    """Cuts what is received into frames."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are complete with these bytes. To be read to the end before the next bytes are fed."""
        if self._rest:
            data = self._rest + data
        at, end = 0, len(data)
        while end - at >= _HEAD.size:
            high, low, kind, flags, stream = _HEAD.unpack_from(data, at)
            begin = at + _HEAD.size
            after = begin + (high << 8 | low)
            if after > end:
                break
            yield Frame(kind, flags, stream, data[begin:after])
            at = after
        self._rest = data[at:]

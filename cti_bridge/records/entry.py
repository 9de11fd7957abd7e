"""How entries stand in a file of the spool, so that one cut short or damaged is known for what it is.

An entry is its body's length and CRC-32, four bytes each, then the body: the
length of the kind in one byte, the kind, the payload.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import NamedTuple

_HEAD = struct.Struct("<II")


class Read(NamedTuple):
    """An entry as read, and where in the bytes it ends."""

    kind: str
    payload: bytes
    end: int


@dataclass(frozen=True, slots=True)
class Incomplete:
    """The bytes end before the entry does. ``needed``: how many it takes at least."""

    needed: int


class Broken:
    """What stands here is no entry of ours, or one that was damaged."""


def encode(kind: bytes, payload: bytes) -> bytes:
    """One entry. ``kind`` is 1 to 255 bytes of UTF-8."""
    body = b"%c%b%b" % (len(kind), kind, payload)
    return _HEAD.pack(len(body), zlib.crc32(body)) + body


def read(data: bytes, at: int, longest: int) -> Read | Incomplete | Broken:
    """The entry that begins at ``at``. No entry is longer than ``longest`` bytes with its head."""
    begin = at + _HEAD.size
    if begin > len(data):
        return Incomplete(_HEAD.size)
    length, checksum = _HEAD.unpack_from(data, at)
    # A file that a power cut left with zeros at its end is made of entries of length 0.
    if length < 2 or _HEAD.size + length > longest:
        return Broken()
    end = begin + length
    if end > len(data):
        return Incomplete(_HEAD.size + length)
    body = data[begin:end]
    if zlib.crc32(body) != checksum:
        return Broken()
    kind_end = 1 + body[0]
    return Read(body[1:kind_end].decode(), body[kind_end:], end)

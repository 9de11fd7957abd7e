"""Up to where the spool's entries are written, kept in a file beside them."""

from __future__ import annotations

import os
import struct
import zlib
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_FORM = struct.Struct("<QQI")


class Position(NamedTuple):
    """Behind an entry. ``entries``: how many of its file are before it, counted since that was opened."""

    segment: int
    offset: int
    entries: int


BEGINNING = Position(0, 0, 0)


def save(path: Path, position: Position) -> None:
    """Keep ``position``. On a fault of the disk an older one stays, and entries are written twice."""
    with suppress(OSError):
        # In place: a new file for each batch would cost more, and one that is torn is not believed.
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(fd, _FORM.pack(position.segment, position.offset, _checksum(position)))
        finally:
            os.close(fd)


def load(path: Path) -> Position:
    """The position kept, or the beginning when none is that can be believed. Raises: OSError."""
    data = path.read_bytes() if path.exists() else b""
    if len(data) == _FORM.size:
        segment, offset, checksum = _FORM.unpack(data)
        kept = Position(segment, offset, 0)
        if checksum == _checksum(kept):
            return kept
    return BEGINNING


def _checksum(position: Position) -> int:
    return zlib.crc32(_FORM.pack(position.segment, position.offset, 0))

"""Dead letters: entries that PostgreSQL refuses for good, kept in a file for a person to read."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import structlog

_log = structlog.get_logger(__name__)

# Each is a fault of ours, of which a few tell as much as all.
MAX_BYTES = 16 * 1024 * 1024


class DeadLetters:
    """One JSON object a line: when, what kind, why, the payload. Private: callers' numbers are in it."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        self.path = path
        self._max_bytes = max_bytes

    def add(self, kind: str, payload: bytes, error: Exception) -> None:
        """Keep one. Past ``max_bytes``, or when the disk fails, the log alone tells of it."""
        # Not the error's words: they quote the row, and the caller's number in it.
        _log.error("record_refused", kind=kind, cause=type(error).__name__, kept_in=str(self.path))
        cause = f"{type(error).__name__}: {error}".encode(errors="backslashreplace")
        line = {
            "at": datetime.now(UTC),
            "kind": kind,
            "cause": cause.decode(),
            "payload": payload.decode(errors="backslashreplace"),
        }
        data = msgspec.json.encode(line) + b"\n"
        try:
            fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                if os.fstat(fd).st_size + len(data) <= self._max_bytes:
                    os.write(fd, data)
                    os.fsync(fd)
            finally:
                os.close(fd)
        except OSError as failure:
            _log.error("record_refused_not_kept", kind=kind, cause=failure.strerror)

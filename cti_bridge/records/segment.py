"""One file of the spool: appended to by one process, read, cut where it is damaged, removed when done."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cti_bridge.records.entry import Incomplete, Read, read

SUFFIX = ".entries"
# A read holds up the event loop: 64 KiB are split and checked in 0.3 ms.
CHUNK_BYTES = 64 * 1024


@dataclass(slots=True)
class Segment:
    """``size`` and ``entries`` are what is sound in it. ``fd`` is open from the first entry to the sync."""

    path: Path
    size: int = 0
    entries: int = 0
    fd: int | None = None
    is_synced: bool = True

    @property
    def number(self) -> int:
        """Later files have higher numbers."""
        return int(self.path.stem)

    @property
    def is_removed(self) -> bool:
        """Whether somebody removed the file while it is written to."""
        return self.fd is not None and os.fstat(self.fd).st_nlink == 0

    def append(self, data: bytes) -> None:
        """Write one entry, whole or not at all; it is closed when its end cannot be told. Raises: OSError."""
        if self.fd is None:
            raise OSError("the file is closed")
        try:
            if os.write(self.fd, data) < len(data):
                raise OSError("the disk is full")
        except OSError:
            try:
                os.ftruncate(self.fd, self.size)
            except OSError:
                self.close()
            raise
        self.size += len(data)
        self.entries += 1
        self.is_synced = False

    def read_from(self, offset: int, longest: int) -> Iterator[Read]:
        """The entries from ``offset`` on, ``end`` counted from the file's beginning.

        It ends before ``size`` where what stands there is no entry.

        Raises: OSError when the disk cannot be read now.
        """
        base, data, at = offset, b"", 0
        while base + at < self.size:
            found = read(data, at, longest)
            if isinstance(found, Read):
                at = found.end
                yield found._replace(end=base + at)
                continue
            if not isinstance(found, Incomplete):
                return
            base, at = base + at, 0
            data = self._load(base, max(CHUNK_BYTES, found.needed))
            if len(data) < found.needed:
                return

    def _load(self, offset: int, size: int) -> bytes:
        try:
            with self.path.open("rb") as file:
                file.seek(offset)
                return file.read(size)
        except FileNotFoundError:
            return b""

    def close(self) -> None:
        """Write no more to it."""
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None

    def remove(self) -> None:
        """Close it and take it off the disk, if that can be done now."""
        self.close()
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


def create(folder: Path, number: int) -> Segment:
    """A new file that only we may read. Raises: OSError."""
    path = folder / f"{number:012d}{SUFFIX}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
    return Segment(path, fd=os.open(path, flags, 0o600))


def find(folder: Path) -> list[Segment]:
    """The files another process left, oldest first; their entries are not counted yet. Raises: OSError."""
    paths = sorted(folder.glob(f"*{SUFFIX}"))
    return [Segment(path, size=path.stat().st_size) for path in paths if path.stem.isdecimal()]


async def sync(folder: Path, segments: Iterable[Segment]) -> None:
    """See that what was appended so far survives a power cut. Raises: OSError."""
    fresh = [segment for segment in segments if not segment.is_synced]
    # Copies, since a file that is done is closed, and its number is another's by then.
    fds = [os.dup(segment.fd) for segment in fresh if segment.fd is not None]
    for segment in fresh:
        segment.is_synced = True
    try:
        await asyncio.to_thread(_sync, folder, fds)
    except OSError:
        for segment in fresh:
            segment.is_synced = False
        raise


def _sync(folder: Path, fds: list[int]) -> None:
    try:
        for fd in fds:
            os.fsync(fd)
        # A new file is found again only once its folder is synced too.
        names = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(names)
        finally:
            os.close(names)
    finally:
        for fd in fds:
            os.close(fd)

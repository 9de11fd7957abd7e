"""The spool: what is to be written to PostgreSQL waits here in order, on disk, and outlives the process.

Files that are only appended to, not SQLite: a put takes 5 µs beside 20 µs in
WAL mode, which now and then syncs in the caller's thread too, for 2 to 60 ms.
Other ready-made queues pickle, or commit through SQLite themselves.

What ``put`` took survives the death of the process at any moment. A power cut
costs what came after the last ``sync``.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeAlias

import structlog

from cti_bridge.errors import Unavailable
from cti_bridge.records import entry, position, segment
from cti_bridge.records.position import Position
from cti_bridge.records.segment import CHUNK_BYTES, Segment
from cti_bridge.storage.folder import SETTING, lock, open_folder

_log = structlog.get_logger(__name__)

# A file goes when all in it is written, so this bounds what a start scans or writes a second time.
SEGMENT_BYTES = 8 * 1024 * 1024
# A full spool takes a small entry now and then: it is called well again only when there is room.
_ROOM_AGAIN = 0.9

OnLost: TypeAlias = Callable[[str, int], None]


class Entry(NamedTuple):
    """What was put, and the position behind it."""

    kind: str
    payload: bytes
    position: Position


class Spool:
    """Entries in the order in which they were put, until they are done. For one thread and one reader.

    At most ``max_bytes`` are on disk. When they are reached the newest entry is
    refused: what waits stays whole and in order, and of a call that goes on a
    later record says again what the refused one said. ``on_lost(reason,
    entries)`` is told of all that will not be written: ``full``, ``disk`` (it
    cannot be written to), ``torn`` (the process died in a put), ``damaged``
    and ``removed`` (by somebody else). ``arrived`` is set by every put.

    Raises: Unavailable when the folder cannot be used or another bridge uses it.
    """

    def __init__(
        self,
        folder: Path,
        *,
        max_bytes: int,
        on_lost: OnLost = lambda reason, entries: None,
        segment_bytes: int = SEGMENT_BYTES,
    ) -> None:
        self.arrived = asyncio.Event()
        self.folder = open_folder(folder.parent) / folder.name
        self._max_bytes = max_bytes
        self._segment_bytes = min(segment_bytes, max(1, max_bytes // 8))
        self._on_lost = on_lost
        self._kinds: dict[str, bytes] = {}
        self._segments: dict[int, Segment] = {}
        self._current: Segment | None = None
        self._bytes = 0
        self._trouble = ""
        self._lost = 0
        self._lock: int | None = None
        try:
            self._own_folder()
            self._done = position.load(self.folder / "position")
            for left in segment.find(self.folder):
                self._take_over(left)
        except OSError as error:
            raise Unavailable(SETTING, f"{self.folder} cannot be used: {error.strerror}") from error
        self._next = max([self._done.segment, *self._segments]) + 1
        if self.depth:
            self.arrived.set()

    @property
    def depth(self) -> int:
        """How many entries wait."""
        entries = sum(segment.entries for segment in self._segments.values())
        return entries - (self._done.entries if self._done.segment in self._segments else 0)

    @property
    def fill(self) -> float:
        """How much of ``max_bytes`` is in use, 0 to 1."""
        return self._bytes / self._max_bytes

    @property
    def is_synced(self) -> bool:
        """Whether a power cut would cost nothing."""
        return all(segment.is_synced for segment in self._segments.values())

    def put(self, kind: str, payload: bytes) -> None:
        """Keep an entry. Never raises for a fault of the disk: what cannot be kept is lost, and told."""
        name = self._kinds.get(kind) or self._kinds.setdefault(kind, kind.encode())
        data = entry.encode(name, payload)
        if self._bytes + len(data) > self._max_bytes:
            self._lose_while("full", f"{self._max_bytes} bytes wait")
            return
        try:
            self._segment_for(len(data)).append(data)
        except (OSError, Unavailable) as error:
            self._lose_while("disk", str(error))
            return
        self._bytes += len(data)
        if self._trouble and (self._trouble != "full" or self.fill < _ROOM_AGAIN):
            _log.warning("records_kept_again", lost=self._lost)
            self._trouble, self._lost = "", 0
        self.arrived.set()

    def take(self, limit: int) -> list[Entry]:
        """The oldest entries, at most ``limit``, and the same again until they are done.

        Raises: OSError when the disk cannot be read now.
        """
        taken: list[Entry] = []
        room = CHUNK_BYTES
        for source in list(self._segments.values()):
            _, end, entries = self._done if self._done.segment == source.number else (0, 0, 0)
            for found in source.read_from(end, self._max_bytes):
                end, entries = found.end, entries + 1
                taken.append(Entry(found.kind, found.payload, Position(source.number, end, entries)))
                room -= len(found.payload)
                if len(taken) >= limit or room <= 0:
                    return taken
            if end < source.size:
                self._cut(source, end, entries)
        return taken

    def done(self, upto: Position) -> None:
        """Everything up to there is written for good and need not be kept."""
        self._done = upto
        position.save(self.folder / "position", upto)
        for each in list(self._segments.values()):
            is_over = each.number == upto.segment and upto.offset >= each.size
            if each.number < upto.segment or (is_over and each is not self._current):
                self._drop(each)

    async def sync(self) -> None:
        """See that what was put so far survives a power cut too. Raises: OSError."""
        await segment.sync(self.folder, self._segments.values())
        for each in self._segments.values():
            if each is not self._current and each.is_synced:
                each.close()

    def close(self) -> None:
        """Let another process have the folder. What waits stays there."""
        for each in self._segments.values():
            each.close()
        self._current = None
        self._let_go()

    def _own_folder(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = lock(self.folder, "spool")

    def _let_go(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _segment_for(self, size: int) -> Segment:
        current = self._current
        if current is not None and current.fd is not None:
            if current.is_removed:
                self._forget_removed()
            elif not current.size or current.size + size <= self._segment_bytes:
                return current
        if self._lock is None:
            self._own_folder()
        self._current = self._segments[self._next] = segment.create(self.folder, self._next)
        self._next += 1
        return self._current

    def _take_over(self, left: Segment) -> None:
        """Count what another process left in a file; what is no entry at its end goes."""
        end = min(self._done.offset, left.size) if left.number == self._done.segment else 0
        for found in left.read_from(end, self._max_bytes):
            end = found.end
            left.entries += 1
        if end < left.size:
            self._lose("torn", f"{left.path}: {left.size - end} bytes from byte {end} on are no entry", 1)
            os.truncate(left.path, end)
        left.size = end
        self._segments[left.number] = left
        self._bytes += end
        if left.number < self._done.segment or not left.entries:
            self._drop(left)

    def _cut(self, changed: Segment, size: int, entries: int) -> None:
        """Somebody changed the file under us: leave the rest of it."""
        lost = changed.entries - entries
        self._bytes -= changed.size - size
        changed.size, changed.entries = size, entries
        if changed is self._current:
            self._current = None
        self._lose("damaged", f"{changed.path} at byte {size}", lost)

    def _drop(self, over: Segment) -> None:
        over.remove()
        del self._segments[over.number]
        self._bytes -= over.size

    def _forget_removed(self) -> None:
        """Somebody removed the folder: what waited there is gone, what comes goes to a new one."""
        lost = self.depth
        for each in self._segments.values():
            each.close()
        self._segments.clear()
        self._current = None
        self._bytes = 0
        self._let_go()
        self._lose("removed", str(self.folder), lost)

    def _lose_while(self, reason: str, cause: str) -> None:
        """An entry is lost, as others may be until there is room again: said once."""
        self._lost += 1
        if self._trouble != reason:
            self._trouble = reason
            _log.error("records_lost", setting=SETTING, reason=reason, cause=cause, waiting=self.depth)
        self._on_lost(reason, 1)

    def _lose(self, reason: str, cause: str, entries: int) -> None:
        _log.error("records_lost", setting=SETTING, reason=reason, cause=cause, entries=entries)
        if entries:
            self._on_lost(reason, entries)

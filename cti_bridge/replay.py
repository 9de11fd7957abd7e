"""Replays a recording through the call model, and says what became of each call.

The call model is the bridge's own, so a replay answers what a bridge made of
the same events. Who works there is taken from the recording itself, unless it
is given: a telephone named by an extension is an agent of that name.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cti_bridge.calls.effects import RecordCall
from cti_bridge.calls.events import CallEvent, ChannelCreated, RosterChanged
from cti_bridge.calls.ids import AgentId, Endpoint, PbxId
from cti_bridge.calls.queue_events import MemberChanged
from cti_bridge.calls.record import CallRecord
from cti_bridge.calls.reducer import reduce
from cti_bridge.calls.snapshot import Snapshot
from cti_bridge.calls.state import DETOUR, Live
from cti_bridge.errors import PeerError
from cti_bridge.pbx.playback import Playback

PBX = PbxId("recorded")
# Some 150 events, so that a paced replay can be stopped, and a bar drawn.
_CHUNK_BYTES = 65_536
# Extensions are short; a trunk that is named by its number is not.
_EXTENSION = re.compile(r"[A-Za-z0-9]+/(\d{2,6})")


@dataclass(slots=True)
class Replayed:
    """What a whole recording was. ``notes``: what whoever reads the calls must know."""

    blocks: int = 0
    events: int = 0
    calls: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    unlisted: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """For people."""
        parts = [f"{self.blocks} blocks, {self.events} events, {self.calls} calls"]
        if self.skipped:
            parts.append(f"not trusted: {_counts(self.skipped)}")
        if self.unlisted:
            parts.append(f"unlisted transitions: {_counts(self.unlisted)}")
        return ["; ".join(parts), *self.notes]


class Seating:
    """Who sits where: those given, or else every queue member and every telephone named by an extension."""

    def __init__(self, given: Mapping[Endpoint, AgentId]) -> None:
        self._is_given = bool(given)
        self._seats = dict(given)
        self._has_changed = self._is_given

    def before(self, event: CallEvent) -> Iterator[RosterChanged]:
        """The change of seats that goes before an event which tells of a telephone not known yet."""
        if not self._is_given:
            for endpoint, is_member in _telephones(event):
                extension = _EXTENSION.fullmatch(endpoint)
                if endpoint not in self._seats and (extension or is_member):
                    name = extension[1] if extension else endpoint.partition("/")[2] or endpoint
                    self._seats[endpoint] = AgentId(name)
                    self._has_changed = True
        if self._has_changed:
            self._has_changed = False
            yield RosterChanged(PBX, event.at_s, tuple(self._seats.items()))


async def replay(
    file: Path,
    *,
    speed: float = 0.0,
    agents: Mapping[Endpoint, AgentId] | None = None,
    region: str = "JP",
    on_call: Callable[[CallRecord], None],
) -> Replayed:
    """Run a recording through the model; ``on_call`` is given each call as it ends, then those still live.

    ``speed``: how many times as fast as it happened, 0 for as fast as can be.

    Raises:
        PeerError: the file cannot be read, or is no recording of AMI.

    """
    live, seating, playback = Live(region=region), Seating(agents or {}), Playback(PBX)
    found = Replayed()
    pace = _Pace(speed)
    async for events in _read(file, playback):
        for event in events:
            await pace.until(event.at_s)
            found.events += 1
            for known in (*seating.before(event), event):
                for effect in reduce(live, known):
                    if isinstance(effect, RecordCall) and effect.record.ended_at_s is not None:
                        found.calls += 1
                        on_call(effect.record)
    for call in _unfinished(live):
        found.calls += 1
        on_call(call)
    found.blocks, found.skipped, found.unlisted = playback.blocks, playback.skipped, live.unlisted
    if not playback.is_whole:
        end = f"byte {playback.size_bytes}"
        found.notes.append(f"{file}: {end}: it ends within a block; what came after is not known")
    return found


class _Pace:
    """Waits until an event is due."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._first: tuple[float, float] | None = None

    async def until(self, at_s: float) -> None:
        """Return when what happened at ``at_s`` is due."""
        if not self._speed:
            return
        if self._first is None:
            self._first = at_s, time.monotonic()
        happened_s, began_s = self._first
        due_s = began_s + (at_s - happened_s) / self._speed
        await asyncio.sleep(max(0.0, due_s - time.monotonic()))


async def _read(file: Path, playback: Playback) -> AsyncIterator[list[CallEvent]]:
    """The events of a file, chunk by chunk; other tasks have their turn between two."""
    try:
        with file.open("rb") as data:
            head = data.read(_CHUNK_BYTES)
            chunk = head
            while chunk:
                yield playback.feed(chunk)
                await asyncio.sleep(0)
                chunk = data.read(_CHUNK_BYTES)
    except PeerError:
        raise PeerError(f"{file}: byte 0: is no AMI recording: it begins with {head[:40]!r}") from None
    except OSError as error:
        raise PeerError(f"{file}: {error.strerror}") from None
    yield playback.end()
    if not playback.blocks:
        what = "is no AMI recording: " if head and not playback.has_greeted else ""
        raise PeerError(f"{file}: byte {playback.size_bytes}: {what}it ends before the first event")


def _telephones(event: CallEvent) -> Iterator[tuple[Endpoint, bool]]:
    """The telephones an event tells of, and whether each serves a queue; what leads to one is none."""
    found: list[tuple[Endpoint, bool]] = []
    match event:
        case ChannelCreated():
            found = [(event.endpoint, False)]
        case MemberChanged():
            found = [(event.endpoint, True)]
        case Snapshot():
            found = [(member.endpoint, True) for member in event.members]
            found += [(channel.endpoint, False) for channel in event.channels]
    for endpoint, is_member in found:
        if not endpoint.startswith(DETOUR):
            yield endpoint, is_member


def _unfinished(live: Live) -> list[CallRecord]:
    calls = [call.record() for tables in live.pbxs.values() for call in tables.calls.values()]
    return sorted(calls, key=lambda record: (record.started_at_s, record.call_id))


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in counts.most_common())

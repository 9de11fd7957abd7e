"""How the spool holds what is told of calls: JSON that later versions of the bridge still read.

A field added later gets a default here. Any other change of form raises
``VERSION`` and adds the step that lifts what the version before left behind.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Final, Self, TypeAlias

import msgspec

from cti_bridge.calls.effects import RecordCall

VERSION: Final = 1
# The n-th lifts what version n wrote, as plain dicts and lists, to version n + 1.
_LIFTS: tuple[Callable[[dict[str, Any]], dict[str, Any]], ...] = ()


class Span(msgspec.Struct, frozen=True):
    """A time in one place. ``ended_at_s`` is missing while it lasts."""

    began_at_s: float
    ended_at_s: float | None

    @property
    def place(self) -> str:
        """Nothing is in the same place twice at once."""
        return ""

    def closed(self, at_s: float) -> Self:
        """Over at ``at_s``, its end unseen."""
        return msgspec.structs.replace(self, ended_at_s=at_s)


class StoredHold(Span, frozen=True):
    """See ``effects.Hold``."""


class StoredWait(Span, frozen=True):
    """See ``effects.QueueWait``."""

    began_at_s: float = msgspec.field(name="entered_at_s")
    ended_at_s: float | None = msgspec.field(name="left_at_s")
    queue: str
    outcome: str

    @property
    def place(self) -> str:
        """The queue."""
        return self.queue

    def closed(self, at_s: float) -> Self:
        """Over at ``at_s``, neither answered nor abandoned as far as is known."""
        return msgspec.structs.replace(self, ended_at_s=at_s, outcome="left")


class StoredPark(Span, frozen=True):
    """See ``effects.Park``."""

    slot: str
    by: str | None
    how: str | None

    @property
    def place(self) -> str:
        """The slot."""
        return self.slot


class StoredStint(msgspec.Struct, frozen=True):
    """See ``effects.Stint``."""

    offer_id: str
    agent_id: str
    endpoint: str
    rang_at_s: float
    answered_at_s: float | None
    ended_at_s: float | None
    end: str | None
    holds: tuple[StoredHold, ...]
    transferred_by: str | None


class StoredTransfer(msgspec.Struct, frozen=True):
    """See ``effects.Transfer``."""

    kind: str
    at_s: float
    by: str | None
    to: str


class StoredCaller(msgspec.Struct, frozen=True):
    """See ``numbers.Caller``."""

    kind: str
    e164: str | None
    display: str


class StoredCall(msgspec.Struct, frozen=True):
    """See ``effects.CallRecord``."""

    call_id: str
    pbx: str
    direction: str
    caller: StoredCaller
    caller_name: str
    dialled: str
    started_at_s: float
    answered_at_s: float | None
    ended_at_s: float | None
    outcome: str | None
    queue_waits: tuple[StoredWait, ...]
    stints: tuple[StoredStint, ...]
    transfers: tuple[StoredTransfer, ...]
    parks: tuple[StoredPark, ...]
    has_gap: bool


class StoredRecord(msgspec.Struct, frozen=True, tag="record"):
    """One record as told: ``run`` says by which run of the bridge, ``revision`` when, in microseconds."""

    run: int
    revision: int
    record: StoredCall
    absorbed: str | None = None


class StoredLoss(msgspec.Struct, frozen=True, tag="lost"):
    """Of the calls of ``pbx`` that were told of before ``revision``, only ``live`` still live."""

    revision: int
    pbx: str
    live: tuple[str, ...]
    at_s: float


Told: TypeAlias = StoredRecord | StoredLoss


class _Head(msgspec.Struct):
    v: int


_head = msgspec.json.Decoder(_Head)
_told: msgspec.json.Decoder[Told] = msgspec.json.Decoder(Told)


def encode_record(effect: RecordCall, run: int, revision: int) -> bytes:
    """Raises: ValueError when a text is not Unicode."""
    return msgspec.json.encode(
        {
            "v": VERSION,
            "type": "record",
            "run": run,
            "revision": revision,
            "record": effect.record,
            "absorbed": effect.absorbed,
        }
    )


def encode_loss(pbx: str, live: Collection[str], at_s: float, revision: int) -> bytes:
    """Raises: ValueError when a text is not Unicode."""
    loss = {"v": VERSION, "type": "lost", "revision": revision, "pbx": pbx, "live": sorted(live)}
    return msgspec.json.encode(loss | {"at_s": at_s})


def decode(payload: bytes) -> Told:
    """Raises: msgspec.DecodeError when it is not ours, or a later version's."""
    version = _head.decode(payload).v
    if version == VERSION:
        return _told.decode(payload)
    if not 0 < version < VERSION:
        raise msgspec.DecodeError(f"version {version} is not one this bridge knows")
    plain = msgspec.json.decode(payload)
    for lift in _LIFTS[version - 1 :]:
        plain = lift(plain)
    lifted: Told = msgspec.convert(plain, type=Told)
    return lifted

"""Commands to a PBX and what came of them, in no vendor's spelling.

A command names channels and telephones as events do. It counts as ``Done``
only when an event of the PBX says so; what was asked for and not seen to
happen is ``Unconfirmed``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from cti_bridge.calls.ids import ChannelId, Endpoint, PbxId, QueueId


class RefusalCode(StrEnum):
    """Why nothing was done. The page has a sentence for each."""

    NOT_ALLOWED = "not_allowed"
    NOT_FOUND = "not_found"
    WRONG_STATE = "wrong_state"
    NOT_SUPPORTED = "not_supported"
    NOT_PERMITTED_AT_PBX = "not_permitted_at_pbx"
    PBX_AWAY = "pbx_away"
    UNAVAILABLE = "unavailable"
    BAD_NUMBER = "bad_number"
    BUSY = "busy"
    UNREACHABLE = "unreachable"
    KEY_REUSED = "key_reused"
    TOO_MANY = "too_many"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Done:
    """The PBX said that it happened. ``detail``: what it chose, for example the parking slot."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was done. ``detail`` is for developers and administrators, ``code`` for people."""

    code: RefusalCode
    detail: str


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """The PBX was asked and no event told of it within ``waited_s``: it may yet happen."""

    waited_s: float
    detail: str


Result: TypeAlias = Done | Refused | Unconfirmed


class SpyMode(StrEnum):
    """``LISTEN``: hears both. ``WHISPER``: the agent hears it too. ``BARGE``: everybody does."""

    LISTEN = "listen"
    WHISPER = "whisper"
    BARGE = "barge"


@dataclass(frozen=True, slots=True)
class Membership:
    """A telephone in one queue. ``interface`` is what the PBX calls it there."""

    queue: QueueId
    interface: str


@dataclass(frozen=True, slots=True)
class Originate:
    """Call ``endpoint``, and once it answers, ``number``. ``channel`` is the ID its channel shall bear."""

    pbx: PbxId
    channel: ChannelId
    endpoint: Endpoint
    number: str
    name: str


@dataclass(frozen=True, slots=True)
class BlindTransfer:
    """Send the other side of ``channel`` to ``target``, and let ``channel`` go."""

    pbx: PbxId
    channel: ChannelId
    target: str


@dataclass(frozen=True, slots=True)
class BeginTransfer:
    """Keep the other side waiting and let ``channel`` have a word with ``target``."""

    pbx: PbxId
    channel: ChannelId
    target: str


@dataclass(frozen=True, slots=True)
class CompleteTransfer:
    """Join whom ``channel`` keeps waiting to whom it has a word with, answered or not, and let it go."""

    pbx: PbxId
    channel: ChannelId


@dataclass(frozen=True, slots=True)
class CancelTransfer:
    """End the word with the target; ``channel`` is back with the one who waits."""

    pbx: PbxId
    channel: ChannelId


@dataclass(frozen=True, slots=True)
class HangUp:
    """End ``channel``."""

    pbx: PbxId
    channel: ChannelId


@dataclass(frozen=True, slots=True)
class Park:
    """Put ``channel``, the customer's, into a parking slot; back to ``by`` when nobody fetches it."""

    pbx: PbxId
    channel: ChannelId
    by: ChannelId


@dataclass(frozen=True, slots=True)
class SetHold:
    """Have the telephone on ``channel`` put the other side on hold, or take it back."""

    pbx: PbxId
    channel: ChannelId
    is_held: bool


@dataclass(frozen=True, slots=True)
class Pause:
    """Keep queue calls from a telephone, or let them come again, in all these queues."""

    pbx: PbxId
    members: tuple[Membership, ...]
    is_paused: bool
    reason: str


@dataclass(frozen=True, slots=True)
class AddMember:
    """Let ``endpoint`` serve ``queue``. Done already when it does."""

    pbx: PbxId
    queue: QueueId
    endpoint: Endpoint
    penalty: int
    name: str


@dataclass(frozen=True, slots=True)
class RemoveMember:
    """Take a telephone out of ``queue``. Done already when it is not in it."""

    pbx: PbxId
    queue: QueueId
    endpoint: Endpoint
    interface: str


@dataclass(frozen=True, slots=True)
class StartRecording:
    """Record what is said on ``channel`` into ``file``, a bare name."""

    pbx: PbxId
    channel: ChannelId
    file: str


@dataclass(frozen=True, slots=True)
class MuteRecording:
    """Silence the recording of the first of ``channels`` that is recorded, or let it hear again."""

    pbx: PbxId
    channels: tuple[ChannelId, ...]
    is_muted: bool


@dataclass(frozen=True, slots=True)
class Spy:
    """Call ``endpoint`` and let it hear ``target``. ``channel`` is the ID its channel shall bear."""

    pbx: PbxId
    channel: ChannelId
    endpoint: Endpoint
    target: ChannelId
    mode: SpyMode


Command: TypeAlias = (
    Originate
    | BlindTransfer
    | BeginTransfer
    | CompleteTransfer
    | CancelTransfer
    | HangUp
    | Park
    | SetHold
    | Pause
    | AddMember
    | RemoveMember
    | StartRecording
    | MuteRecording
    | Spy
)

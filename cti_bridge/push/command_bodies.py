"""What browsers send to have a telephone do something, and what they are answered.

A request names calls and agents, never channels: which channel that is, the
bridge knows. ``agent_id`` names somebody else's call or telephone and is left
out for one's own.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec

from cti_bridge.calls.commands import RefusalCode, SpyMode
from cti_bridge.calls.ids import AgentId, CallId, Endpoint, PbxId, QueueId

Name: TypeAlias = Annotated[str, msgspec.Meta(max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")]
Number: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
# Chosen by the browser for one wish of one person; the same key again is the same wish again.
Key: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{8,64}$")]


class _Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type"):
    pass


class OriginateRequest(_Request, frozen=True, tag="originate"):
    """Call my telephone and then ``number``. ``name`` is what my telephone shows beside it."""

    number: Number
    name: Name = ""


class BlindTransferRequest(_Request, frozen=True, tag="blind_transfer"):
    """Send my call on to ``number``."""

    call_id: CallId
    number: Number


class BeginTransferRequest(_Request, frozen=True, tag="begin_transfer"):
    """Keep the other side waiting and give me a word with ``number``."""

    call_id: CallId
    number: Number


class CompleteTransferRequest(_Request, frozen=True, tag="complete_transfer"):
    """Join the two and let me go."""

    call_id: CallId


class CancelTransferRequest(_Request, frozen=True, tag="cancel_transfer"):
    """Let the target go and give me the call back."""

    call_id: CallId


class HangUpRequest(_Request, frozen=True, tag="hang_up"):
    """End the call, refuse it while it rings."""

    call_id: CallId
    agent_id: AgentId | None = None


class ParkRequest(_Request, frozen=True, tag="park"):
    """Put the other side into a parking slot; the answer says which."""

    call_id: CallId


class HoldRequest(_Request, frozen=True, tag="hold"):
    """Have my telephone put the other side on hold, or take it back."""

    call_id: CallId
    is_held: bool


class PauseRequest(_Request, frozen=True, tag="pause"):
    """Keep queue calls away, or let them come again."""

    is_paused: bool
    reason: Name = ""
    agent_id: AgentId | None = None


class JoinQueueRequest(_Request, frozen=True, tag="join_queue"):
    """Serve a queue."""

    pbx: PbxId
    queue: QueueId
    penalty: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    agent_id: AgentId | None = None


class LeaveQueueRequest(_Request, frozen=True, tag="leave_queue"):
    """Serve a queue no longer."""

    pbx: PbxId
    queue: QueueId
    agent_id: AgentId | None = None


class RecordRequest(_Request, frozen=True, tag="record"):
    """Record my call from here on."""

    call_id: CallId


class MuteRecordingRequest(_Request, frozen=True, tag="mute_recording"):
    """Silence the recording of my call, for example while a card's number is said, or let it go on."""

    call_id: CallId
    is_muted: bool


class ListenRequest(_Request, frozen=True, tag="listen"):
    """Call my telephone and let me hear an agent's call."""

    agent_id: AgentId
    mode: SpyMode = SpyMode.LISTEN


class SignOnRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """I sit at this telephone, which several share: give me its calls and those of my queues."""

    pbx: PbxId
    endpoint: Annotated[Endpoint, msgspec.Meta(min_length=1, max_length=80)]


class SignOffRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """I leave the shared telephone that I sit at."""


InCallRequest: TypeAlias = (
    BlindTransferRequest
    | BeginTransferRequest
    | CompleteTransferRequest
    | CancelTransferRequest
    | ParkRequest
    | HoldRequest
    | RecordRequest
    | MuteRecordingRequest
)
Request: TypeAlias = (
    OriginateRequest
    | InCallRequest
    | HangUpRequest
    | PauseRequest
    | JoinQueueRequest
    | LeaveQueueRequest
    | ListenRequest
)
DeskRequest: TypeAlias = SignOnRequest | SignOffRequest


class CommandBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One wish. Sent twice with the same key it is carried out once, and answered twice."""

    key: Key
    command: Request


class CommandOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it. ``detail`` of what is done: what the PBX chose, for example the slot.

    ``unconfirmed``: the PBX was asked and did not say within the time; look at
    the call before asking again. Otherwise ``detail`` is for developers.
    """

    outcome: Literal["done", "refused", "unconfirmed"]
    code: RefusalCode | None = None
    detail: str = ""

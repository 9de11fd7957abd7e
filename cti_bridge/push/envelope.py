"""The socket's messages: the envelope, what goes in it, what a browser may send.

Every frame from the server is one JSON object in a text frame::

    {"v":1,"epoch":"…","offset":42,"topic":"agent:a1001","type":"call.offered","at":"…","data":{…}}

``offset`` counts up by one within a topic and an epoch. Topics are
``agent:<agent_id>`` and ``board``. Besides there is the heartbeat, which belongs
to no topic: ``{"type":"beat","v":1}``. These Structs are the source of the
pages' generated types.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

from cti_bridge.board.rows import BoardDelta, BoardSnapshot, CallerInfo
from cti_bridge.calls.outcomes import EndReason, PartReason, WithdrawReason
from cti_bridge.calls.views import AgentState, AgentStatus, CallState, Direction, OfferState
from cti_bridge.lookup.card import Card, Lookup
from cti_bridge.records.steps import Step
from cti_bridge.records.why import Verdict

VERSION = 1
# A page takes a link for dead after two beats that did not come, and must notice within 10 s.
BEAT_INTERVAL_S = 3


class _Message(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the messages."""


class CallInfo(_Message, frozen=True, kw_only=True):
    """A call as its agent sees it. ``queue`` is the queue's label for people."""

    call_id: str
    pbx: str
    direction: Direction
    caller: CallerInfo
    dialled: str
    queue: str | None
    started_at: datetime
    queued_at: datetime | None
    is_recorded: bool
    is_recording_muted: bool


class Offer(_Message, frozen=True, kw_only=True):
    """One call at one agent, with what is known of the caller.

    ``card`` is set exactly when ``lookup`` is ``found``. ``pending``: a
    ``card.resolved`` follows. ``unavailable``: no store could be asked. ``transferred_by``: the
    name of the agent who sent the call on.
    """

    offer_id: str
    state: OfferState
    call: CallInfo
    transferred_by: str | None
    rang_at: datetime
    answered_at: datetime | None
    held_at: datetime | None
    ended_at: datetime | None
    lookup: Lookup
    card: Card | None


class CardResolved(_Message, frozen=True, kw_only=True):
    """The card came after the ring, or changed while it was shown."""

    offer_id: str
    lookup: Lookup
    card: Card | None


class CallAnswered(_Message, frozen=True, kw_only=True):
    offer_id: str
    answered_at: datetime


class CallHeld(_Message, frozen=True, kw_only=True):
    offer_id: str
    held_at: datetime


class CallResumed(_Message, frozen=True, kw_only=True):
    offer_id: str


class CallRecording(_Message, frozen=True, kw_only=True):
    """A shown call is recorded from here on, or its recording keeps silence, or no longer does."""

    offer_id: str
    is_recorded: bool
    is_recording_muted: bool


class CallWithdrawn(_Message, frozen=True, kw_only=True):
    offer_id: str
    reason: WithdrawReason


class CallEnded(_Message, frozen=True, kw_only=True):
    """The agent's part is over; the card stays on screen until the next offer or until put away."""

    offer_id: str
    ended_at: datetime
    reason: PartReason


class Desk(_Message, frozen=True, kw_only=True):
    """The strip above the card: the agent's own state and day, and the queues that wait.

    ``talk_s_today`` counts finished talks only. ``wrap_up_until``: when
    after-call work will be cut off, while it lasts.
    """

    status: AgentStatus
    state: AgentState
    state_since: datetime
    wrap_up_until: datetime | None
    pause_reason: str
    calls_today: int
    talk_s_today: int
    waiting: int
    longest_wait_since: datetime | None


class Notice(_Message, frozen=True, kw_only=True):
    """Something works only in part. ``code`` names a sentence of the catalogue."""

    code: Literal["pbx_lost", "records_unavailable", "cache_unavailable"]
    is_active: bool
    since: datetime


class AgentSnapshot(_Message, frozen=True, kw_only=True):
    """All that an agent's screen shows. ``offers``: live ones, oldest first."""

    desk: Desk
    offers: list[Offer]
    notices: list[Notice]


AgentMessageType: TypeAlias = Literal[
    "snapshot",
    "call.offered",
    "card.resolved",
    "call.answered",
    "call.held",
    "call.resumed",
    "call.transferred",
    "call.recording",
    "call.withdrawn",
    "call.ended",
    "agent.state",
    "notice",
]

# What each type carries, per kind of topic: the table the page types are generated from.
# call.transferred: a shown offer's call became another's or part of another; no new ring.
AGENT_MESSAGES: dict[str, type[msgspec.Struct]] = {
    "snapshot": AgentSnapshot,
    "call.offered": Offer,
    "card.resolved": CardResolved,
    "call.answered": CallAnswered,
    "call.held": CallHeld,
    "call.resumed": CallResumed,
    "call.transferred": Offer,
    "call.recording": CallRecording,
    "call.withdrawn": CallWithdrawn,
    "call.ended": CallEnded,
    "agent.state": Desk,
    "notice": Notice,
}
BOARD_MESSAGES: dict[str, type[msgspec.Struct]] = {
    "snapshot": BoardSnapshot,
    "delta": BoardDelta,
}


class Subscribe(
    _Message, frozen=True, kw_only=True, tag_field="type", tag="subscribe", forbid_unknown_fields=True
):
    """A browser asks for a topic, from the last position it applied, or from now."""

    topic: str
    epoch: str | None = None
    offset: int | None = None


class Ack(_Message, frozen=True, kw_only=True, tag_field="type", tag="ack", forbid_unknown_fields=True):
    """A browser painted the frame at ``offset``: the end of the measured pop latency."""

    topic: str
    offset: int


ClientMessage: TypeAlias = Subscribe | Ack


class Beat(_Message, frozen=True, kw_only=True, tag_field="type", tag="beat"):
    """Nothing is new and the link is up; sent at the opening and every ``BEAT_INTERVAL_S``."""

    v: int = VERSION


class Me(_Message, frozen=True, kw_only=True):
    """Who is signed in, and where the socket is. Answer of POST /api/session and GET /api/me.

    ``ringing_card``: how much of a card is shown before the call is answered.
    ``has_proxy_login``: the shop can be opened as a customer.
    ``pause_reasons``: what to choose from when pausing.
    """

    agent_id: str
    name: str
    role: Literal["agent", "supervisor", "administrator"]
    language: Literal["ja", "en"]
    push_url: str
    currency: str
    time_zone: str
    ringing_card: Literal["all", "masked", "name_only"]
    has_proxy_login: bool
    pause_reasons: list[str]


class MyDay(_Message, frozen=True, kw_only=True):
    """What came of the agent's day so far: suggestions ``accepted`` and their amount, praise.

    Answer of GET /api/me/day; calls and talk time stand on the desk.
    """

    sold_minor: int
    accepted: int
    praise: int


class SignIn(_Message, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/session."""

    login: str
    password: str


class Preferences(_Message, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of PATCH /api/me."""

    language: Literal["ja", "en"]


# How one call was over at one agent: of WithdrawReason and PartReason, whichever applies.
StintEnd: TypeAlias = Literal[
    "completed",
    "transferred",
    "parked",
    "lost",
    "answered_elsewhere",
    "abandoned",
    "timeout",
    "rejected",
    "cancelled",
    "not_reached",
]


class CallAgent(_Message, frozen=True, kw_only=True):
    """One agent whom a call rang or who spoke. ``end``: how it was over there, missing while it is not."""

    agent_id: str
    name: str
    is_answered: bool
    end: StintEnd | None


class CallSummary(_Message, frozen=True, kw_only=True):
    """One call of the last day. ``state`` while it lives, ``outcome`` after.

    ``customer_name``: whose number it is, null where nobody's or several people's.
    """

    call_id: str
    pbx: str
    direction: Direction
    state: CallState
    outcome: EndReason | None
    caller: CallerInfo
    customer_name: str | None
    dialled: str
    queue: str | None
    agents: list[CallAgent]
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    has_gap: bool


class CallList(_Message, frozen=True, kw_only=True):
    """Answer of GET /api/calls, newest first.

    ``is_partial``: ended calls cannot be read now. ``is_cut``: there are more. ``kept_hours``:
    how long it can be told why.
    """

    calls: list[CallSummary]
    is_partial: bool
    is_cut: bool
    kept_hours: int


class Why(_Message, frozen=True, kw_only=True):
    """Answer of GET /api/calls/{call_id}/why. ``names``: of all who appear in it, by agent id."""

    call: CallSummary
    verdicts: list[Verdict]
    steps: list[Step]
    names: dict[str, str]


class SignInWays(_Message, frozen=True, kw_only=True):
    """How one signs in beside login and password. ``oidc``: what the provider's button says; null: none."""

    oidc: str | None


class Problem(_Message, frozen=True, kw_only=True):
    """Body of every refused or failed HTTP answer. ``code`` names a sentence of the catalogue."""

    code: Literal[
        "bad_request",
        "wrong_credentials",
        "not_signed_in",
        "forbidden",
        "not_found",
        "unavailable",
        "too_many",
    ]
    detail: str

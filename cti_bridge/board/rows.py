"""The board's rows and figures as they go over the wire.

A snapshot holds everything; a delta holds the rows that changed, whole, and
the ids that went. Applying a delta: put each row at its id, drop the gone
ids, replace ``totals`` and ``latency`` where they are not null.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from cti_bridge.calls.numbers import CallerKind
from cti_bridge.calls.views import AgentState, AgentStatus, CallState, Direction


class _Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the board's rows."""


class CallerInfo(_Row, frozen=True, kw_only=True):
    """Who calls. ``name`` is the caller ID name the PBX sent, not the customer's."""

    kind: CallerKind
    e164: str | None
    display: str
    name: str


class BoardCall(_Row, frozen=True, kw_only=True):
    """One live call. ``customer_name`` and ``rank`` are null until the card is found."""

    call_id: str
    pbx: str
    direction: Direction
    state: CallState
    caller: CallerInfo
    customer_name: str | None
    rank: str | None
    dialled: str
    queue: str | None
    ringing_agent_ids: list[str]
    talking_agent_ids: list[str]
    started_at: datetime
    queued_at: datetime | None
    answered_at: datetime | None
    state_since: datetime


class BoardQueue(_Row, frozen=True, kw_only=True):
    """One queue. ``queue_id`` is ``<pbx>/<queue>``; ``waiting_since`` is oldest first.

    Answered within the threshold, answered and abandoned count since midnight
    of the centre's time zone.
    """

    queue_id: str
    pbx: str
    queue: str
    label: str
    waiting_since: list[datetime]
    members: int
    ready: int
    offered: int
    answered: int
    answered_in_time: int
    abandoned: int


class BoardAgent(_Row, frozen=True, kw_only=True):
    """One agent. ``state_since`` starts the clock shown beside the state.

    ``endpoint``: the telephone in use, else the first of theirs.
    ``wrap_up_until``: when after-call work will be cut off, while it lasts.
    """

    agent_id: str
    name: str
    reading: str
    pbx: str
    endpoint: str
    status: AgentStatus
    state: AgentState
    state_since: datetime
    wrap_up_until: datetime | None
    pause_reason: str
    call_id: str | None
    calls_today: int
    talk_s_today: int


class BoardSource(_Row, frozen=True, kw_only=True):
    """One PBX. While it is not connected its part of the board is as of ``since``.

    While it is, ``last_gap_s`` is how long it had been out of sight before ``since``.
    """

    pbx: str
    is_connected: bool
    since: datetime
    last_gap_s: float | None


class Totals(_Row, frozen=True, kw_only=True):
    """Counts since midnight of the centre's time zone, over all queues.

    Service level = answered_in_time / (answered + abandoned), in time meaning
    within ``threshold_s`` of entering the queue. ASA = wait_answered_s / answered.
    """

    offered: int
    answered: int
    answered_in_time: int
    abandoned: int
    wait_answered_s: float
    threshold_s: int


class Latency(_Row, frozen=True, kw_only=True):
    """Milliseconds from the PBX's bytes to the browser's paint, over the last ``count`` pops."""

    count: int
    server_p50_ms: float | None
    server_p99_ms: float | None
    painted_p50_ms: float | None
    painted_p99_ms: float | None


class BoardSnapshot(_Row, frozen=True, kw_only=True):
    """Everything the board shows."""

    calls: list[BoardCall]
    queues: list[BoardQueue]
    agents: list[BoardAgent]
    sources: list[BoardSource]
    totals: Totals
    latency: Latency


class BoardDelta(_Row, frozen=True, kw_only=True):
    """What changed since the last offset."""

    calls: list[BoardCall] = []
    calls_gone: list[str] = []
    queues: list[BoardQueue] = []
    queues_gone: list[str] = []
    agents: list[BoardAgent] = []
    agents_gone: list[str] = []
    sources: list[BoardSource] = []
    totals: Totals | None = None
    latency: Latency | None = None

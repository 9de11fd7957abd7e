"""What the agent's page is shown in each scene: a snapshot, in the wire's own Structs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from cti_bridge.board.rows import CallerInfo
from cti_bridge.calls.numbers import CallerKind
from cti_bridge.calls.views import AgentState, AgentStatus, Direction, OfferState
from cti_bridge.lookup.card import Card, Lookup
from cti_bridge.push.envelope import AgentSnapshot, CallInfo, Desk, Notice, Offer
from tests.web.cards import hanako, household
from tests.web.odd_cards import complaining, covered, extreme
from tests.web.people import ago

HOME = CallerInfo(kind=CallerKind.NUMBER, e164="+81337001234", display="03-3700-1234", name="")
KYOTO = CallerInfo(kind=CallerKind.NUMBER, e164="+81752110000", display="075-211-0000", name="")
STRANGER = CallerInfo(kind=CallerKind.NUMBER, e164="+819087654321", display="090-8765-4321", name="KANAGAWA")
INSIDE = CallerInfo(kind=CallerKind.EXTENSION, e164=None, display="1006", name="")


def nameless(kind: CallerKind) -> CallerInfo:
    return CallerInfo(kind=kind, e164=None, display="", name="")


_STATUS = {AgentState.PAUSED: AgentStatus.PAUSED, AgentState.OFFLINE: AgentStatus.SIGNED_OUT}


def desk(
    state: AgentState,
    *,
    seconds: float = 3,
    waiting: int = 3,
    pause_reason: str = "",
    status: AgentStatus | None = None,
) -> Desk:
    return Desk(
        status=status or _STATUS.get(state, AgentStatus.AVAILABLE),
        state=state,
        state_since=ago(seconds=seconds),
        wrap_up_until=ago(seconds=seconds - 60) if state is AgentState.WRAP_UP else None,
        pause_reason=pause_reason,
        calls_today=31,
        talk_s_today=8052,
        waiting=waiting,
        longest_wait_since=ago(seconds=48) if waiting else None,
    )


def offer(
    caller: CallerInfo,
    lookup: Lookup,
    card: Card | None = None,
    *,
    state: OfferState = OfferState.RINGING,
    offer_id: str = "o1",
    queue: str | None = "受注窓口",
    seconds: float = 3,
    direction: Direction = Direction.INBOUND,
    transferred_by: str | None = None,
    is_recorded: bool = False,
) -> Offer:
    """``seconds``: how long it has been in its state."""
    is_answered = state not in (OfferState.RINGING, OfferState.DIALLING)
    is_queued = direction is Direction.INBOUND
    talked = 272.0 if is_answered and state is not OfferState.TALKING else 0.0
    answered_at: datetime | None = ago(seconds=seconds + talked)
    rang_at = ago(seconds=seconds + (0 if not is_answered else talked + 6))
    return Offer(
        offer_id=offer_id,
        state=state,
        call=CallInfo(
            call_id=f"call-{offer_id}",
            pbx="asterisk-1",
            direction=direction,
            caller=caller,
            dialled="0120-000-111",
            queue=queue if is_queued else None,
            started_at=ago(seconds=seconds + talked + 50),
            queued_at=ago(seconds=seconds + talked + 42) if is_queued else None,
            is_recorded=is_recorded,
            is_recording_muted=False,
        ),
        transferred_by=transferred_by,
        rang_at=rang_at,
        answered_at=answered_at if is_answered else None,
        held_at=ago(seconds=seconds) if state is OfferState.HELD else None,
        ended_at=ago(seconds=seconds) if state is OfferState.ENDED else None,
        lookup=lookup,
        card=card,
    )


def _scene(state: AgentState, *offers: Offer, **keywords: Any) -> AgentSnapshot:
    notices: list[Notice] = keywords.pop("notices", [])
    return AgentSnapshot(desk=desk(state, **keywords), offers=list(offers), notices=notices)


def notice(code: Literal["pbx_lost", "records_unavailable", "cache_unavailable"]) -> Notice:
    return Notice(code=code, is_active=True, since=ago(minutes=4))


RINGING, TALKING = AgentState.RINGING, AgentState.TALKING
FOUND = Lookup.FOUND

# Each is made when asked for: its clocks start then.
AGENT_SCENES: dict[str, Callable[[], AgentSnapshot]] = {
    "idle": lambda: _scene(AgentState.READY, seconds=723),
    "quiet": lambda: _scene(AgentState.READY, seconds=723, waiting=0),
    "paused": lambda: _scene(AgentState.PAUSED, seconds=1260, pause_reason="昼休み"),
    "offline": lambda: _scene(AgentState.OFFLINE, seconds=40),
    "ringing": lambda: _scene(RINGING, offer(HOME, FOUND, hanako())),
    "masked": lambda: _scene(RINGING, offer(HOME, FOUND, covered(hanako()))),
    "complaint": lambda: _scene(
        TALKING, offer(HOME, FOUND, complaining(), state=OfferState.TALKING, seconds=20), seconds=20
    ),
    "household": lambda: _scene(RINGING, offer(KYOTO, FOUND, household())),
    "unknown": lambda: _scene(RINGING, offer(STRANGER, Lookup.UNKNOWN)),
    "private": lambda: _scene(RINGING, offer(nameless(CallerKind.PRIVATE), Lookup.WITHHELD)),
    "pay_phone": lambda: _scene(RINGING, offer(nameless(CallerKind.PAY_PHONE), Lookup.WITHHELD)),
    "out_of_area": lambda: _scene(RINGING, offer(nameless(CallerKind.UNAVAILABLE), Lookup.WITHHELD)),
    "pending": lambda: _scene(RINGING, offer(HOME, Lookup.PENDING)),
    "no_records": lambda: _scene(
        RINGING, offer(HOME, Lookup.UNAVAILABLE), notices=[notice("records_unavailable")]
    ),
    "talking": lambda: _scene(
        TALKING, offer(HOME, FOUND, hanako(), state=OfferState.TALKING, seconds=95), seconds=95
    ),
    "recorded": lambda: _scene(
        TALKING,
        offer(HOME, FOUND, hanako(), state=OfferState.TALKING, seconds=95, is_recorded=True),
        seconds=95,
    ),
    "dialling": lambda: _scene(
        AgentState.DIALLING,
        offer(HOME, FOUND, hanako(), state=OfferState.DIALLING, direction=Direction.OUTBOUND),
    ),
    "transferred": lambda: _scene(
        RINGING, offer(KYOTO, FOUND, household(), transferred_by="山本 浩二"), status=AgentStatus.PAUSED
    ),
    "wrap_up": lambda: _scene(
        AgentState.WRAP_UP,
        offer(HOME, FOUND, hanako(), state=OfferState.ENDED, seconds=21),
        seconds=21,
    ),
    "wrap_up_idle": lambda: _scene(AgentState.WRAP_UP, seconds=21),
    "held": lambda: _scene(
        AgentState.HELD, offer(HOME, FOUND, hanako(), state=OfferState.HELD, seconds=37), seconds=37
    ),
    "ended": lambda: _scene(
        AgentState.READY, offer(HOME, FOUND, hanako(), state=OfferState.ENDED, seconds=21), seconds=21
    ),
    "several": lambda: _scene(
        TALKING,
        offer(HOME, FOUND, hanako(), state=OfferState.TALKING, seconds=95),
        offer(KYOTO, FOUND, household(), offer_id="o2", queue="お問い合わせ窓口"),
        offer(STRANGER, Lookup.UNKNOWN, offer_id="o3"),
        seconds=95,
    ),
    "extreme": lambda: _scene(
        RINGING,
        *(offer(HOME, FOUND, extreme(), offer_id=f"o{n}", queue="長い名前の窓口" * 3) for n in range(5)),
    ),
    "pbx_lost": lambda: _scene(AgentState.READY, seconds=723, notices=[notice("pbx_lost")]),
}

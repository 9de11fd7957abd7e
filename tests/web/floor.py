"""A busy floor for the board, and how it changes from one delta to the next."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import msgspec

from cti_bridge.board.rows import (
    BoardAgent,
    BoardCall,
    BoardDelta,
    BoardQueue,
    BoardSnapshot,
    BoardSource,
    CallerInfo,
    Latency,
    Totals,
)
from cti_bridge.calls.numbers import CallerKind
from cti_bridge.calls.views import AgentState, AgentStatus, CallState, Direction
from tests.web.people import COLLEAGUES, ago, now

QUEUES = (
    ("orders", "受注窓口"),
    ("support", "お問い合わせ窓口"),
    ("skincare", "スキンケア相談"),
    ("delivery", "配送・返品"),
    ("english", "English desk"),
)
CALLERS = (
    ("佐藤 花子", "gold", "03-3700-1234"),
    ("長谷川 節子", "platinum", "075-211-0000"),
    (None, None, "090-8765-4321"),
    ("岡田 茂", "regular", "06-6312-5500"),
    ("藤井 とし子", "silver", "011-241-8800"),
    (None, None, ""),
    ("近藤 清", "gold", "052-951-2200"),
    ("三浦 カツ", "silver", "022-221-7700"),
    ("西村 京子", "regular", "080-2233-4455"),
    (None, None, "0570-00-1122"),
    ("福田 洋子", "platinum", "092-711-3300"),
    ("太田 信子", "regular", "045-201-6600"),
)
_TALK = (CallState.TALKING,) * 7 + (
    CallState.PARKED,
    CallState.HELD,
    CallState.RINGING,
    CallState.RINGING,
)
_AGENT_OF = {
    CallState.TALKING: AgentState.TALKING,
    CallState.HELD: AgentState.HELD,
    CallState.RINGING: AgentState.RINGING,
    CallState.PARKED: AgentState.WRAP_UP,
}


def floor(*, has_gap: bool = False, seed: int = 7) -> BoardSnapshot:
    """``has_gap``: one of the two exchanges is out of reach."""
    chance = random.Random(seed)
    calls: list[BoardCall] = []
    agents: list[BoardAgent] = []
    for index, (agent_id, name, reading) in enumerate(COLLEAGUES):
        call: BoardCall | None = None
        if index < len(_TALK) + 1 and index > 0:
            call = _call(index, _TALK[index - 1], agent_id, chance)
            calls.append(call)
        agents.append(_agent(index, agent_id, name, reading, call, chance))
    calls += [_call(40 + index, CallState.QUEUED, None, chance) for index in range(5)]
    return BoardSnapshot(
        calls=calls,
        queues=_queues(calls),
        agents=agents,
        sources=[
            BoardSource(pbx="asterisk-1", is_connected=True, since=ago(minutes=3), last_gap_s=12.0),
            BoardSource(
                pbx="cloud-2",
                is_connected=not has_gap,
                since=ago(seconds=75) if has_gap else ago(hours=30),
                last_gap_s=None,
            ),
        ],
        totals=Totals(
            offered=486,
            answered=451,
            answered_in_time=389,
            abandoned=27,
            wait_answered_s=5232.0,
            threshold_s=20,
        ),
        latency=Latency(
            count=500, server_p50_ms=2.4, server_p99_ms=8.9, painted_p50_ms=31.0, painted_p99_ms=74.0
        ),
    )


def step(before: BoardSnapshot, chance: random.Random, now: datetime) -> tuple[BoardSnapshot, BoardDelta]:
    """One change: a waiting call is answered, and another comes in."""
    waiting = [call for call in before.calls if call.state is CallState.QUEUED]
    gone = [waiting[0].call_id] if waiting else []
    fresh = msgspec.structs.replace(
        _call(chance.randrange(100, 9999), CallState.QUEUED, None, chance),
        started_at=now,
        queued_at=now,
        state_since=now,
    )
    calls = [call for call in before.calls if call.call_id not in gone] + [fresh]
    totals = msgspec.structs.replace(
        before.totals, offered=before.totals.offered + 1, answered=before.totals.answered + 1
    )
    queues = _queues(calls)
    after = msgspec.structs.replace(before, calls=calls, queues=queues, totals=totals)
    return after, BoardDelta(calls=[fresh], calls_gone=gone, queues=queues, totals=totals)


def _call(index: int, state: CallState, agent_id: str | None, chance: random.Random) -> BoardCall:
    name, rank, number = CALLERS[index % len(CALLERS)]
    age = {CallState.QUEUED: chance.randrange(4, 60), CallState.RINGING: chance.randrange(1, 12)}.get(
        state, chance.randrange(30, 900)
    )
    since = ago(seconds=age)
    is_with_agent = state in (CallState.TALKING, CallState.HELD)
    kind = CallerKind.NUMBER if number else CallerKind.PRIVATE
    return BoardCall(
        call_id=f"c{index:04}",
        pbx="cloud-2" if index % 5 == 2 else "asterisk-1",
        direction=Direction.INBOUND,
        state=state,
        caller=CallerInfo(kind=kind, e164="+8100000000" if number else None, display=number, name=""),
        customer_name=name,
        rank=rank,
        dialled="0120-000-111",
        queue=QUEUES[index % len(QUEUES)][1],
        ringing_agent_ids=[agent_id] if agent_id and state is CallState.RINGING else [],
        talking_agent_ids=[agent_id] if agent_id and is_with_agent else [],
        started_at=ago(seconds=age + (0 if state is CallState.QUEUED else 22)),
        queued_at=since,
        answered_at=since if is_with_agent else None,
        state_since=since,
    )


def _agent(
    index: int, agent_id: str, name: str, reading: str, call: BoardCall | None, chance: random.Random
) -> BoardAgent:
    state, status, reason = AgentState.READY, AgentStatus.AVAILABLE, ""
    if call is not None:
        state = _AGENT_OF[call.state]
        status = AgentStatus.PAUSED if index == 4 else status
    elif index % 7 == 5:
        state, status = AgentState.PAUSED, AgentStatus.PAUSED
        reason = chance.choice(("昼休み", "後処理", "研修"))
    elif index % 11 == 10:
        state, status = AgentState.OFFLINE, AgentStatus.SIGNED_OUT
    elif index == 14:
        state = AgentState.DIALLING
    elif index % 9 == 4:
        state = AgentState.BUSY
    return BoardAgent(
        agent_id=agent_id,
        name=name,
        reading=reading,
        pbx="cloud-2" if index % 5 == 2 else "asterisk-1",
        endpoint=f"PJSIP/{agent_id[1:]}",
        status=status,
        state=state,
        state_since=call.state_since if call is not None else ago(seconds=chance.randrange(20, 2400)),
        wrap_up_until=now() + timedelta(seconds=25) if state is AgentState.WRAP_UP else None,
        pause_reason=reason,
        call_id=call.call_id if call is not None and state is not AgentState.WRAP_UP else None,
        calls_today=0 if state is AgentState.OFFLINE else chance.randrange(8, 42),
        talk_s_today=0 if state is AgentState.OFFLINE else chance.randrange(2000, 14000),
    )


def _queues(calls: list[BoardCall]) -> list[BoardQueue]:
    rows = []
    for index, (queue, label) in enumerate(QUEUES):
        pbx = "cloud-2" if queue == "skincare" else "asterisk-1"
        waiting = [c.queued_at for c in calls if c.state is CallState.QUEUED and c.queue == label]
        rows.append(
            BoardQueue(
                queue_id=f"{pbx}/{queue}",
                pbx=pbx,
                queue=queue,
                label=label,
                waiting_since=sorted(since for since in waiting if since is not None),
                members=(14, 9, 5, 6, 2)[index],
                ready=(3, 2, 1, 1, 0)[index],
                offered=(210, 131, 64, 70, 11)[index],
                answered=(198, 120, 60, 63, 10)[index],
                answered_in_time=(180, 98, 55, 50, 6)[index],
                abandoned=(8, 9, 2, 7, 1)[index],
            )
        )
    return rows

"""Invented calls of the last day, and the history of each, judged by the bridge's own rules."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from cti_bridge.board.rows import CallerInfo
from cti_bridge.calls.numbers import CallerKind
from cti_bridge.calls.outcomes import EndReason
from cti_bridge.calls.views import CallState, Direction
from cti_bridge.push.envelope import CallAgent, CallList, CallSummary, Why
from cti_bridge.records.steps import Step
from cti_bridge.records.why import explain
from tests.web.people import COLLEAGUES, ago

NAMES = {agent_id: name for agent_id, name, _ in COLLEAGUES}
LIVE = "asterisk-1-1795381298.0"
MISSED = "asterisk-1-1795381201.4"


def _agent(agent_id: str, *, is_answered: bool = True, end: Any = "completed") -> CallAgent:
    return CallAgent(agent_id=agent_id, name=NAMES[agent_id], is_answered=is_answered, end=end)


def _call(
    call_id: str,
    minutes: float,
    outcome: EndReason | None,
    *agents: CallAgent,
    name: str | None = None,
    number: str = "03-3700-1234",
    queue: str | None = "受注窓口",
    direction: Direction = Direction.INBOUND,
    seconds: float = 192,
) -> CallSummary:
    began = ago(minutes=minutes)
    return CallSummary(
        call_id=call_id,
        pbx="asterisk-1",
        direction=direction,
        state=CallState.TALKING if outcome is None else CallState.ENDED,
        outcome=outcome,
        caller=CallerInfo(
            kind=CallerKind.NUMBER if number else CallerKind.PRIVATE,
            e164="+81" + number.replace("-", "")[1:] if number else None,
            display=number,
            name="",
        ),
        customer_name=name,
        dialled="0120-000-111",
        queue=queue,
        agents=list(agents),
        started_at=began,
        answered_at=None,
        ended_at=None if outcome is None else began + timedelta(seconds=seconds),
        has_gap=False,
    )


def recent() -> list[CallSummary]:
    """Newest first."""
    lost_ring = _agent("a1007", is_answered=False, end="timeout")
    return [
        _call(LIVE, 1, None, _agent("a1001", end=None), name="佐藤 花子"),
        _call(MISSED, 3, EndReason.ABANDONED, lost_ring, number="090-8765-4321", seconds=41),
        _call("asterisk-1-1795381100.0", 12, EndReason.COMPLETED, _agent("a1004"), name="長谷川 節子"),
        _call(
            "cloud-2-77.1",
            31,
            EndReason.NOT_REACHED,
            _agent("a1002", end="not_reached"),
            name="岡田 茂",
            number="06-6312-5500",
            queue=None,
            direction=Direction.OUTBOUND,
            seconds=28,
        ),
        _call("asterisk-1-1795380001.0", 66, EndReason.ABANDONED, number="", seconds=14),
        _call("asterisk-1-1795379000.0", 190, EndReason.LOST, _agent("a1010"), name="近藤 清"),
    ]


def found(query: dict[str, str]) -> CallList:
    """What the bridge would answer to ``query``."""
    digits = "".join(each for each in query.get("number", "") if each.isdigit())
    outcome = query.get("outcome")
    calls = [
        call
        for call in recent()
        if call.caller.display.replace("-", "").endswith(digits)
        and (outcome is None or outcome == (call.outcome or "live"))
    ]
    return CallList(calls=calls, is_partial=False, is_cut=False, kept_hours=24)


def why(call_id: str) -> Why | None:
    """A pop that went well for the live call, one that went wrong in every way for the others."""
    call = next((each for each in recent() if each.call_id == call_id), None)
    if call is None or call.outcome is EndReason.LOST:
        return None
    steps = _well(call.started_at) if call.outcome is not EndReason.ABANDONED else _ill(call.started_at)
    verdicts = explain(steps, is_live=call.outcome is None)
    return Why(call=call, verdicts=verdicts, steps=steps, names=NAMES)


def _steps(began: datetime, *told: tuple[float, Any, dict[str, Any]]) -> list[Step]:
    ordered = sorted(told, key=lambda each: each[0])
    return [
        Step(at=began + timedelta(milliseconds=ms), ms=ms, what=what, data=data) for ms, what, data in ordered
    ]


def _arrival(number: str, display: str) -> tuple[tuple[float, Any, dict[str, Any]], ...]:
    trunk = {"channel": "1795381298.0", "endpoint": "PJSIP/trunk", "caller_number": number, "dialled": "0120"}
    known = {"direction": "inbound", "kind": "number", "e164": "+81" + number[1:], "display": display}
    return (
        (0, "channel_created", trunk),
        (0, "caller_known", known | {"name": ""}),
        (0.1, "lookup_began", {"e164": known["e164"]}),
        (0.2, "queue_entered", {"channel": "1795381298.0", "queue": "orders", "caller_number": number}),
    )


def _ring(ms: float, agent_id: str | None, endpoint: str, offer_id: str = "") -> list[Any]:
    channel = {"channel": f"1795381298.{endpoint[-1]}"}
    rang = channel | {"endpoint": endpoint, "agent_id": agent_id, "is_offered": bool(offer_id)}
    told: list[Any] = [
        (ms - 8, "channel_created", channel | {"endpoint": endpoint, "caller_number": "", "dialled": "s"}),
        (ms - 4, "dial_began", {"source": "1795381298.0", "dest": channel["channel"], "number": ""}),
        (ms, "telephone_rang", rang),
    ]
    if offer_id:
        offered = {"offer_id": offer_id, "agent_id": agent_id}
        told.append((ms, "offered", offered | {"state": "ringing", "transferred_by": None}))
    return told


def _well(began: datetime) -> list[Step]:
    one, two = ({"offer_id": f"o{n}", "agent_id": f"a100{n}"} for n in (1, 2))
    sent = {"offset": 41, "lookup": "found"}
    answer = {"lookup": "found", "source": "cache", "customer": "佐藤 花子", "sharers": 1}
    return _steps(
        began,
        *_arrival("0337001234", "03-3700-1234"),
        (0.7, "lookup_ended", answer),
        *_ring(1804, "a1001", "PJSIP/1001", "o1"),
        (1804.4, "published", one | sent | {"browsers": 1}),
        *_ring(1812, "a1002", "PJSIP/1002", "o2"),
        (1812.3, "published", two | sent | {"browsers": 0}),
        (1836.2, "painted", one),
        (6120, "channel_answered", {"channel": "1795381298.1"}),
        (6120, "answered", one),
        (6120, "withdrawn", two | {"reason": "answered_elsewhere"}),
        (6121, "bridge_entered", {"channel": "1795381298.1", "bridge": "f5f1ac83", "is_holding": False}),
    )


def _ill(began: datetime) -> list[Step]:
    one = {"offer_id": "o1", "agent_id": "a1007"}
    answer = {"lookup": "unknown", "source": "database", "customer": None, "sharers": 0}
    return _steps(
        began,
        *_arrival("09087654321", "090-8765-4321"),
        (3.4, "lookup_ended", answer),
        *_ring(900, "a1007", "PJSIP/1007", "o1"),
        (900.4, "published", one | {"offset": 12, "browsers": 1, "lookup": "unknown"}),
        *_ring(910, None, "PJSIP/1099"),
        (9000, "out_of_sight", {"cause": "the PBX closed the connection"}),
        (21400, "in_sight", {"gap_s": 12.4}),
        (26000, "withdrawn", one | {"reason": "timeout"}),
        (41000, "queue_abandoned", {"channel": "1795381298.0", "queue": "orders"}),
        (41000, "channel_ended", {"channel": "1795381298.0", "cause": 16}),
        (41000, "closed", {"reason": "abandoned"}),
    )

"""A call in one row for people: out of the board, out of its trace, or as it was recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from cti_bridge.board.rows import BoardCall, CallerInfo
from cti_bridge.calls.ids import AgentId, PbxId, QueueId
from cti_bridge.calls.outcomes import EndReason
from cti_bridge.calls.views import CallState, CallView
from cti_bridge.clock import as_utc
from cti_bridge.push.envelope import CallAgent, CallSummary
from cti_bridge.records.recent import Ended
from cti_bridge.records.steps import Step


@dataclass(frozen=True, slots=True)
class Summaries:
    """``name`` and ``label``: of an agent and a queue, for people."""

    name: Callable[[AgentId], str]
    label: Callable[[PbxId, QueueId | None], str | None]

    def live(self, row: BoardCall) -> CallSummary:
        """A call as the board has it."""
        return CallSummary(
            call_id=row.call_id,
            pbx=row.pbx,
            direction=row.direction,
            state=row.state,
            outcome=None,
            caller=row.caller,
            customer_name=row.customer_name,
            dialled=row.dialled,
            queue=row.queue,
            agents=[
                *(self._agent(agent_id, is_answered=True) for agent_id in row.talking_agent_ids),
                *(self._agent(agent_id, is_answered=False) for agent_id in row.ringing_agent_ids),
            ],
            started_at=row.started_at,
            answered_at=row.answered_at,
            ended_at=None,
            has_gap=False,
        )

    def closed(self, call: CallView, reason: EndReason | None, steps: list[Step]) -> CallSummary:
        """A call that closed a moment ago, or one so new that the board has no row of it."""
        customers = [step.data["customer"] for step in steps if step.what == "lookup_ended"]
        caller = call.caller
        return CallSummary(
            call_id=call.call_id,
            pbx=call.pbx,
            direction=call.direction,
            state=call.state if reason is None else CallState.ENDED,
            outcome=reason,
            caller=CallerInfo(
                kind=caller.kind, e164=caller.e164, display=caller.display, name=call.caller_name
            ),
            customer_name=str(customers[-1]) if customers and customers[-1] else None,
            dialled=call.dialled,
            queue=self.label(call.pbx, call.queue),
            agents=[],
            started_at=as_utc(call.started_at_s),
            answered_at=as_utc(call.answered_at_s) if call.answered_at_s is not None else None,
            ended_at=as_utc(call.ended_at_s) if call.ended_at_s is not None else None,
            has_gap=any(step.what == "out_of_sight" for step in steps),
        )

    def ended(self, call: Ended) -> CallSummary:
        """A call as it was recorded."""
        queue = QueueId(call.queue) if call.queue is not None else None
        stints: list[dict[str, object]] = [
            {
                "agent_id": each.agent_id,
                "name": self.name(AgentId(each.agent_id)),
                "is_answered": each.is_answered,
                "end": each.end,
            }
            for each in call.stints
        ]
        return msgspec.convert(
            {
                "call_id": call.call_id,
                "pbx": call.pbx,
                "direction": call.direction,
                "state": CallState.ENDED,
                "outcome": call.outcome,
                "caller": {
                    "kind": call.caller_kind,
                    "e164": call.caller_e164,
                    "display": call.caller_display,
                    "name": call.caller_name,
                },
                "customer_name": call.customer_name,
                "dialled": call.dialled,
                "queue": self.label(PbxId(call.pbx), queue),
                "agents": stints,
                "started_at": call.started_at,
                "answered_at": call.answered_at,
                "ended_at": call.ended_at,
                "has_gap": call.has_gap,
            },
            CallSummary,
        )

    def _agent(self, agent_id: str, *, is_answered: bool) -> CallAgent:
        name = self.name(AgentId(agent_id))
        return CallAgent(agent_id=agent_id, name=name, is_answered=is_answered, end=None)

    def agents_in(self, steps: Iterable[Step]) -> list[CallAgent]:
        """Every agent the call was offered to, and how it was over there."""
        found: dict[Any, CallAgent] = {}
        for step in steps:
            offer_id = step.data.get("offer_id")
            if step.what == "offered":
                found[offer_id] = self._agent(str(step.data["agent_id"]), is_answered=False)
            elif offer_id in found and step.what == "answered":
                found[offer_id] = msgspec.structs.replace(found[offer_id], is_answered=True)
            elif offer_id in found and step.what in ("withdrawn", "part_ended"):
                end = step.data["reason"]
                found[offer_id] = msgspec.structs.replace(found[offer_id], end=end)
        return list(found.values())

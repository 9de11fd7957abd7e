"""Steps: what a trace consists of, as it is stored, sent, explained.

Of what the PBX told a step has the event's own name and fields; ``records.notes`` has the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

from cti_bridge.calls.ids import AgentId

StepName: TypeAlias = Literal[
    "channel_created",
    "caller_identified",
    "dial_began",
    "dial_ended",
    "channel_answered",
    "bridge_entered",
    "bridge_left",
    "hold_started",
    "hold_ended",
    "hangup_requested",
    "channel_ended",
    "blind_transferred",
    "attended_transferred",
    "call_picked_up",
    "call_parked",
    "call_unparked",
    "spy_started",
    "recording_started",
    "recording_muted",
    "call_originated",
    "queue_entered",
    "queue_left",
    "queue_abandoned",
    "member_called",
    "member_connected",
    "member_no_answer",
    "channel_rang",
    "telephone_rang",
    "caller_known",
    "lookup_began",
    "lookup_ended",
    "offered",
    "published",
    "no_screen",
    "card_followed",
    "painted",
    "answered",
    "held",
    "resumed",
    "withdrawn",
    "part_ended",
    "absorbed",
    "out_of_sight",
    "in_sight",
    "blocks_skipped",
    "steps_skipped",
    "closed",
]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened. ``ms``: since the first step. ``data``: the event's own fields."""

    at: datetime
    ms: float
    what: StepName
    data: dict[str, str | int | float | bool | None]


def spoke_in(steps: Iterable[Step]) -> frozenset[AgentId]:
    """Every agent who answered, as far as the steps tell: those of a long call are cut."""
    offered: dict[object, AgentId] = {}
    spoke = set()
    for step in steps:
        offer_id = step.data.get("offer_id")
        if step.what == "offered":
            offered[offer_id] = AgentId(str(step.data["agent_id"]))
        elif step.what == "answered" and offer_id in offered:
            spoke.add(offered[offer_id])
    return frozenset(spoke)

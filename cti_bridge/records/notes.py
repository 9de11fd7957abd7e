"""Notes: what the bridge itself did for a call, as small values beside the PBX's events in a trace.

They are Structs without references of their own: made in 0.1 µs, and nothing
the garbage collector need visit while a call lives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from cti_bridge.calls import effects as ef
from cti_bridge.calls.views import CallView


class _Note(msgspec.Struct, frozen=True, gc=False):
    """Base of the notes."""


class CallerKnown(_Note, frozen=True, gc=False):
    """Who calls became known, or became another."""

    direction: str
    kind: str
    e164: str | None
    display: str
    name: str


class TelephoneRang(_Note, frozen=True, gc=False):
    """``agent_id``: whose telephone it is, if anybody's. ``is_offered``: the ring is shown to its agent."""

    channel: str
    endpoint: str
    agent_id: str | None
    is_offered: bool


class LookupBegan(_Note, frozen=True, gc=False):
    e164: str


class LookupEnded(_Note, frozen=True, gc=False):
    lookup: str
    source: str
    customer: str | None
    sharers: int


class Offered(_Note, frozen=True, gc=False):
    """``transferred_by``: who sent the call on to this agent."""

    offer_id: str
    agent_id: str
    state: str
    transferred_by: str | None


class Published(_Note, frozen=True, gc=False):
    """``browsers``: how many the agent had open."""

    offer_id: str
    agent_id: str
    offset: int
    browsers: int
    lookup: str


class NoScreen(_Note, frozen=True, gc=False):
    offer_id: str
    agent_id: str


class CardFollowed(_Note, frozen=True, gc=False):
    offer_id: str
    agent_id: str
    lookup: str


class Painted(_Note, frozen=True, gc=False):
    offer_id: str
    agent_id: str


class Answered(_Note, frozen=True, gc=False):
    offer_id: str
    agent_id: str


class Held(_Note, frozen=True, gc=False):
    offer_id: str
    agent_id: str


class Resumed(_Note, frozen=True, gc=False):
    offer_id: str
    agent_id: str


class Withdrawn(_Note, frozen=True, gc=False):
    offer_id: str
    agent_id: str
    reason: str


class PartEnded(_Note, frozen=True, gc=False):
    offer_id: str
    agent_id: str
    reason: str


class Absorbed(_Note, frozen=True, gc=False):
    """``call_id``: the call that became part of this one."""

    call_id: str


class OutOfSight(_Note, frozen=True, gc=False):
    cause: str


class InSight(_Note, frozen=True, gc=False):
    """``gap_s``: how long the call had been out of sight, if it had."""

    gap_s: float | None


class BlocksSkipped(_Note, frozen=True, gc=False):
    reason: str
    count: int


class StepsSkipped(_Note, frozen=True, gc=False):
    count: int


class Closed(_Note, frozen=True, gc=False):
    reason: str


def caller_known(call: CallView) -> CallerKnown:
    """Who calls, as the call has it now."""
    caller = call.caller
    return CallerKnown(call.direction, caller.kind, caller.e164, caller.display, call.caller_name)


def _offered(effect: ef.OfferCall) -> Offered:
    offer = effect.offer
    return Offered(offer.offer_id, offer.agent_id, offer.state, offer.transferred_by)


# By effect, the note it leaves; None where only the call's own view is of interest.
OF_EFFECT: dict[type[Any], Callable[[Any], _Note | None]] = {
    ef.OfferCall: _offered,
    ef.WithdrawOffer: lambda effect: Withdrawn(effect.offer.offer_id, effect.offer.agent_id, effect.reason),
    ef.ConnectOffer: lambda effect: Answered(effect.offer.offer_id, effect.offer.agent_id),
    ef.HoldOffer: lambda effect: Held(effect.offer.offer_id, effect.offer.agent_id),
    ef.ResumeOffer: lambda effect: Resumed(effect.offer.offer_id, effect.offer.agent_id),
    ef.EndOffer: lambda effect: PartEnded(effect.offer.offer_id, effect.offer.agent_id, effect.reason),
    ef.ShowCall: lambda effect: None,
}

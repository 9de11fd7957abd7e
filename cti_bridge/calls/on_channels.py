"""Handlers of what happens to a channel: it appears, is dialled, rings, is answered, hangs up."""

from __future__ import annotations

from cti_bridge.calls import events as ev
from cti_bridge.calls.call import Channel
from cti_bridge.calls.changes import Changes
from cti_bridge.calls.correlate import add_channel, call_id_of, identify, merge
from cti_bridge.calls.ends import end_channel
from cti_bridge.calls.legs import dial, offer, reach, release, step
from cti_bridge.calls.numbers import PRIVATE, CallerKind, clean_text
from cti_bridge.calls.outcomes import DialOutcome, EndReason, WithdrawReason
from cti_bridge.calls.transitions import LegTrigger
from cti_bridge.calls.views import Direction, OfferState

# Q.850: "redirection to new destination".
_CAUSE_REDIRECTED = 23

_WITHDRAWN_BY: dict[DialOutcome, WithdrawReason | None] = {
    DialOutcome.CANCELLED: None,  # by an answer elsewhere or by the caller: the call tells
    DialOutcome.FORWARDED: WithdrawReason.TRANSFERRED,
    DialOutcome.NO_ANSWER: WithdrawReason.TIMEOUT,
    DialOutcome.BUSY: WithdrawReason.REJECTED,
    DialOutcome.FAILED: WithdrawReason.TIMEOUT,
}


def channel_created(changes: Changes, event: ev.ChannelCreated) -> None:
    """A channel is listed with its call, unless it is a straggler of one that is over."""
    tables = changes.tables
    if event.channel in tables.channels or event.channel in tables.ended_channels:
        return
    if event.linked not in tables.channels and call_id_of(tables, event.linked) in tables.ended_calls:
        return  # a leg of a call that is over; were it alive, the next snapshot would show it
    channel = add_channel(
        changes,
        event.channel,
        event.linked,
        event.endpoint,
        event.is_glue,
        event.caller_number,
        event.caller_name,
        event.dialled,
        event.at_s,
        event.is_dialled,
    )
    channel.is_up = event.is_up
    if channel.call.is_outbound and channel.channel == channel.call.origin:
        dial(changes, channel)


def caller_identified(changes: Changes, event: ev.CallerIdentified) -> None:
    """The caller of a call, or whom an agent calls, became known."""
    channel = changes.tables.channels.get(event.channel)
    if channel is None or channel.channel != channel.call.origin:
        return
    caller = changes.tables.rules.caller(event.caller_number, event.caller_name)
    if channel.endpoint not in changes.tables.seats:
        channel.call.is_withheld = event.is_withheld
        identify(changes, channel, PRIVATE if event.is_withheld else caller, event.caller_name)
    elif channel.is_dialled and not channel.is_up:
        _call_out(changes, channel, event.caller_number)


def _call_out(changes: Changes, channel: Channel, number: str) -> None:
    """An agent's own call turns out to go outside: whose number it is shown, or was dialled, tells."""
    call = channel.call
    if call.direction is not Direction.INTERNAL or channel.channel != call.origin or channel.is_spy:
        return
    caller = changes.tables.rules.caller(number)
    if caller.kind is not CallerKind.NUMBER or channel.endpoint not in changes.tables.seats:
        return
    call.direction = Direction.OUTBOUND
    if channel.is_dialled:
        call.dialled = clean_text(number)
    identify(changes, channel, caller, "")
    dial(changes, channel)


def dial_began(changes: Changes, event: ev.DialBegan) -> None:
    """Two channels are of one call; an agent's may turn out to go outside."""
    source = changes.tables.channels.get(event.source) if event.source else None
    dest = changes.tables.channels.get(event.dest)
    if source is None or dest is None:
        return
    if source.call is not dest.call:
        merge(changes, source.call, dest.call)
    if event.number and not dest.is_glue and dest.endpoint not in changes.tables.seats:
        _call_out(changes, source, event.number)


def channel_rang(changes: Changes, event: ev.ChannelRang) -> None:
    """A telephone's agent is offered the call."""
    channel = changes.tables.channels.get(event.channel)
    if channel is not None and not channel.is_up:
        channel.is_ringing = True
        offer(changes, channel)


def channel_answered(changes: Changes, event: ev.ChannelAnswered) -> None:
    """A telephone was picked up: its agent talks."""
    channel = changes.tables.channels.get(event.channel)
    if channel is None:
        return
    channel.is_up, channel.is_ringing = True, False
    if channel.leg is None and not channel.is_spy:
        offer(changes, channel)  # a telephone that answered without a ring of its own
    leg = channel.leg
    if leg is not None and leg.state is not OfferState.DIALLING:  # there the other side's answer counts
        leg.endpoint = channel.endpoint
        step(changes, leg, LegTrigger.ANSWERED)


def dial_ended(changes: Changes, event: ev.DialEnded) -> None:
    """Who was dialled answered, or is asked no longer."""
    tables = changes.tables
    channel = tables.channels.get(event.dest)
    if channel is None:
        return
    if event.outcome is not DialOutcome.ANSWERED:
        channel.is_ringing = False
        release(changes, channel, LegTrigger.DIAL_ENDED, _WITHDRAWN_BY[event.outcome])
        return
    if channel.leg is not None and channel.leg.state is OfferState.DIALLING:
        return  # the agent's own telephone, rung by a click: nobody outside answered yet
    source = tables.channels.get(event.source) if event.source else None
    if source is not None and source.call is not channel.call:
        merge(changes, source.call, channel.call)  # picked up by a telephone that was not dialled
    reach(changes, channel.call)
    if source is not None and source.leg is not None and source.leg.state is OfferState.DIALLING:
        step(changes, source.leg, LegTrigger.ANSWERED)


def hangup_requested(changes: Changes, event: ev.HangupRequested) -> None:
    """A party means to go: kept, as what follows has its reason in it."""
    channel = changes.tables.channels.get(event.channel)
    if channel is None:
        return
    channel.has_hung_up = True
    leg = channel.leg
    if leg is not None and leg.state is OfferState.RINGING and len(leg.channels) == 1:
        leg.refusal = WithdrawReason.TRANSFERRED if event.is_forwarding else WithdrawReason.REJECTED


def channel_ended(changes: Changes, event: ev.ChannelEnded) -> None:
    """A channel is gone."""
    changes.tables.originated.pop(event.channel, None)
    channel = changes.tables.channels.get(event.channel)
    if channel is None:
        changes.tables.ended_channels.bury(event.channel, event.at_s)
        return
    if channel.leg is not None and event.cause == _CAUSE_REDIRECTED:
        channel.leg.refusal = WithdrawReason.TRANSFERRED
    end_channel(changes, channel, EndReason.COMPLETED)

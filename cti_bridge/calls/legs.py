"""One call at one agent: how a leg is opened, moved along its table, and what the agent is shown."""

from __future__ import annotations

from cti_bridge.calls import effects as ef
from cti_bridge.calls.call import Call, Channel, Leg
from cti_bridge.calls.changes import Changes
from cti_bridge.calls.effects import Effect
from cti_bridge.calls.ids import AgentId, OfferId
from cti_bridge.calls.outcomes import PartReason, WithdrawReason
from cti_bridge.calls.presence import begin_wrap_up, end_wrap_up
from cti_bridge.calls.record import Hold
from cti_bridge.calls.transitions import ANSWERED, FIRST, LEG, LegTrigger
from cti_bridge.calls.views import OfferState


def offer(changes: Changes, channel: Channel) -> None:
    """The telephone behind a channel rings: if an agent sits there, show the call on their screen."""
    agent_id = changes.tables.seats.get(channel.endpoint)
    call = channel.call
    if agent_id is None or channel.is_glue or channel.had_leg or channel.channel == call.origin:
        return
    if call.ended_at_s is not None:
        return
    for leg in call.legs.values():
        if leg.agent_id == agent_id and leg.state is OfferState.RINGING:
            leg.channels.add(channel.channel)
            channel.leg, channel.had_leg = leg, True
            return
    _open(changes, channel, agent_id, OfferState.RINGING)


def dial(changes: Changes, channel: Channel) -> None:
    """An agent calls somebody outside: show whom, from the first moment on."""
    agent_id = changes.tables.seats.get(channel.endpoint)
    if agent_id is not None and not channel.had_leg and channel.call.ended_at_s is None:
        _open(changes, channel, agent_id, OfferState.DIALLING)


def _open(changes: Changes, channel: Channel, agent_id: AgentId, state: OfferState) -> None:
    call = channel.call
    leg = Leg(
        OfferId(f"{call.call_id}~{channel.channel}"),
        agent_id,
        call,
        channel.endpoint,
        {channel.channel},
        state,
        changes.at_s,
        transferred_by=call.transferred_by if call.transferred_by != agent_id else None,
    )
    channel.leg, channel.had_leg = leg, True
    call.legs[leg.offer_id] = leg
    changes.live.agent(agent_id).legs[leg.offer_id] = leg
    changes.touch(call)
    changes.touch_agent(agent_id)
    changes.out.append(ef.OfferCall(call.view(), leg.view()))


def reach(changes: Changes, call: Call) -> None:
    """Somebody answered the call."""
    call.reached_at_s = changes.at_s
    call.is_abandoned = False
    if call.answered_at_s is None:
        call.answered_at_s = changes.at_s
        changes.touch(call)
        changes.write(call)


def connect(changes: Changes, channel: Channel) -> None:
    """The party on a channel speaks with another: an agent's screen shows the call, rung for or not.

    A pickup, a parked call fetched and a conference joined bring a call to
    a telephone that never rang for it.
    """
    if channel.is_glue or channel.is_spy:
        return
    if channel.leg is None:
        offer(changes, channel)
    if channel.leg is not None:
        channel.leg.endpoint = channel.endpoint
        step(changes, channel.leg, LegTrigger.ANSWERED)


def release(changes: Changes, channel: Channel, trigger: LegTrigger, reason: WithdrawReason | None) -> None:
    """A channel no longer carries its leg; the leg goes with the last of its channels."""
    leg = channel.leg
    if leg is None:
        return
    if leg.state in ANSWERED and trigger is LegTrigger.DIAL_ENDED:
        if len(leg.channels) == 1:
            changes.live.unlisted[f"{leg.state}/{trigger}"] += 1
            return
        channel.leg = None  # another of the agent's telephones rang too
    leg.channels.discard(channel.channel)
    if trigger is LegTrigger.HUNG_UP:
        channel.leg = None
    if not leg.channels:
        step(changes, leg, trigger, reason)


def join(changes: Changes, first: Leg, second: Leg) -> None:
    """Two legs of one agent ring for what turned out to be one call: the second leaves the screen."""
    first.channels |= second.channels
    for channel_id in second.channels:
        changes.tables.channels[channel_id].leg = first
    second.channels = set()
    step(changes, second, LegTrigger.HUNG_UP, WithdrawReason.TRANSFERRED)


def step(changes: Changes, leg: Leg, trigger: LegTrigger, reason: WithdrawReason | None = None) -> None:
    """Move a leg along its table and say what its agent's screen must show."""
    before = leg.state
    after = LEG.get((before, trigger))
    if after is None:
        changes.live.unlisted[f"{before}/{trigger}"] += 1
        return
    if after is before:
        return
    leg.state = after
    call, at_s = leg.call, changes.at_s
    effect: Effect
    if after is OfferState.TALKING and before in FIRST:
        leg.answered_at_s = at_s
        reach(changes, call)
        changes.write(call)
        end_wrap_up(changes, leg.agent_id)
        effect = ef.ConnectOffer(call.view(), leg.view())
    elif after is OfferState.TALKING:
        _end_hold(leg, at_s)
        effect = ef.ResumeOffer(call.view(), leg.view())
    elif after is OfferState.HELD:
        leg.held_at_s = at_s
        effect = ef.HoldOffer(call.view(), leg.view())
    elif after is OfferState.ENDED:
        if reason is WithdrawReason.LOST or changes.is_stopping:
            leg.part = PartReason.LOST
        _close(changes, leg, leg.part)
        begin_wrap_up(changes, leg)
        effect = ef.EndOffer(call.view(), leg.view(), leg.part)
    else:
        if leg.refusal is not None and reason is not WithdrawReason.LOST:
            reason = leg.refusal
        reason = WithdrawReason.LOST if changes.is_stopping else reason or _why(changes, leg, before)
        call.is_abandoned |= reason is WithdrawReason.ABANDONED
        if reason is WithdrawReason.ANSWERED_ELSEWHERE:
            call.taken_at_s = at_s
        _close(changes, leg, reason)
        effect = ef.WithdrawOffer(call.view(), leg.view(), reason)
    changes.out.append(effect)
    changes.touch(call)
    changes.touch_agent(leg.agent_id)


def _close(changes: Changes, leg: Leg, end: PartReason | WithdrawReason) -> None:
    """The leg is over: off the call and the agent, into what the call has been through."""
    _end_hold(leg, changes.at_s)
    leg.ended_at_s, leg.end = changes.at_s, end
    leg.call.legs.pop(leg.offer_id, None)
    leg.call.keep_stint(leg)
    changes.live.agent(leg.agent_id).legs.pop(leg.offer_id, None)


def _end_hold(leg: Leg, at_s: float) -> None:
    if leg.held_at_s is not None:
        leg.holds.append(Hold(leg.held_at_s, at_s))
        leg.held_at_s = None


def _why(changes: Changes, leg: Leg, before: OfferState) -> WithdrawReason:
    """A cancelled leg does not say why: what else the call is doing tells."""
    if before is OfferState.DIALLING:
        return WithdrawReason.NOT_REACHED
    call = leg.call
    if call.reached_at_s is not None and call.reached_at_s >= leg.rang_at_s:
        return WithdrawReason.ANSWERED_ELSEWHERE
    if leg.has_rung_out:
        return WithdrawReason.TIMEOUT
    if any(other.state in ANSWERED for other in call.legs.values()):
        return WithdrawReason.CANCELLED
    origin = changes.tables.channels.get(call.origin)
    if origin is not None and not origin.has_hung_up:
        # Who called is still there, and no time was over: somebody picks the call up, and that is told later.
        return WithdrawReason.ANSWERED_ELSEWHERE
    return WithdrawReason.ABANDONED

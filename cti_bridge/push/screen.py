"""What each agent's screen shows, kept beside the messages that change it.

Every change is published on the agent's topic and folded in here at once, so
that a snapshot is exactly what the messages so far amount to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

import msgspec

from cti_bridge.board.day import AgentDay, Day
from cti_bridge.calls.ids import AgentId, OfferId, PbxId, QueueId
from cti_bridge.calls.outcomes import PartReason, WithdrawReason
from cti_bridge.calls.views import AgentState, AgentStatus, AgentView, CallView, OfferState, OfferView
from cti_bridge.clock import Clock, as_utc
from cti_bridge.lookup.card import Lookup
from cti_bridge.push.envelope import (
    AgentMessageType,
    CallAnswered,
    CallEnded,
    CallHeld,
    CallRecording,
    CallResumed,
    CallWithdrawn,
    Desk,
    Notice,
)
from cti_bridge.push.hub import Hub
from cti_bridge.push.shown import Shown, as_json
from cti_bridge.push.topics import Topic, agent_of, agent_topic

_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class _Screen:
    agent: AgentView | None = None
    offers: dict[OfferId, Shown] = field(default_factory=dict)
    desk: bytes = b""


class Screens:
    """The screens of all agents, by the roster. ``veil`` covers cards while they ring."""

    def __init__(
        self,
        hub: Hub,
        clock: Clock,
        day: Day,
        label: Callable[[PbxId, QueueId | None], str | None],
        waiting: Callable[[], tuple[int, float | None]],
        name: Callable[[AgentId], str] = str,
        veil: Callable[[bytes], bytes] | None = None,
    ) -> None:
        self._hub = hub
        self._clock = clock
        self._day = day
        self._label = label
        self._waiting = waiting
        self._name = name
        self._veil = veil
        self._screens: dict[AgentId, _Screen] = {}
        self._notices: dict[str, Notice] = {}
        self._changed: set[AgentId] = set()
        self._since_s = clock.now_s()

    def seat(self, agent_ids: set[AgentId]) -> None:
        """Make a screen for every agent of the roster, and drop the others'."""
        for agent_id in agent_ids - self._screens.keys():
            self._screens[agent_id] = _Screen()
        for agent_id in self._screens.keys() - agent_ids:
            del self._screens[agent_id]

    def snapshot(self, topic: Topic) -> bytes | None:
        """The whole of one screen as JSON, or None when the agent has none."""
        agent_id = agent_of(topic)
        screen = self._screens.get(agent_id) if agent_id else None
        if agent_id is None or screen is None:
            return None
        # The strip as it was last told. A change that is taken back before the next look is told to nobody:
        # a browser that was given it here would show it until something else changes.
        if not screen.desk:
            screen.desk = _encode(self._desk(agent_id, screen))
        offers = b",".join(as_json(shown, self._visible(shown)) for shown in screen.offers.values())
        notices = _encode([notice for notice in self._notices.values() if notice.is_active])
        return b'{"desk":' + screen.desk + b',"offers":[' + offers + b'],"notices":' + notices + b"}"

    # -- offers -----------------------------------------------------------------------------

    def offered(self, call: CallView, offer: OfferView, lookup: Lookup, card: bytes | None) -> int | None:
        """Put a call on its agent's screen, in one frame with its card; the frame's offset."""
        return self._show("call.offered", call, offer, lookup, card)

    def resolved(self, agent_id: AgentId, offer_id: OfferId, lookup: Lookup, card: bytes | None) -> bool:
        """The card of a shown offer came late, or changed; answers whether the screen was told."""
        shown = self._shown(agent_id, offer_id)
        if shown is None or (shown.lookup is lookup and shown.card == card):
            return False
        shown.lookup, shown.card = lookup, card
        self._publish_card(agent_id, offer_id, shown)
        return True

    def recalled(self, call: CallView, offer: OfferView, lookup: Lookup, card: bytes | None) -> None:
        """A shown call turned out to be another's or became part of another: show it so, same offer."""
        shown = self._shown(offer.agent_id, offer.offer_id)
        if shown is None:
            return
        if shown.call.call_id != call.call_id or shown.transferred_by != self._sender(offer):
            self._show("call.transferred", call, offer, lookup, card)
        elif shown.call.caller != call.caller:
            self._show("call.offered", call, offer, lookup, card)
        else:
            self._recorded(call, offer, shown)

    def browsers(self, agent_id: AgentId) -> int:
        """How many browsers the agent has open."""
        return self._hub.subscribers(agent_topic(agent_id))

    def answered(self, offer: OfferView) -> None:
        """The agent answered; what was covered of the card is shown."""
        before = self._shown(offer.agent_id, offer.offer_id)
        was_covered = before is not None and self._is_covered(before)
        if self._update(offer) and offer.answered_at_s is not None:
            message = CallAnswered(offer_id=offer.offer_id, answered_at=as_utc(offer.answered_at_s))
            self._publish(offer.agent_id, "call.answered", _encode(message))
            if before is not None and was_covered:
                self._publish_card(offer.agent_id, offer.offer_id, before)

    def covers(self, offer: OfferView) -> bool:
        """Whether the card of this offer is shown covered now."""
        shown = self._shown(offer.agent_id, offer.offer_id)
        return shown is not None and self._is_covered(shown)

    def held(self, offer: OfferView) -> None:
        """The agent's call is on hold."""
        if self._update(offer) and offer.held_at_s is not None:
            message = CallHeld(offer_id=offer.offer_id, held_at=as_utc(offer.held_at_s))
            self._publish(offer.agent_id, "call.held", _encode(message))

    def resumed(self, offer: OfferView) -> None:
        """The agent's call is off hold."""
        if self._update(offer):
            self._publish(offer.agent_id, "call.resumed", _encode(CallResumed(offer_id=offer.offer_id)))

    def withdrawn(self, offer: OfferView, reason: WithdrawReason) -> None:
        """The call leaves the agent's screen unanswered."""
        if self._remove(offer):
            message = CallWithdrawn(offer_id=offer.offer_id, reason=reason)
            self._publish(offer.agent_id, "call.withdrawn", _encode(message))

    def ended(self, offer: OfferView, reason: PartReason) -> None:
        """The agent's part of an answered call is over."""
        if self._remove(offer) and offer.ended_at_s is not None:
            message = CallEnded(offer_id=offer.offer_id, ended_at=as_utc(offer.ended_at_s), reason=reason)
            self._publish(offer.agent_id, "call.ended", _encode(message))

    # -- the strip above the card -----------------------------------------------------------

    def agent_changed(self, agent: AgentView) -> None:
        """An agent's state changed; ``publish_desks`` tells the agent's screen.

        Not at once: in a burst of calls every strip would be sent several
        times, before the offers of the next call.
        """
        screen = self._screens.get(agent.agent_id)
        if screen is not None:
            screen.agent = agent
            self._changed.add(agent.agent_id)

    def publish_desks(self, *, is_full: bool) -> None:
        """Publish the strips of agents that changed, or every one that differs from what was last sent.

        Queues and counts stand on all strips, so only a full look finds what they moved.
        """
        changed, self._changed = self._changed, set()
        for agent_id in self._screens if is_full else changed:
            screen = self._screens.get(agent_id)
            if screen is not None:
                self._publish_desk(agent_id, screen)

    def notice(self, code: str, is_active: bool) -> None:
        """Something works only in part, or works again: every screen is told, once."""
        known = self._notices.get(code)
        if (known.is_active if known else False) is is_active:
            return
        now = as_utc(self._clock.now_s())
        notice = msgspec.convert({"code": code, "is_active": is_active, "since": now}, Notice)
        self._notices[code] = notice
        for agent_id in self._screens:
            self._publish(agent_id, "notice", _encode(notice))

    def _publish_desk(self, agent_id: AgentId, screen: _Screen) -> None:
        desk = _encode(self._desk(agent_id, screen))
        if desk != screen.desk:
            screen.desk = desk
            self._publish(agent_id, "agent.state", desk)

    def _desk(self, agent_id: AgentId, screen: _Screen) -> Desk:
        agent = screen.agent
        day = self._day.agents.get(agent_id) or AgentDay()
        waiting, longest_since_s = self._waiting()
        return Desk(
            status=agent.status if agent else AgentStatus.SIGNED_OUT,
            state=agent.state if agent else AgentState.OFFLINE,
            state_since=as_utc(agent.since_s if agent else self._since_s),
            wrap_up_until=_utc(agent.wrap_up_until_s) if agent else None,
            pause_reason=agent.pause_reason if agent else "",
            calls_today=day.calls,
            talk_s_today=int(day.talk_s),
            waiting=waiting,
            longest_wait_since=_utc(longest_since_s),
        )

    def _recorded(self, call: CallView, offer: OfferView, shown: Shown) -> None:
        """Tell a change of the recording; all else of the call stays as the screen was told it."""
        is_recorded, is_muted = call.is_recorded, call.is_recording_muted
        if (shown.call.is_recorded, shown.call.is_recording_muted) == (is_recorded, is_muted):
            return
        shown.call = replace(shown.call, is_recorded=is_recorded, is_recording_muted=is_muted)
        message = CallRecording(offer_id=offer.offer_id, is_recorded=is_recorded, is_recording_muted=is_muted)
        self._publish(offer.agent_id, "call.recording", _encode(message))

    # -- shared -----------------------------------------------------------------------------

    def _publish(self, agent_id: AgentId, type_: AgentMessageType, data: bytes) -> int:
        return self._hub.publish(agent_topic(agent_id), type_, data, as_utc(self._clock.now_s()))

    def _shown(self, agent_id: AgentId, offer_id: OfferId) -> Shown | None:
        screen = self._screens.get(agent_id)
        return screen.offers.get(offer_id) if screen else None

    def _show(
        self,
        type_: Literal["call.offered", "call.transferred"],
        call: CallView,
        offer: OfferView,
        lookup: Lookup,
        card: bytes | None,
    ) -> int | None:
        screen = self._screens.get(offer.agent_id)
        if screen is None:
            return None
        label = self._label(call.pbx, call.queue)
        shown = Shown(call, offer, label, self._sender(offer), lookup, card)
        screen.offers[offer.offer_id] = shown
        return self._publish(offer.agent_id, type_, as_json(shown, self._visible(shown)))

    def _publish_card(self, agent_id: AgentId, offer_id: OfferId, shown: Shown) -> None:
        head = _encode({"offer_id": offer_id, "lookup": shown.lookup})
        card = self._visible(shown) or b"null"
        self._publish(agent_id, "card.resolved", head[:-1] + b',"card":' + card + b"}")

    def _is_covered(self, shown: Shown) -> bool:
        return self._veil is not None and shown.card is not None and shown.offer.state is OfferState.RINGING

    def _visible(self, shown: Shown) -> bytes | None:
        """The card as its agent may see it now."""
        if self._veil is not None and shown.card is not None and self._is_covered(shown):
            return self._veil(shown.card)
        return shown.card

    def _sender(self, offer: OfferView) -> str | None:
        """Who sent the call on."""
        return None if offer.transferred_by is None else self._name(offer.transferred_by)

    def _update(self, offer: OfferView) -> bool:
        shown = self._shown(offer.agent_id, offer.offer_id)
        if shown is None:
            return False
        shown.offer = offer
        return True

    def _remove(self, offer: OfferView) -> bool:
        screen = self._screens.get(offer.agent_id)
        return screen is not None and screen.offers.pop(offer.offer_id, None) is not None


def _utc(at_s: float | None) -> datetime | None:
    return None if at_s is None else as_utc(at_s)

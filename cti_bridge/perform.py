"""Carries out effects: screens, board, records told. The ring waits for no database.

A caller's card (see ``callers``) is usually at hand when an agent rings and
goes out with the ring in one frame. Else the ring waits for it until the
deadline, then goes out bare and the card follows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, assert_never

import structlog

from cti_bridge.api.cards import LiveCall
from cti_bridge.board.day import Day
from cti_bridge.board.live import Board
from cti_bridge.board.windows import LatencyWindow
from cti_bridge.callers import Callers, Choice, Known, Resolves
from cti_bridge.calls import effects as ef
from cti_bridge.calls.ids import AgentId, CallId, OfferId, PbxId
from cti_bridge.calls.views import CallView, OfferView
from cti_bridge.clock import Clock
from cti_bridge.command.wrap_up import WrapUps
from cti_bridge.lookup.card import Lookup
from cti_bridge.lookup.outcome import Resolution
from cti_bridge.push.screen import Screens
from cti_bridge.push.topics import Topic, agent_topic
from cti_bridge.records.trace import Trace
from cti_bridge.telemetry import Telemetry, mask
from cti_bridge.unpainted import Sent, Unpainted

log = structlog.get_logger(__name__)


class Writes(Protocol):
    """Keeps what is to be written of calls; never raises, never waits: see ``records.ledger``."""

    def record(self, effect: ef.RecordCall) -> None:
        """A call's record."""

    def trace(self, payload: bytes) -> None:
        """The steps of a call that is over."""

    def gap(self, effect: ef.ShowSource) -> None:
        """A PBX went out of sight or came back."""

    def viewed(
        self, agent_id: AgentId, customer_id: int, reason: str, *, call_id: str | None, detail: str = ""
    ) -> None:
        """An agent saw a customer's card."""


@dataclass(slots=True, eq=False)
class _Pop:
    """One offer that has not gone out yet: it waits for its card until the deadline."""

    effect: ef.OfferCall
    read_ns: int
    reduced_ns: int
    timer: asyncio.TimerHandle


@dataclass(slots=True, eq=False)
class _Offers:
    """The offers of one call: ``pops`` wait for its caller's card, ``shown`` show it.

    ``talking``: the offers that were answered, and by whom, until they end.
    ``viewed``: which agent saw whose card, and whether covered, so that each is written down once.
    """

    pops: dict[OfferId, _Pop] = field(default_factory=dict)
    shown: dict[OfferId, OfferView] = field(default_factory=dict)
    talking: dict[OfferId, AgentId] = field(default_factory=dict)
    viewed: set[tuple[AgentId, int, bool]] = field(default_factory=set)


class Performer:
    """Carries out effects in the order they come, at once; only cards are waited for.

    ``callers``: what is known of who is on each live call. ``on_left`` is told when an
    agent who was in a call no longer is.
    """

    def __init__(
        self,
        resolver: Resolves,
        screens: Screens,
        board: Board,
        day: Day,
        latency: LatencyWindow,
        telemetry: Telemetry,
        clock: Clock,
        card_deadline_ms: float,
        spawn: Callable[[Coroutine[Any, Any, Resolution]], asyncio.Task[Resolution]],
        ledger: Writes,
        trace: Trace,
        wrap_ups: WrapUps,
        on_left: Callable[[CallId, AgentId], None] = lambda call_id, agent_id: None,
    ) -> None:
        self.callers = Callers(resolver, self._spread, spawn, trace, telemetry, clock)
        self._ledger = ledger
        self._trace = trace
        self._wrap_ups = wrap_ups
        self._on_left = on_left
        self._screens = screens
        self._board = board
        self._day = day
        self._latency = latency
        self._telemetry = telemetry
        self._clock = clock
        self._deadline_s = card_deadline_ms / 1000
        self._offers: dict[CallId, _Offers] = {}
        self._lost: set[PbxId] = set()
        self._unpainted = Unpainted()
        hops = ("reduce", "card", "publish", "paint", "server", "total")
        self._hops = {hop: telemetry.pop_seconds.labels(hop) for hop in hops}

    def perform(self, effects: Sequence[ef.Effect], read_ns: int) -> None:
        """Carry out what one event called for; ``read_ns`` is when its bytes were read."""
        for effect in effects:
            self._day.count(effect)
            self._board.apply(effect)
            self._trace.did(effect, read_ns)
            self._perform(effect, read_ns)

    def _perform(self, effect: ef.Effect, read_ns: int) -> None:
        match effect:
            case ef.PrefetchCard():
                self.callers.learn(effect.call_id, effect.caller)
            case ef.OfferCall():
                self._offer(effect, read_ns)
            case ef.WithdrawOffer():
                self._withdraw(effect)
            case ef.ConnectOffer():
                self._publish_waiting(effect.call.call_id, effect.offer.offer_id)
                self._telemetry.offers.labels("answered").inc()
                self._screens.answered(effect.offer)
                self._offers.setdefault(effect.call.call_id, _Offers()).talking[effect.offer.offer_id] = (
                    effect.offer.agent_id
                )
                self._note_view(effect.call.call_id, effect.offer)
            case ef.HoldOffer():
                self._screens.held(effect.offer)
            case ef.ResumeOffer():
                self._screens.resumed(effect.offer)
            case ef.EndOffer():
                self._forget_offer(effect.call.call_id, effect.offer)
                self._screens.ended(effect.offer, effect.reason)
            case ef.ShowCall():
                self._recall(effect.call)
            case ef.CloseCall():
                self._close(effect)
            case ef.ShowAgent():
                self._screens.agent_changed(effect.agent)
            case ef.ShowSource():
                if effect.is_connected:
                    self._lost.discard(effect.pbx)
                else:
                    self._lost.add(effect.pbx)
                self._screens.notice("pbx_lost", bool(self._lost))
                self._ledger.gap(effect)
            case ef.RecordCall():
                self._ledger.record(effect)
            case ef.BeginWrapUp():
                self._wrap_ups.begin(effect)
            case ef.EndWrapUp():
                self._wrap_ups.end(effect)
            case ef.ShowQueue() | ef.DropQueue() | ef.CountQueueCall() | ef.DropAgent():
                pass  # the board's alone
            case _:
                assert_never(effect)

    def _recall(self, call: CallView) -> None:
        """A call changed: so it is for a browser that asks where it stands."""
        known = self.callers.learn(call.call_id, call.caller)
        offers = self._offers.get(call.call_id)
        if offers is None:
            return
        for offer in call.offers:
            if offer.offer_id in offers.shown:
                self._screens.recalled(call, offer, known.lookup, known.card)

    def _spread(self, call_id: CallId, known: Known) -> None:
        """Tell everyone who waits for or shows this caller what is known now."""
        head = known.head()
        customer = head.profile if head is not None else None
        self._board.name_customer(
            call_id, customer.name if customer else None, customer.rank if customer else None
        )
        offers = self._offers.get(call_id)
        if offers is None:
            return
        for offer_id in list(offers.pops):
            self._publish_waiting(call_id, offer_id)
        for offer in offers.shown.values():
            if self._screens.resolved(offer.agent_id, offer.offer_id, known.lookup, known.card):
                self._trace.card_followed(call_id, offer, self._clock.ticks_ns(), known.lookup)
                self._note_view(call_id, offer)

    # -- pops -------------------------------------------------------------------------------

    def _offer(self, effect: ef.OfferCall, read_ns: int) -> None:
        reduced_ns = self._clock.ticks_ns()
        self._hops["reduce"].observe((reduced_ns - read_ns) / 1e9)
        call_id = effect.call.call_id
        known = self.callers.learn(call_id, effect.call.caller)
        offers = self._offers.setdefault(call_id, _Offers())
        timer = asyncio.get_running_loop().call_later(
            self._deadline_s, self._publish_waiting, call_id, effect.offer.offer_id
        )
        offers.pops[effect.offer.offer_id] = _Pop(effect, read_ns, reduced_ns, timer)
        if known.lookup is not Lookup.PENDING:
            self._publish_waiting(call_id, effect.offer.offer_id)

    def _publish_waiting(self, call_id: CallId, offer_id: OfferId) -> None:
        """Let an offer go out with what is known of its caller by now; nothing if it did already."""
        known, offers = self.callers.get(call_id), self._offers.get(call_id)
        pop = offers.pops.pop(offer_id, None) if offers is not None else None
        if known is None or offers is None or pop is None:
            return
        pop.timer.cancel()
        effect = pop.effect
        offers.shown[offer_id] = effect.offer
        ready_ns = self._clock.ticks_ns()
        offset = self._screens.offered(effect.call, effect.offer, known.lookup, known.card)
        published_ns = self._clock.ticks_ns()
        browsers = self._screens.browsers(effect.offer.agent_id)
        self._trace.published(call_id, effect.offer, published_ns, offset, browsers, known.lookup)
        if offset is None:
            return
        self._note_view(call_id, effect.offer)
        self._hops["card"].observe((ready_ns - pop.reduced_ns) / 1e9)
        self._hops["publish"].observe((published_ns - ready_ns) / 1e9)
        self._hops["server"].observe((published_ns - pop.read_ns) / 1e9)
        self._latency.add_server((published_ns - pop.read_ns) / 1e9)
        self._telemetry.offers.labels("shown").inc()
        self._unpainted.went_out(
            agent_topic(effect.offer.agent_id),
            offset,
            Sent(effect.offer, call_id, pop.read_ns, published_ns),
        )

    def painted(self, topic: Topic, offset: int, received_ns: int) -> None:
        """A browser painted the frame at ``offset``: the end of a pop's road. The first one counts.

        What came late, in a snapshot or to a hidden tab, was painted too, but its time says nothing of us.
        """
        for sent, is_timed in self._unpainted.painted(topic, offset):
            self._telemetry.offers.labels("painted").inc()
            self._trace.painted(sent.call_id, sent.offer, received_ns)
            if is_timed:
                self._hops["paint"].observe((received_ns - sent.published_ns) / 1e9)
                self._hops["total"].observe((received_ns - sent.read_ns) / 1e9)
                self._latency.add_painted((received_ns - sent.read_ns) / 1e9)

    def _withdraw(self, effect: ef.WithdrawOffer) -> None:
        self._telemetry.offers.labels(effect.reason).inc()
        self._forget_offer(effect.call.call_id, effect.offer)
        self._screens.withdrawn(effect.offer, effect.reason)

    def _note_view(self, call_id: CallId, offer: OfferView) -> None:
        """Write down that the agent saw the card, if there is one and a browser to see it in."""
        known, offers = self.callers.get(call_id), self._offers.get(call_id)
        head = known.head() if known is not None else None
        if offers is None or head is None or not self._screens.browsers(offer.agent_id):
            return
        view = (offer.agent_id, head.profile.customer_id, self._screens.covers(offer))
        if view not in offers.viewed:
            offers.viewed.add(view)
            agent_id, customer_id, is_covered = view
            detail = "covered" if is_covered else ""
            self._ledger.viewed(agent_id, customer_id, "call", call_id=call_id, detail=detail)

    # -- whom a call is from, when an agent says so -----------------------------------------

    def live_call(self, call_id: CallId) -> LiveCall | None:
        """The call with the agents it is shown to; None when it is over."""
        known = self.callers.get(call_id)
        if known is None:
            return None
        offers = self._offers.get(call_id) or _Offers()
        return LiveCall(known.caller.e164, frozenset(offer.agent_id for offer in offers.shown.values()))

    def talks(self, call_id: CallId, agent_id: AgentId) -> bool:
        """Whether the agent is in the call: it was answered, and did not end there."""
        offers = self._offers.get(call_id)
        return offers is not None and agent_id in offers.talking.values()

    def customer_of(self, call_id: CallId) -> int | None:
        """Whose card the call shows; None for nobody's."""
        known = self.callers.get(call_id)
        head = known.head() if known is not None else None
        return head.profile.customer_id if head is not None else None

    def identify(self, call_id: CallId, customer_id: int | None) -> None:
        """Show the card of ``customer_id``, None for nobody's, wherever the call is shown."""
        self.callers.choose(call_id, Choice(customer_id))

    def unidentify(self, call_id: CallId) -> None:
        """Show what the number alone says."""
        self.callers.choose(call_id, None)

    def _forget_offer(self, call_id: CallId, offer: OfferView) -> None:
        """An offer is over; one that had not gone out yet never will, one not painted yet never counts."""
        if self._unpainted.over(agent_topic(offer.agent_id), offer.offer_id):
            self._telemetry.offers.labels("gone_unpainted").inc()
        offers = self._offers.get(call_id)
        if offers is None:
            return
        pop = offers.pops.pop(offer.offer_id, None)
        if pop is not None:
            pop.timer.cancel()
            self._telemetry.offers.labels("never_shown").inc()
        offers.shown.pop(offer.offer_id, None)
        if offers.talking.pop(offer.offer_id, None) is not None:
            self._on_left(call_id, offer.agent_id)

    def _close(self, effect: ef.CloseCall) -> None:
        call = effect.call
        known = self.callers.take_out(call.call_id)
        offers = self._offers.pop(call.call_id, _Offers())
        self._close_trace(effect)
        if known is not None and effect.into is not None:
            self._move(known, offers, effect.into)
        elif known is not None:
            for pop in offers.pops.values():
                pop.timer.cancel()
            known.drop()
        log.info(
            "call_closed",
            call_id=call.call_id,
            direction=call.direction,
            reason=effect.reason,
            caller=mask(call.caller.e164),
            queue=call.queue,
            lookup=known.lookup if known else None,
            lasted_s=round((call.ended_at_s or call.started_at_s) - call.started_at_s, 3),
        )

    def _close_trace(self, effect: ef.CloseCall) -> None:
        now_ns = self._clock.ticks_ns()
        if effect.into is not None:
            self._trace.absorb(effect.call.call_id, effect.into, now_ns)
            return
        steps = self._trace.close(effect.call, effect.reason, now_ns)
        if steps is not None:
            self._ledger.trace(steps)

    def _move(self, known: Known, offers: _Offers, into: CallId) -> None:
        """A call became part of another: its offers wait for and show the other's caller from now on."""
        target = self.callers.get(into)
        for offer_id, pop in offers.pops.items():
            pop.timer.cancel()
            pop.timer = asyncio.get_running_loop().call_later(
                self._deadline_s, self._publish_waiting, into, offer_id
            )
        if target is None:
            self._offers[into] = offers
            self.callers.put_in(into, known)
            return
        there = self._offers.setdefault(into, _Offers())
        there.pops |= offers.pops
        there.shown |= offers.shown
        there.talking |= offers.talking
        known.drop()
        if target.lookup is not Lookup.PENDING:
            self._spread(into, target)

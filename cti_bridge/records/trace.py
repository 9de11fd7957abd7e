"""Traces: what happened to each live call between the PBX's bytes and a painted screen, kept until it ends.

While a call lives its events are only kept, not read: 0.4 µs each. They become
JSON when the call closes, or when somebody asks meanwhile.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NamedTuple

from cti_bridge.calls import effects as ef
from cti_bridge.calls import events as ev
from cti_bridge.calls.call import Channel
from cti_bridge.calls.ids import CallId, ChannelId, PbxId
from cti_bridge.calls.numbers import Caller
from cti_bridge.calls.outcomes import EndReason
from cti_bridge.calls.snapshot import Snapshot
from cti_bridge.calls.state import Live
from cti_bridge.calls.views import CallView, OfferView
from cti_bridge.clock import Clock
from cti_bridge.records import notes
from cti_bridge.records.channel_of import CHANNEL_OF
from cti_bridge.records.steps import Step
from cti_bridge.records.trace_json import read_payload, write_payload

# A recorded call has some 40 steps; one that rings twenty telephones for minutes has hundreds.
MAX_STEPS = 400
# A centre of a thousand agents twice over; the oldest are forgotten first.
MAX_CALLS = 2000
# What has closed and may not be in PostgreSQL yet: at 5 calls a second, a minute. Some 8 KB each.
MAX_CLOSED = 300


@dataclass(frozen=True, slots=True)
class Closed:
    """A call that ended: its last view, how it ended, its trace as it is written."""

    call: CallView
    reason: EndReason
    payload: bytes


class Kept(NamedTuple):
    """What is known of one call: its last view, the steps so far. ``reason`` is missing while it lives."""

    call: CallView | None
    reason: EndReason | None
    steps: list[Step]


@dataclass(slots=True, eq=False)
class _Call:
    """One live call. ``times`` and ``steps`` are of one length; ``ids`` has every identity it had."""

    pbx: PbxId
    ids: list[CallId]
    times: list[int]
    steps: list[Any]
    channels: set[ChannelId]
    view: CallView | None = None
    caller: Caller | None = None
    skipped: int = 0

    def add(self, at_ns: int, step: object) -> None:
        """Keep one step, unless there are too many."""
        if len(self.steps) < MAX_STEPS:
            self.times.append(at_ns)
            self.steps.append(step)
        else:
            self.skipped += 1

    def steps_at(self) -> list[tuple[int, Any]]:
        """The steps, each after its time."""
        return list(zip(self.times, self.steps, strict=True))


class Trace:
    """The traces of all live calls, by the live tables. Nothing here raises for a call it does not know."""

    def __init__(self, live: Live, clock: Clock) -> None:
        self._live = live
        self._clock = clock
        self._calls: dict[CallId, _Call] = {}
        self._channels: dict[PbxId, dict[ChannelId, _Call]] = {}
        self._closed: OrderedDict[CallId, Closed] = OrderedDict()

    # -- what happens, on the hot path ------------------------------------------------------

    def heard(self, event: ev.CallEvent, read_ns: int) -> None:
        """An event was reduced and not yet performed. ``read_ns``: when its bytes were read."""
        kind = type(event)
        channel_of = CHANNEL_OF.get(kind)
        if channel_of is None:
            if kind is ev.SourceLost or kind is Snapshot:
                self._source_changed(event, read_ns)
            return
        channel = channel_of(event)
        try:
            call = self._channels[event.pbx][channel]  # type: ignore[index]
        except KeyError:
            found = self._join(event.pbx, channel)
            if found is None:
                return
            call = found
        if len(call.steps) >= MAX_STEPS:
            call.skipped += 1
            return
        call.times.append(read_ns)
        call.steps.append(self._ring(event) if isinstance(event, ev.ChannelRang) else event)

    def did(self, effect: ef.Effect, at_ns: int) -> None:
        """An effect is carried out. Merges and ends are told by ``absorb`` and ``close``."""
        note = notes.OF_EFFECT.get(type(effect))
        if note is None:
            return
        view: CallView = effect.call  # type: ignore[union-attr]
        call = self._calls.get(view.call_id)
        if call is None:
            return
        call.view = view
        if view.caller is not call.caller and view.caller != call.caller:
            call.caller = view.caller
            call.add(at_ns, notes.caller_known(view))
        made = note(effect)
        if made is not None:
            call.add(at_ns, made)

    def asked(self, call_id: CallId, at_ns: int, e164: str) -> None:
        """The caller's card is asked for."""
        self._note(call_id, at_ns, notes.LookupBegan(e164))

    def answered(
        self,
        call_id: CallId,
        at_ns: int,
        lookup: str,
        *,
        source: str = "",
        customer: str | None = None,
        sharers: int = 0,
    ) -> None:
        """The answer: found, unknown or unavailable; ``source`` where it came from, if that is known."""
        self._note(call_id, at_ns, notes.LookupEnded(lookup, source, customer, sharers))

    def published(
        self,
        call_id: CallId,
        offer: OfferView,
        at_ns: int,
        offset: int | None,
        browsers: int,
        lookup: str,
    ) -> None:
        """An offer went out to so many browsers of its agent. No ``offset``: the agent has no screen."""
        if offset is None:
            self._note(call_id, at_ns, notes.NoScreen(offer.offer_id, offer.agent_id))
        else:
            sent = notes.Published(offer.offer_id, offer.agent_id, offset, browsers, lookup)
            self._note(call_id, at_ns, sent)

    def card_followed(self, call_id: CallId, offer: OfferView, at_ns: int, lookup: str) -> None:
        """The card of an offer that is shown came late, or changed."""
        self._note(call_id, at_ns, notes.CardFollowed(offer.offer_id, offer.agent_id, lookup))

    def painted(self, call_id: CallId, offer: OfferView, at_ns: int) -> None:
        """A browser painted the offer."""
        self._note(call_id, at_ns, notes.Painted(offer.offer_id, offer.agent_id))

    def blocks_skipped(self, pbx: PbxId, reason: str, count: int) -> None:
        """Blocks of a PBX could not be read; what they said is unknown, so every call there is told."""
        at_ns = self._clock.ticks_ns()
        for call in self._at(pbx):
            call.add(at_ns, notes.BlocksSkipped(reason, count))

    # -- ends -------------------------------------------------------------------------------

    def absorb(self, gone: CallId, keep: CallId, at_ns: int) -> None:
        """One call became part of another, and its steps with it."""
        lost = self._calls.get(gone)
        kept = self._calls.get(keep)
        if lost is None or lost is kept:
            return
        lost.add(at_ns, notes.Absorbed(gone))
        if kept is None:
            lost.ids.append(keep)
            self._calls[keep] = lost
            return
        # Of one moment the older call's come first: they were read in one piece.
        both = sorted([*kept.steps_at(), *lost.steps_at()], key=itemgetter(0))
        kept.skipped += lost.skipped + max(0, len(both) - MAX_STEPS)
        kept.times = [at for at, _ in both[:MAX_STEPS]]
        kept.steps = [step for _, step in both[:MAX_STEPS]]
        kept.channels |= lost.channels
        kept.ids += lost.ids
        channels = self._channels[lost.pbx]
        for channel in lost.channels:
            channels[channel] = kept
        for call_id in lost.ids:
            self._calls[call_id] = kept

    def close(self, view: CallView, reason: EndReason, at_ns: int) -> bytes | None:
        """A call is over: its trace for the spool as JSON (call_id, recorded_at, steps); None if unknown."""
        call = self._calls.get(view.call_id)
        if call is None:
            return None
        # Beyond the bound too: without its end a trace would look like one of a live call.
        call.times.append(at_ns)
        call.steps.append(notes.Closed(reason))
        self._forget(call)
        payload = write_payload(view.call_id, call.steps_at(), call.skipped, self._clock)
        self._closed[view.call_id] = Closed(view, reason, payload)
        if len(self._closed) > MAX_CLOSED:
            self._closed.popitem(last=False)
        return payload

    # -- for whoever asks -------------------------------------------------------------------

    def find(self, call_id: CallId) -> Kept | None:
        """A live call, or one that closed a moment ago; None leaves the question to the database."""
        call = self._calls.get(call_id)
        if call is not None:
            payload = write_payload(call_id, call.steps_at(), call.skipped, self._clock)
            return Kept(call.view, None, read_payload(payload))
        closed = self._closed.get(call_id)
        if closed is None:
            return None
        return Kept(closed.call, closed.reason, read_payload(closed.payload))

    # -- inside -----------------------------------------------------------------------------

    def _join(self, pbx: PbxId, channel_id: ChannelId | None) -> _Call | None:
        """The trace of a channel's call, begun if need be."""
        channel = self._channel(pbx, channel_id)
        if channel is None:
            return None
        call_id = channel.call.call_id
        call = self._calls.get(call_id)
        if call is None:
            if len(self._calls) >= MAX_CALLS:
                self._forget(next(iter(self._calls.values())))
            call = self._calls[call_id] = _Call(pbx, [call_id], [], [], set())
        call.channels.add(channel.channel)
        self._channels.setdefault(pbx, {})[channel.channel] = call
        return call

    def _channel(self, pbx: PbxId, channel_id: ChannelId | None) -> Channel | None:
        tables = self._live.pbxs.get(pbx)
        return tables.channels.get(channel_id) if tables is not None and channel_id is not None else None

    def _ring(self, event: ev.ChannelRang) -> object:
        """A ring, with whose telephone it is now: the roster may be another when somebody asks."""
        channel = self._channel(event.pbx, event.channel)
        if channel is None or channel.is_glue:
            return event
        agent_id = self._live.pbxs[event.pbx].seats.get(channel.endpoint)
        return notes.TelephoneRang(event.channel, channel.endpoint, agent_id, channel.leg is not None)

    def _source_changed(self, event: ev.CallEvent, read_ns: int) -> None:
        """Calls at a PBX that is lost go on unseen; those its next snapshot shows are seen again."""
        if isinstance(event, ev.SourceLost):
            for call in self._at(event.pbx):
                call.add(read_ns, notes.OutOfSight(event.cause))
            return
        for channel_id in self._live.tables(event.pbx).channels:
            self._join(event.pbx, channel_id)
        for call in self._at(event.pbx):
            call.add(read_ns, notes.InSight(_gap_s(call, read_ns)))

    def _at(self, pbx: PbxId) -> list[_Call]:
        calls = {id(call): call for call in self._calls.values() if call.pbx == pbx}
        return list(calls.values())

    def _note(self, call_id: CallId, at_ns: int, note: object) -> None:
        call = self._calls.get(call_id)
        if call is not None:
            call.add(at_ns, note)

    def _forget(self, call: _Call) -> None:
        for call_id in call.ids:
            self._calls.pop(call_id, None)
        channels = self._channels.get(call.pbx, {})
        for channel in call.channels:
            channels.pop(channel, None)


def _gap_s(call: _Call, now_ns: int) -> float | None:
    """How long a call was out of sight; None when it was not."""
    for at_ns, step in zip(reversed(call.times), reversed(call.steps), strict=True):
        if isinstance(step, notes.InSight):
            return None
        if isinstance(step, notes.OutOfSight):
            return round((now_ns - at_ns) / 1e9, 3)
    return None

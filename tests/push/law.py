"""Streams of the real screens and the real board, as frames, to try the law on here and in the pages.

Recorded calls of a real Asterisk, mixed and disturbed, go through the call
model into the screens and the board; what they publish is kept, and snapshots
taken on the way. ``python -m tests.push.law FILE`` writes some 200 streams, a
line of JSON each, always the same; ``web/test/law.test.ts`` reads them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from cti_bridge.board.day import Day
from cti_bridge.board.live import Board, Person
from cti_bridge.board.windows import LatencyWindow
from cti_bridge.calls import effects as ef
from cti_bridge.calls.events import CallEvent, RecordingMuted, RecordingStarted, SourceLost
from cti_bridge.calls.ids import AgentId, CallId, OfferId
from cti_bridge.calls.reducer import reduce
from cti_bridge.clock import Clock, as_utc
from cti_bridge.lookup.card import Lookup
from cti_bridge.push.frame import Frame
from cti_bridge.push.hub import LocalHub
from cti_bridge.push.screen import Screens
from cti_bridge.push.topics import BOARD, Topic, agent_topic
from cti_bridge.telemetry import Telemetry
from tests.golden_traces import AGENTS, PBX, names, seated, trace_events

# How many of each kind; and where to stop looking for more.
AGENT_STREAMS, BOARD_STREAMS = 130, 70
EXAMPLES = 400
NOW_S = 1_800_000_000.0
CARDS = (b'{"profile":{"name":"x"}}', b'{"profile":{"name":"y"}}')
COVERED = b'{"profile":{"name":""}}'
HAPPENINGS = ("card", "notice", "recording", "publish", "publish", "stale", "fresh", "lost")
# A topic that said less than this proves nothing.
FEWEST_FRAMES = 4

Message = dict[str, Any]


@dataclass(slots=True, eq=False)
class Stream:
    """What one topic said, and snapshots in the order they were taken.

    ``is_fresh``: everything that happened had been said by then. Any other snapshot may be ahead of
    what was said, since board and strips are told of changes a few times a second.
    """

    topic: Topic
    frames: list[Message] = field(default_factory=list)
    snapshots: list[tuple[Message, bool]] = field(default_factory=list)

    def deliver(self, frame: Frame) -> None:
        """What the hub publishes."""
        self.frames.append(msgspec.json.decode(frame.json()))


class Floor:
    """Screens and board behind one hub, and what every topic said."""

    def __init__(self, veil: Callable[[bytes], bytes] | None) -> None:
        clock, latency = Clock(now_s=lambda: NOW_S), LatencyWindow()
        self.live = seated()
        self.day = Day(ZoneInfo("Asia/Tokyo"), 20)
        self.board = Board(self.day, latency, lambda agent_id: Person(f"名 {agent_id}", ""), {})
        self.hub = LocalHub(backlog_frames=64, clock=clock, telemetry=Telemetry())
        self.hub.epoch = "law"
        self.screens = Screens(
            self.hub, clock, self.day, self.board.label, self.board.waiting, lambda agent_id: agent_id, veil
        )
        self.hub.provide_snapshot("agent", self.screens.snapshot)
        self.hub.provide_snapshot("board", lambda _topic: msgspec.json.encode(self.board.snapshot()))
        agents = [AgentId(f"a{number}") for number in AGENTS]
        self.screens.seat(set(agents))
        self.streams = [Stream(topic) for topic in (*map(agent_topic, agents), BOARD)]
        self.shown: dict[OfferId, ef.OfferCall] = {}
        for stream in self.streams:
            stream.snapshots.append((self._snapshot(stream), False))
            self.hub.subscribe(stream.topic, None, stream)

    def happen(self, event: CallEvent, lookup: Lookup, card: bytes | None) -> None:
        """One event, and whose card is known by then."""
        for effect in reduce(self.live, event):
            self.day.count(effect)
            self.board.apply(effect)
            self._show(effect, lookup, card)

    def _show(self, effect: ef.Effect, lookup: Lookup, card: bytes | None) -> None:
        match effect:
            case ef.OfferCall():
                self.screens.offered(effect.call, effect.offer, lookup, card)
                self.shown[effect.offer.offer_id] = effect
            case ef.WithdrawOffer():
                self.screens.withdrawn(effect.offer, effect.reason)
                self.shown.pop(effect.offer.offer_id, None)
            case ef.ConnectOffer():
                self.screens.answered(effect.offer)
            case ef.HoldOffer():
                self.screens.held(effect.offer)
            case ef.ResumeOffer():
                self.screens.resumed(effect.offer)
            case ef.EndOffer():
                self.screens.ended(effect.offer, effect.reason)
                self.shown.pop(effect.offer.offer_id, None)
            case ef.ShowCall():
                for offer in effect.call.offers:
                    self.screens.recalled(effect.call, offer, lookup, card)
            case ef.ShowAgent():
                self.screens.agent_changed(effect.agent)

    def know(self, offer_id: OfferId, lookup: Lookup, card: bytes | None) -> None:
        """The card of a shown offer came, or changed."""
        effect = self.shown[offer_id]
        self.screens.resolved(effect.offer.agent_id, offer_id, lookup, card)
        self.board.name_customer(CallId(effect.call.call_id), "佐藤" if card else None, None)

    def publish(self) -> None:
        """What the bridge does a few times a second."""
        self.screens.publish_desks(is_full=True)
        delta = self.board.take_delta()
        if delta is not None:
            self.hub.publish(BOARD, "delta", msgspec.json.encode(delta), as_utc(NOW_S))

    def snapshots(self, *, is_fresh: bool) -> None:
        """Keep a snapshot of every topic."""
        if is_fresh:
            self.publish()
        for stream in self.streams:
            stream.snapshots.append((self._snapshot(stream), is_fresh))

    def _snapshot(self, stream: Stream) -> Message:
        reader = Stream(stream.topic)
        backlog = self.hub.subscribe(stream.topic, None, reader)
        self.hub.unsubscribe(stream.topic, reader)
        assert backlog is not None
        (frame,) = backlog.frames
        found: Message = msgspec.json.decode(frame.json())
        return found


@st.composite
def floors(draw: st.DrawFn) -> Floor:
    """A floor after some minutes: two recorded calls at once, and whatever else may happen meanwhile."""
    floor = Floor(draw(st.sampled_from([None, lambda card: COVERED])))
    chosen = draw(st.lists(st.sampled_from(names()), min_size=1, max_size=2, unique=True))
    left = [list(trace_events(name)) for name in chosen]
    while any(left):
        turn = draw(st.sampled_from([events for events in left if events]))
        lookup = draw(st.sampled_from([Lookup.FOUND, Lookup.PENDING, Lookup.UNKNOWN]))
        card = draw(st.sampled_from(CARDS)) if lookup is Lookup.FOUND else None
        for event in turn[: draw(st.integers(1, 24))]:
            floor.happen(event, lookup, card)
            turn.pop(0)
        match draw(st.sampled_from(HAPPENINGS)):
            case "card" if floor.shown:
                offer_id = draw(st.sampled_from(sorted(floor.shown)))
                floor.know(offer_id, Lookup.FOUND, draw(st.sampled_from(CARDS)))
            case "notice":
                code = draw(st.sampled_from(["pbx_lost", "records_unavailable", "cache_unavailable"]))
                floor.screens.notice(code, draw(st.booleans()))
            case "recording" if channels := sorted(floor.live.tables(PBX).channels):
                channel, is_muted = draw(st.sampled_from(channels)), draw(st.booleans())
                floor.happen(RecordingStarted(PBX, NOW_S, channel), lookup, card)
                floor.happen(RecordingMuted(PBX, NOW_S, channel, is_muted), lookup, card)
            case "publish":
                floor.publish()
            case "stale" | "fresh" as kind:
                floor.snapshots(is_fresh=kind == "fresh")
            case "lost" if draw(st.integers(0, 4)) == 0:
                floor.happen(SourceLost(PBX, NOW_S, "cut"), lookup, card)
    floor.snapshots(is_fresh=True)
    return floor


@cache
def streams() -> tuple[Stream, ...]:
    """The streams, always the same ones."""
    agents: list[Stream] = []
    boards: list[Stream] = []

    @seed(20_260_408)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(floors())
    def collect(floor: Floor) -> None:
        for stream in floor.streams:
            kept, most = (boards, BOARD_STREAMS) if stream.topic == BOARD else (agents, AGENT_STREAMS)
            if len(stream.frames) >= FEWEST_FRAMES and len(kept) < most:
                kept.append(stream)

    collect()
    return (*agents, *boards)


def lines() -> Iterator[str]:
    """Each stream as JSON."""
    for stream in streams():
        snapshots = [{"frame": frame, "is_fresh": is_fresh} for frame, is_fresh in stream.snapshots]
        written = {"topic": stream.topic, "frames": stream.frames, "snapshots": snapshots}
        yield json.dumps(written, ensure_ascii=False, separators=(",", ":")) + "\n"


if __name__ == "__main__":
    with Path(sys.argv[1]).open("w", encoding="utf-8") as file:
        file.writelines(lines())

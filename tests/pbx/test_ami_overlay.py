"""Lists taken while calls go on, laid under the events since: one moment, and the plain stream's state."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from cti_bridge.calls import events as ev
from cti_bridge.calls.ids import BridgeId, ChannelId, Endpoint, QueueId
from cti_bridge.calls.queue_events import (
    DeviceChanged,
    DeviceUse,
    MemberChanged,
    MemberRemoved,
    QueueEntered,
    QueueLeft,
)
from cti_bridge.calls.reducer import reduce
from cti_bridge.calls.snapshot import Snapshot, SnapshotChannel, SnapshotQueue, SnapshotWaiting
from cti_bridge.calls.state import Live
from cti_bridge.pbx.ami_overlay import overlaid
from tests.golden_traces import PBX, names, seated, story, trace_events

QUEUES = tuple(QueueId(name) for name in ("orders", "support"))
PHONES = tuple(Endpoint(f"PJSIP/100{n}") for n in range(1, 5))
NOW_S = 1_000.0
LEFT_OUT = {
    "local_member_freepbx",  # a list made from the model cannot tell that a member was named by a detour
}


@dataclass
class Truth:
    """What a PBX with random calls is really like. ``shot``: its lists, all at one moment."""

    channels: dict[ChannelId, SnapshotChannel] = field(default_factory=dict)
    waiting: dict[tuple[QueueId, ChannelId], SnapshotWaiting] = field(default_factory=dict)
    members: dict[tuple[QueueId, Endpoint], MemberChanged] = field(default_factory=dict)
    devices: dict[Endpoint, DeviceUse] = field(default_factory=dict)

    def shot(self) -> Snapshot:
        return Snapshot(
            PBX,
            NOW_S,
            tuple(self.channels.values()),
            tuple(SnapshotQueue(queue, "") for queue in QUEUES),
            tuple(self.members.values()),
            tuple(self.waiting.values()),
            tuple(self.devices.items()),
        )

    def copy(self) -> Truth:
        return Truth(dict(self.channels), dict(self.waiting), dict(self.members), dict(self.devices))


class Exchange:
    """A PBX at which anything possible happens. ``events[i]`` leads from ``truths[i]`` to the next."""

    def __init__(self, seed: int, length: int) -> None:
        self._random = random.Random(seed)
        self._truth = Truth()
        self.events: list[ev.CallEvent] = []
        self.truths = [self._truth.copy()]
        while len(self.events) < length:
            self._random.choice(
                [self._create, self._ring, self._answer, self._bridge, self._bridge, self._end, self._queue,
                 self._member, self._device]
            )()  # fmt: skip

    def _say(self, event: ev.CallEvent) -> None:
        self.events.append(event)
        self.truths.append(self._truth.copy())

    def _pick(self) -> SnapshotChannel | None:
        return self._random.choice(list(self._truth.channels.values())) if self._truth.channels else None

    def _become(self, seen: SnapshotChannel, event: ev.CallEvent, **facts: object) -> None:
        self._truth.channels[seen.channel] = replace(seen, **facts)  # type: ignore[arg-type]
        self._say(event)

    def _create(self) -> None:
        name = ChannelId(f"1.{len(self.events)}")
        at_s, endpoint = NOW_S - 1, self._random.choice(PHONES)
        other = self._pick()
        # Asterisk links a new channel to a call that lives, never to one that is over.
        joins = other is not None and other.linked in self._truth.channels and self._random.random() < 0.5
        linked = other.linked if other is not None and joins else name
        self._truth.channels[name] = SnapshotChannel(
            name, linked, endpoint, False, False, False, "0312345678", "", "", "0311112222", None, 1.0
        )
        self._say(ev.ChannelCreated(PBX, at_s, name, linked, endpoint, False, "0312345678", "", "0311112222"))

    def _ring(self) -> None:
        seen = self._pick()
        if seen is not None and not seen.is_up and not seen.is_ringing:
            self._become(seen, ev.ChannelRang(PBX, NOW_S, seen.channel), is_ringing=True)

    def _answer(self) -> None:
        seen = self._pick()
        if seen is not None and not seen.is_up:
            self._become(seen, ev.ChannelAnswered(PBX, NOW_S, seen.channel), is_up=True, is_ringing=False)

    def _bridge(self) -> None:
        seen = self._pick()
        if seen is None or not seen.is_up:
            return
        if seen.bridge is not None:
            self._become(seen, ev.BridgeLeft(PBX, NOW_S, seen.channel, seen.bridge), bridge=None)
        else:
            bridge = BridgeId(f"b{self._random.randrange(3)}")
            event = ev.BridgeEntered(PBX, NOW_S, seen.channel, bridge, seen.linked)
            self._become(seen, event, bridge=bridge)

    def _end(self) -> None:
        seen = self._pick()
        if seen is None:
            return
        # Asterisk says that a caller left before it says that it hung up.
        for queue, channel in [key for key in self._truth.waiting if key[1] == seen.channel]:
            self._leave(queue, channel)
        if seen.bridge is not None:
            self._become(seen, ev.BridgeLeft(PBX, NOW_S, seen.channel, seen.bridge), bridge=None)
        del self._truth.channels[seen.channel]
        self._say(ev.ChannelEnded(PBX, NOW_S, seen.channel, 16))

    def _queue(self) -> None:
        seen = self._pick()
        if seen is None:
            return
        waits_in = next((queue for queue, channel in self._truth.waiting if channel == seen.channel), None)
        if waits_in is not None:
            self._leave(waits_in, seen.channel)
            return
        queue = self._random.choice(QUEUES)
        self._truth.waiting[queue, seen.channel] = SnapshotWaiting(queue, seen.channel, "0312345678", "", 0.0)
        self._say(QueueEntered(PBX, NOW_S, seen.channel, queue, "0312345678", ""))

    def _leave(self, queue: QueueId, channel: ChannelId) -> None:
        del self._truth.waiting[queue, channel]
        self._say(QueueLeft(PBX, NOW_S, channel, queue))

    def _member(self) -> None:
        queue, phone = self._random.choice(QUEUES), self._random.choice(PHONES)
        if (queue, phone) in self._truth.members and self._random.random() < 0.3:
            del self._truth.members[queue, phone]
            self._say(MemberRemoved(PBX, NOW_S, queue, phone))
            return
        device = self._truth.devices.get(phone, DeviceUse.IDLE)
        is_paused = self._random.random() < 0.5
        event = MemberChanged(PBX, NOW_S, queue, phone, "", is_paused, "", device)
        self._truth.members[queue, phone] = event
        self._truth.devices[phone] = device
        self._say(event)

    def _device(self) -> None:
        phone, device = self._random.choice(PHONES), self._random.choice(list(DeviceUse))
        self._truth.devices[phone] = device
        for key in [key for key in self._truth.members if key[1] == phone]:
            self._truth.members[key] = replace(self._truth.members[key], device=device)
        self._say(DeviceChanged(PBX, NOW_S, phone, device))

    def lists(self, channels: int, queues: int, devices: int) -> Snapshot:
        """Lists that each show another moment."""
        waiting = self.truths[queues].shot()
        return replace(
            self.truths[channels].shot(),
            members=waiting.members,
            waiting=waiting.waiting,
            devices=self.truths[devices].shot().devices,
        )


def facts(shot: Snapshot) -> tuple[object, ...]:
    """What a snapshot says, whatever its order."""
    return tuple(
        frozenset(part) for part in (shot.channels, shot.queues, shot.members, shot.waiting, shot.devices)
    )


@st.composite
def windows(draw: st.DrawFn) -> tuple[Exchange, list[int]]:
    """Calls, and five moments: asked for, three lists, handed on."""
    exchange = Exchange(draw(st.integers(0, 1 << 32)), draw(st.integers(10, 80)))
    return exchange, sorted(draw(st.lists(st.integers(0, len(exchange.events)), min_size=5, max_size=5)))


@given(windows())
@settings(max_examples=200, deadline=None)
def test_lists_of_different_moments_and_the_events_since_show_one_moment(
    window: tuple[Exchange, list[int]],
) -> None:
    exchange, (asked, first, second, third, handed_on) = window
    shot = overlaid(exchange.lists(first, second, third), exchange.events[asked:handed_on])
    assert facts(shot) == facts(exchange.truths[handed_on].shot())


def known(live: Live) -> tuple[object, ...]:
    """What the model holds of one PBX that a snapshot can tell."""
    tables = live.tables(PBX)
    return (
        {(c.channel, c.is_up, c.is_ringing, c.bridge) for c in tables.channels.values()},
        {(name, channel) for name, queue in tables.queues.items() for channel in queue.waiting},
        {(name, e, m.is_paused, m.device) for name, q in tables.queues.items() for e, m in q.members.items()},
        tables.devices,
        # Which channels are one call is not said by a list; that each is in just one call, is.
        sorted(channel for call in tables.calls.values() for channel in call.channels),
    )


@given(windows())
@settings(max_examples=200, deadline=None)
def test_events_that_waited_for_the_first_snapshot_of_a_connection_lead_to_the_same_state(
    window: tuple[Exchange, list[int]],
) -> None:
    """The gap before it is unknown; some of what waited had happened before the lists were made."""
    exchange, (lost, asked, made, _, later) = window
    live = seated()
    for event in exchange.events[:lost]:
        reduce(live, event)
    reduce(live, ev.SourceLost(PBX, NOW_S, "cut"))
    reduce(live, exchange.truths[made].shot())
    for event in exchange.events[asked:later]:
        reduce(live, event)
    fresh = seated()
    reduce(fresh, exchange.truths[later].shot())
    assert known(live) == known(fresh)


def _as_shown(live: Live, created: dict[ChannelId, ev.ChannelCreated]) -> Snapshot:
    """What the PBX would list, had the model seen all of it."""
    tables = live.tables(PBX)
    truth = Truth(devices=dict(tables.devices))
    for channel in tables.channels.values():
        made = created[channel.channel]
        truth.channels[channel.channel] = SnapshotChannel(
            channel.channel, made.linked, channel.endpoint, channel.is_glue, channel.is_up,
            channel.is_ringing, made.caller_number, made.caller_name, "", made.dialled, channel.bridge, NOW_S,
        )  # fmt: skip
    for name, queue in tables.queues.items():
        for waiting in queue.waiting:
            truth.waiting[name, waiting] = SnapshotWaiting(name, waiting, "", "", 0.0)
        for endpoint, member in queue.members.items():
            truth.members[name, endpoint] = MemberChanged(
                PBX, NOW_S, name, endpoint, "", member.is_paused, member.pause_reason, member.device
            )
    queues = tuple(SnapshotQueue(name, "") for name in tables.queues)
    return replace(truth.shot(), queues=queues)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_snapshot_on_a_healthy_connection_is_seen_by_nobody(data: st.DataObject) -> None:
    traces = [name for name in names() if name not in LEFT_OUT]
    chosen = data.draw(st.lists(st.sampled_from(traces), min_size=2, max_size=2, unique=True))
    streams = [trace_events(name) for name in chosen]
    happened: list[ev.CallEvent] = []
    rng = data.draw(st.randoms(use_true_random=False))
    while any(streams):
        happened.append(rng.choice([stream for stream in streams if stream]).pop(0))
    created = {e.channel: e for e in happened if isinstance(e, ev.ChannelCreated)}
    asked, made, handed_on = sorted(
        data.draw(st.lists(st.integers(0, len(happened)), min_size=3, max_size=3))
    )
    plain, seen = seated(), seated()
    for event in happened[:made]:
        reduce(plain, event)
    lists = replace(_as_shown(plain, created), at_s=happened[min(handed_on, len(happened) - 1)].at_s)
    plain = seated()
    for live in (plain, seen):
        reduce(live, Snapshot(PBX, 0.0, (), (), (), (), ()))
    shot = overlaid(lists, happened[asked:handed_on])
    told = list(story(plain, happened))
    assert list(story(seen, [*happened[:handed_on], shot, *happened[handed_on:]])) == told
    assert known(seen) == known(plain)

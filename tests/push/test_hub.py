import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti_bridge.calls.ids import AgentId
from cti_bridge.clock import Clock
from cti_bridge.errors import UsageError
from cti_bridge.push.frame import Frame
from cti_bridge.push.hub import LocalHub, Position
from cti_bridge.push.topics import BOARD, Topic, agent_topic
from cti_bridge.telemetry import Telemetry

A1 = agent_topic(AgentId("a1"))
A2 = agent_topic(AgentId("a2"))
AT = datetime(2026, 4, 8, 1, 2, 3, tzinfo=UTC)


@dataclass(eq=False)
class Browser:
    """Applies what it gets and notices gaps and repetitions."""

    epoch: str = ""
    offset: int = -1
    value: int = 0
    snapshots: int = 0

    def deliver(self, frame: Frame) -> None:
        message = json.loads(frame.json())
        if message["type"] == "snapshot":
            self.snapshots += 1
        else:
            assert (message["epoch"], message["offset"]) == (self.epoch, self.offset + 1)
        self.epoch, self.offset, self.value = message["epoch"], message["offset"], message["data"]["value"]

    def subscribe(self, hub: LocalHub, topic: Topic = A1) -> bool:
        position = Position(self.epoch, self.offset) if self.epoch else None
        backlog = hub.subscribe(topic, position, self)
        assert backlog is not None
        for frame in backlog.frames:
            self.deliver(frame)
        return backlog.is_resumed


@dataclass
class World:
    """A hub and the state its messages amount to."""

    backlog_frames: int = 4
    backlog_bytes: int = 1 << 20
    telemetry: Telemetry = field(default_factory=Telemetry)
    values: dict[Topic, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.hub = LocalHub(
            backlog_frames=self.backlog_frames,
            backlog_bytes=self.backlog_bytes,
            clock=Clock(now_s=lambda: 1_775_610_123.5),
            telemetry=self.telemetry,
        )
        self.hub.provide_snapshot("agent", self.snapshot)

    def snapshot(self, topic: Topic) -> bytes | None:
        return b'{"value":%d}' % self.values.get(topic, 0)

    def publish(self, topic: Topic = A1) -> int:
        self.values[topic] = self.values.get(topic, 0) + 1
        return self.hub.publish(topic, "changed", b'{"value":%d}' % self.values[topic], AT)


def message(frame: Frame) -> Any:
    return json.loads(frame.json())


def test_offsets_count_from_one_in_each_topic() -> None:
    world = World()
    assert [world.publish(A1), world.publish(A1), world.publish(A2)] == [1, 2, 1]


def test_a_new_browser_gets_a_snapshot_that_bears_the_last_offset() -> None:
    world = World()
    world.publish()
    world.publish()
    backlog = world.hub.subscribe(A1, None, Browser())
    assert backlog is not None
    assert not backlog.is_resumed
    assert [message(frame) for frame in backlog.frames] == [
        {
            "v": 1,
            "epoch": world.hub.epoch,
            "offset": 2,
            "topic": A1,
            "type": "snapshot",
            "at": "2026-04-08T01:02:03.500Z",
            "data": {"value": 2},
        }
    ]


def test_a_browser_that_comes_back_gets_what_it_missed() -> None:
    world, browser = World(), Browser()
    browser.subscribe(world.hub)
    world.publish()
    world.hub.unsubscribe(A1, browser)
    world.publish()
    world.publish()
    assert browser.offset == 1
    assert browser.subscribe(world.hub)
    assert (browser.offset, browser.value, browser.snapshots) == (3, 3, 1)


def test_a_browser_that_missed_nothing_gets_nothing() -> None:
    world, browser = World(), Browser()
    browser.subscribe(world.hub)
    world.publish()
    assert browser.subscribe(world.hub)
    assert (browser.offset, browser.snapshots) == (1, 1)


def test_the_oldest_frame_held_is_enough_and_the_one_before_is_not() -> None:
    world = World(backlog_frames=4)
    for _ in range(10):
        world.publish()
    held = Browser(world.hub.epoch, 6, 6)
    lost = Browser(world.hub.epoch, 5, 5)
    assert held.subscribe(world.hub)
    assert not lost.subscribe(world.hub)
    assert (held.value, held.snapshots, lost.value, lost.snapshots) == (10, 0, 10, 1)


@pytest.mark.parametrize("offset", [-1, -(2**40), 4, 2**62])
def test_a_position_the_hub_never_gave_gets_a_snapshot(offset: int) -> None:
    world = World()
    for _ in range(3):
        world.publish()
    browser = Browser(world.hub.epoch, offset)
    assert not browser.subscribe(world.hub)
    assert browser.offset == 3


def test_another_epoch_gets_a_snapshot() -> None:
    world, browser = World(), Browser()
    browser.subscribe(world.hub)
    world.publish()
    world.start()
    world.publish()
    assert not browser.subscribe(world.hub)
    assert (browser.epoch, browser.offset, browser.value) == (world.hub.epoch, 1, 2)


def test_the_backlog_is_bounded_in_bytes() -> None:
    world = World(backlog_frames=100, backlog_bytes=1000)
    for _ in range(50):
        world.publish()
    newest = Browser(world.hub.epoch, 49, 49)
    older = Browser(world.hub.epoch, 40, 40)
    assert newest.subscribe(world.hub)
    assert not older.subscribe(world.hub)


def test_a_frame_greater_than_the_backlog_is_delivered_and_not_held() -> None:
    world, there, away = World(backlog_bytes=10), Browser(), Browser()
    there.subscribe(world.hub)
    away.subscribe(world.hub)
    world.hub.unsubscribe(A1, away)
    world.publish()
    assert there.value == 1
    assert there.subscribe(world.hub)
    assert not away.subscribe(world.hub)
    assert away.value == 1


def test_only_a_topics_own_subscribers_get_its_frames() -> None:
    world, one, two = World(), Browser(), Browser()
    one.subscribe(world.hub, A1)
    two.subscribe(world.hub, A2)
    world.publish(A1)
    assert (one.offset, two.offset) == (1, 0)
    world.hub.unsubscribe(A1, one)
    world.hub.unsubscribe(A1, one)
    world.publish(A1)
    assert one.offset == 1


def test_subscribers_are_counted_by_topic() -> None:
    world, one, two = World(), Browser(), Browser()
    assert world.hub.subscribers(A1) == 0
    one.subscribe(world.hub, A1)
    one.subscribe(world.hub, A1)
    two.subscribe(world.hub, A1)
    assert (world.hub.subscribers(A1), world.hub.subscribers(A2)) == (2, 0)
    world.hub.unsubscribe(A1, two)
    assert world.hub.subscribers(A1) == 1


def test_a_topic_with_nothing_behind_it_takes_no_subscriber() -> None:
    world, browser = World(), Browser()
    world.hub.provide_snapshot("agent", lambda topic: None)
    assert world.hub.subscribe(A1, None, browser) is None
    world.publish()
    assert browser.offset == -1


def test_a_kind_of_topic_without_snapshots_is_our_own_fault() -> None:
    with pytest.raises(UsageError):
        World().hub.subscribe(BOARD, None, Browser())


def test_frames_are_counted_for_each_subscriber() -> None:
    world = World()
    world.publish()
    for _ in range(3):
        Browser().subscribe(world.hub)
    world.publish()
    sample = world.telemetry.registry.get_sample_value
    assert sample("cti_push_frames_total", {"type": "changed"}) == 3
    assert sample("cti_push_frames_total", {"type": "snapshot"}) == 3


@given(
    st.lists(st.sampled_from(["publish", "drop", "return", "restart", "elsewhere"]), max_size=60),
    st.integers(1, 5),
)
def test_whatever_happens_the_browser_ends_where_a_fresh_one_would(
    steps: list[str], backlog_frames: int
) -> None:
    world, browser = World(backlog_frames=backlog_frames), Browser()
    browser.subscribe(world.hub)
    for step in steps:
        match step:
            case "publish":
                world.publish(A1)
            case "elsewhere":
                world.publish(A2)
            case "drop":
                world.hub.unsubscribe(A1, browser)
            case "return":
                browser.subscribe(world.hub)
            case "restart":
                world.start()
                browser.subscribe(world.hub)
    browser.subscribe(world.hub)
    fresh = Browser()
    fresh.subscribe(world.hub)
    assert (browser.epoch, browser.offset, browser.value) == (fresh.epoch, fresh.offset, fresh.value)

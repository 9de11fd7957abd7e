"""The hub: every topic's messages, in order, to whoever follows the topic.

A position is an epoch and an offset. Offsets count up by one within a topic;
an epoch lasts as long as the offsets do. A browser that comes back with a
position the hub still holds gets what it missed; any other gets a snapshot,
whose offset is that of the last message it contains.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from prometheus_client import Counter

from cti_bridge.clock import Clock, as_utc
from cti_bridge.errors import UsageError
from cti_bridge.push.frame import Composer, Frame
from cti_bridge.push.topics import Topic, TopicKind, kind_of
from cti_bridge.telemetry import Telemetry

# A call costs an agent's topic some 8 KB, so this holds thirty calls. Sending more than that to a browser
# that comes back would cost more than a snapshot does.
BACKLOG_BYTES = 256 * 1024

Snapshot: TypeAlias = Callable[[Topic], bytes | None]


@dataclass(frozen=True, slots=True)
class Position:
    """The last message a browser applied."""

    epoch: str
    offset: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """What a new subscriber must be sent before anything else. ``is_resumed``: no snapshot was needed."""

    frames: tuple[Frame, ...]
    is_resumed: bool


class Subscriber(Protocol):
    """Whoever follows a topic."""

    def deliver(self, frame: Frame) -> None:
        """Take a frame, at once; must not raise, nor subscribe or unsubscribe meanwhile."""


class Hub(Protocol):
    """Where the bridge publishes and the sockets subscribe."""

    def publish(self, topic: Topic, type_: str, data: bytes, at: datetime) -> int:
        """Give every subscriber of ``topic`` a message around ``data``, which is JSON; its offset."""

    def subscribe(self, topic: Topic, position: Position | None, subscriber: Subscriber) -> Backlog | None:
        """Give ``subscriber`` every message of ``topic`` after the backlog that is returned.

        Between the backlog and the first message nothing is missing and nothing doubled. None, and no
        subscription, when there is nothing behind the topic.
        """

    def unsubscribe(self, topic: Topic, subscriber: Subscriber) -> None:
        """Give ``subscriber`` no more of ``topic``."""

    def subscribers(self, topic: Topic) -> int:
        """How many follow ``topic``."""


class _Stream:
    """One topic: its last offset, the newest frames, who follows it."""

    __slots__ = ("composer", "frames", "held_bytes", "offset", "subscribers")

    def __init__(self, composer: Composer) -> None:
        self.composer = composer
        self.offset = 0
        self.frames: deque[Frame] = deque()
        self.held_bytes = 0
        # A dict, not a set: browsers are served in the order they came.
        self.subscribers: dict[Subscriber, None] = {}


class LocalHub:
    """A hub inside one process.

    A topic keeps its newest frames, at most ``backlog_frames`` and
    ``backlog_bytes`` of them; when either is full the oldest go, and a browser
    that would have needed them gets a snapshot. Topics are those of the roster's
    agents and the board, so their number is bounded by the roster.
    """

    def __init__(
        self, *, backlog_frames: int, clock: Clock, telemetry: Telemetry, backlog_bytes: int = BACKLOG_BYTES
    ) -> None:
        self.epoch = secrets.token_urlsafe(9)
        self._backlog_frames = backlog_frames
        self._backlog_bytes = backlog_bytes
        self._clock = clock
        self._telemetry = telemetry
        self._streams: dict[Topic, _Stream] = {}
        self._snapshots: dict[TopicKind, Snapshot] = {}
        self._counters: dict[str, Counter] = {}

    def provide_snapshot(self, kind: TopicKind, snapshot: Snapshot) -> None:
        """Ask ``snapshot`` for the JSON of a topic's whole state.

        It must contain exactly what the messages published so far amount to, and
        be None for a topic with nothing behind it.
        """
        self._snapshots[kind] = snapshot

    def publish(self, topic: Topic, type_: str, data: bytes, at: datetime) -> int:
        """See :meth:`Hub.publish`."""
        stream = self._stream(topic)
        stream.offset += 1
        frame = stream.composer.compose(type_, stream.offset, data, at)
        frames = stream.frames
        frames.append(frame)
        stream.held_bytes += len(frame.wire)
        while len(frames) > self._backlog_frames or stream.held_bytes > self._backlog_bytes:
            stream.held_bytes -= len(frames.popleft().wire)
        if stream.subscribers:
            for subscriber in stream.subscribers:
                subscriber.deliver(frame)
            self._counter(type_).inc(len(stream.subscribers))
        return stream.offset

    def subscribe(self, topic: Topic, position: Position | None, subscriber: Subscriber) -> Backlog | None:
        """See :meth:`Hub.subscribe`.

        Raises:
            UsageError: when nobody provides snapshots of this kind of topic.
        """
        stream = self._stream(topic)
        backlog = self._resume(stream, position) if position else None
        if backlog is None:
            backlog = self._start(topic, stream)
        if backlog is not None:
            stream.subscribers[subscriber] = None
            for frame in backlog.frames:
                self._counter(frame.type).inc()
        return backlog

    def unsubscribe(self, topic: Topic, subscriber: Subscriber) -> None:
        """See :meth:`Hub.unsubscribe`."""
        self._stream(topic).subscribers.pop(subscriber, None)

    def subscribers(self, topic: Topic) -> int:
        """See :meth:`Hub.subscribers`."""
        stream = self._streams.get(topic)
        return len(stream.subscribers) if stream is not None else 0

    def _resume(self, stream: _Stream, position: Position) -> Backlog | None:
        missed = stream.offset - position.offset
        if position.epoch != self.epoch or not 0 <= missed <= len(stream.frames):
            return None
        newest = [stream.frames[-number] for number in range(missed, 0, -1)]
        return Backlog(tuple(newest), is_resumed=True)

    def _start(self, topic: Topic, stream: _Stream) -> Backlog | None:
        snapshot = self._snapshots.get(kind_of(topic))
        if snapshot is None:
            raise UsageError(f"no snapshot is provided for topics such as {topic}")
        data = snapshot(topic)
        if data is None:
            return None
        frame = stream.composer.compose("snapshot", stream.offset, data, as_utc(self._clock.now_s()))
        return Backlog((frame,), is_resumed=False)

    def _stream(self, topic: Topic) -> _Stream:
        stream = self._streams.get(topic)
        if stream is None:
            stream = self._streams[topic] = _Stream(Composer(topic, self.epoch))
        return stream

    def _counter(self, type_: str) -> Counter:
        # Looking a label up costs 0.9 µs more than keeping it.
        counter = self._counters.get(type_)
        if counter is None:
            counter = self._counters[type_] = self._telemetry.frames.labels(type_)
        return counter

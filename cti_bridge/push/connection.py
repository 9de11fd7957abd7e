"""One browser's socket: what it may follow, what it said, what it is sent.

Frames go straight to the transport, whose write buffer is the only queue
between the hub and the network: no task and no wake-up stand between a call
and its browser. The queue is bounded by ``OUTGOING_BYTES``. When it is full
the socket is closed with ``TOO_SLOW``, whatever the topic: nothing is ever
left out of a stream, and the browser that comes back resumes from its
position, or from a snapshot.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, assert_never

import msgspec
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from cti_bridge.agents.permissions import Right, may
from cti_bridge.agents.sessions import Session
from cti_bridge.clock import Clock
from cti_bridge.push.close_codes import CloseCode
from cti_bridge.push.envelope import Ack, ClientMessage, Subscribe
from cti_bridge.push.frame import Frame
from cti_bridge.push.hub import Hub, Position
from cti_bridge.push.topics import Topic, agent_of, parse_topic
from cti_bridge.telemetry import Telemetry

# A hundred pops, or some ten seconds of the busiest board: who is further behind is better off starting anew.
OUTGOING_BYTES = 1024 * 1024
# A browser says some 100 bytes at a time.
INCOMING_BYTES = 4096

# Topic, offset, monotonic nanoseconds at which the acknowledgement came.
OnAck: TypeAlias = Callable[[Topic, int, int], None]
# Closes the socket in a task of its own.
CloseSoon: TypeAlias = Callable[["Connection", CloseCode], None]

# Looking the member up costs as much as the rest of the check, a thousand times a broadcast.
_OPEN = State.OPEN
_decode = msgspec.json.Decoder(ClientMessage, strict=True).decode


class Connection:
    """The server's side of one socket, from sign-in to its end."""

    __slots__ = (
        "_clock",
        "_close_soon",
        "_hub",
        "_is_ending",
        "_on_ack",
        "_protocol",
        "_telemetry",
        "_topics",
        "_transport",
        "_websocket",
        "session",
    )

    def __init__(
        self,
        websocket: ServerConnection,
        session: Session,
        *,
        hub: Hub,
        on_ack: OnAck,
        close_soon: CloseSoon,
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        self.session = session
        self._websocket = websocket
        self._protocol = websocket.protocol
        self._transport = websocket.transport
        self._hub = hub
        self._on_ack = on_ack
        self._close_soon = close_soon
        self._clock = clock
        self._telemetry = telemetry
        self._topics: set[Topic] = set()
        self._is_ending = False

    async def run(self) -> None:
        """Serve the browser until the socket is closed, by whichever side.

        Waiting for its messages has no timeout of its own: the keepalive pings
        end a socket whose browser is gone.
        """
        try:
            while True:
                code = self._take(await self._websocket.recv())
                if code is not None:
                    await self.close(code)
        except ConnectionClosed as closed:
            # What the library closed on its own: too long a message, no answer to its pings.
            if closed.sent is not None and not closed.rcvd_then_sent and not self._is_ending:
                self._count_close(closed.sent.code)
        finally:
            for topic in self._topics:
                self._hub.unsubscribe(topic, self)

    def deliver(self, frame: Frame) -> None:
        """Send a frame, or close the socket when the browser is too far behind.

        A frame is taken while the queue is below its bound, so that a snapshot
        greater than the bound still gets through.
        """
        transport = self._transport
        # What the library would check: that no close frame went out, and that the transport takes bytes.
        if self._is_ending or self._protocol.state is not _OPEN or transport.is_closing():
            return
        if transport.get_write_buffer_size() < OUTGOING_BYTES:
            transport.write(frame.wire)
        else:
            self.end(CloseCode.TOO_SLOW)

    def end(self, code: CloseCode) -> None:
        """Close the socket soon. From now on nothing is sent."""
        if not self._is_ending:
            self._is_ending = True
            self._count_close(code)
            self._close_soon(self, code)

    async def close(self, code: CloseCode) -> None:
        """Close the socket now; takes no longer than the library's closing timeout."""
        if not self._is_ending:
            self._is_ending = True
            self._count_close(code)
        await self._websocket.close(code, code.name)

    def _count_close(self, code: int) -> None:
        self._telemetry.closed.labels(str(int(code))).inc()

    def _take(self, message: str | bytes) -> CloseCode | None:
        """Do what the browser asks, or say why it must go."""
        received_ns = self._clock.ticks_ns()
        if not isinstance(message, str):
            return CloseCode.BAD_MESSAGE
        try:
            request = _decode(message)
        except (msgspec.DecodeError, UnicodeEncodeError):
            return CloseCode.BAD_MESSAGE
        topic = parse_topic(request.topic)
        if topic is None:
            return CloseCode.BAD_MESSAGE
        match request:
            case Subscribe(epoch=epoch, offset=offset):
                position = None if epoch is None or offset is None else Position(epoch, offset)
                return self._subscribe(topic, position)
            case Ack(offset=offset):
                # A browser that came back may still acknowledge what it painted from its last socket,
                # before it subscribes: that is no fault, but nothing to measure either.
                if topic in self._topics:
                    self._on_ack(topic, offset, received_ns)
                return None
            case _:
                assert_never(request)

    def _subscribe(self, topic: Topic, position: Position | None) -> CloseCode | None:
        if not self._may_follow(topic):
            return CloseCode.FORBIDDEN_TOPIC
        backlog = self._hub.subscribe(topic, position, self)
        if backlog is None:
            return CloseCode.FORBIDDEN_TOPIC
        self._topics.add(topic)
        for frame in backlog.frames:
            self.deliver(frame)
        return None

    def _may_follow(self, topic: Topic) -> bool:
        agent_id = agent_of(topic)
        if agent_id is None:
            return may(self.session.role, Right.FOLLOW_BOARD)
        return agent_id == self.session.agent_id and may(self.session.role, Right.FOLLOW_OWN_SCREEN)

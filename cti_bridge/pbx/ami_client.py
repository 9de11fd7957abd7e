"""One Asterisk over AMI: connect, sign in, snapshot, follow, reconnect.

Events are translated and handed on in the callback that read their bytes:
a pop waits for no task switch.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import cast

import structlog
from prometheus_client import Counter

from cti_bridge.calls.events import CallEvent, PbxId, SourceLost
from cti_bridge.clock import Clock
from cti_bridge.errors import PeerError, Refused
from cti_bridge.pbx.ami_actions import AmiActions, Answer, ManagerSocketException
from cti_bridge.pbx.ami_message import AmiReader, Block, event_name, read_headers
from cti_bridge.pbx.ami_snapshot import LISTS, snapshot
from cti_bridge.pbx.ami_translate import AmiTranslator
from cti_bridge.pbx.source import Sink
from cti_bridge.settings import PbxSettings
from cti_bridge.telemetry import Telemetry

# Leaves out what VarSet and other dialplan events would add: 26 events a call instead of 89.
EVENT_MASK = "call,agent,system"
# Wrong credentials are answered after about 1 s, every list within milliseconds.
ANSWER_TIMEOUT_S = 10.0
# While a snapshot is taken events wait here; a PBX that sends more than this meanwhile is resynced.
MAX_HELD_EVENTS = 100_000
_BACKOFF_FIRST_S = 0.25
_BACKOFF_LIMIT_S = 15.0
_ACTION_ID = b"\r\nActionID: "

log = structlog.get_logger(__name__)


class _Connection(asyncio.Protocol):
    """The transport's side of one connection: bytes in, blocks to the client."""

    def __init__(self, client: AmiSource, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._transport: asyncio.Transport | None = None
        self.reader = AmiReader()
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        read_ns = self._clock.ticks_ns()
        try:
            blocks = self.reader.feed(data)
        except PeerError as error:
            self.close(str(error))
            return
        self._client.take(self.reader, blocks, len(data), read_ns)

    def connection_lost(self, exc: Exception | None) -> None:
        self.close(str(exc) if exc else "the PBX closed the connection")

    def write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def close(self, cause: str) -> None:
        if not self.lost.done():
            self.lost.set_result(cause)
        if self._transport is not None:
            self._transport.abort()


class AmiSource:
    """The ``Source`` of one Asterisk. ``is_connected``: a snapshot was taken and events follow."""

    def __init__(self, settings: PbxSettings, clock: Clock, telemetry: Telemetry) -> None:
        self.pbx = PbxId(settings.name)
        self.is_connected = False
        self._settings = settings
        self._clock = clock
        self._telemetry = telemetry
        self._translator = AmiTranslator(self.pbx)
        self._random = random.Random()  # jitter only
        self._sink: Sink = _no_sink
        self._counters: dict[type, Counter] = {}
        self._actions: AmiActions | None = None
        self._held: list[CallEvent] | None = None
        self._booted: asyncio.Event = asyncio.Event()
        self._tap: Callable[[list[Block]], None] | None = None

    def record_with(self, tap: Callable[[list[Block]], None] | None) -> None:
        """Give every block read to ``tap`` too: the recorder."""
        self._tap = tap

    async def run(self, sink: Sink) -> None:
        """Stay connected until cancelled; each connection begins with a snapshot.

        Raises:
            Refused: Asterisk rejects user or secret at the very first sign-in.

        """
        self._sink = sink
        attempt = 0
        has_connected = False
        while True:
            cause = "cancelled"
            try:
                cause = await self._one_connection(has_connected)
            except Refused:
                if not has_connected:
                    raise
                cause = "user or secret is no longer accepted"
            except (TimeoutError, OSError, PeerError, ManagerSocketException) as error:
                cause = _describe(error)
            was_connected, self.is_connected = self.is_connected, False
            self._telemetry.source_connected.labels(self.pbx).set(0)
            if was_connected:
                has_connected, attempt = True, 0
                sink([SourceLost(self.pbx, self._clock.now_s(), cause)], self._clock.ticks_ns())
            delay_s = min(_BACKOFF_LIMIT_S, _BACKOFF_FIRST_S * 2**attempt) * self._random.uniform(0.5, 1.0)
            attempt = min(attempt + 1, 16)
            log.warning(
                "pbx_unreachable",
                pbx=self.pbx,
                setting=f"pbx.{self.pbx}",
                address=f"{self._settings.host}:{self._settings.port}",
                cause=cause,
                retry_in_s=round(delay_s, 2),
            )
            await asyncio.sleep(delay_s)

    async def _one_connection(self, has_connected: bool) -> str:
        """Connect and follow until the connection is lost; answers why it was."""
        settings = self._settings
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(settings.connect_timeout_s):
            transport, connection = await loop.create_connection(
                lambda: _Connection(self, self._clock), settings.host, settings.port
            )
        actions = self._actions = AmiActions(connection.write)
        self._booted = asyncio.Event()
        # From before the sign-in on, events wait until the snapshot stands before them.
        self._held = []
        connection.lost.add_done_callback(lambda lost: actions.fail(_result_of(lost)))
        try:
            await self._sign_in(actions)
            await self._take_snapshot(actions)
            log.info("pbx_connected", pbx=self.pbx, again=has_connected, ami=connection.reader.version)
            await self._watch(actions, connection)
            return connection.lost.result()
        finally:
            transport.abort()
            actions.fail("closed")
            self._held = None

    async def _sign_in(self, actions: AmiActions) -> None:
        settings = self._settings
        answer = await self._answer(
            actions.login(settings.user, settings.secret.get_secret_value(), EVENT_MASK)
        )
        if not answer.is_success:
            raise Refused(
                f"pbx.{settings.name}: {settings.host}:{settings.port} refuses user {settings.user!r}: "
                f"{answer.headers.get('Message', 'no reason given')}; see user and secret"
            )
        # The login is accepted before Asterisk has fully booted; lists before that are incomplete.
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                await self._booted.wait()
        except TimeoutError:
            raise PeerError(
                "FullyBooted did not come: Asterisk is still starting, or the user lacks read class 'system'"
            ) from None

    async def _take_snapshot(self, actions: AmiActions) -> None:
        # What happened before the lists are asked for is in the lists.
        self._held = []
        answers = [await self._answer(actions.send_action({"Action": name})) for name in LISTS]
        for name, answer in zip(LISTS, answers, strict=True):
            if not answer.is_success:
                log.warning(
                    "pbx_list_refused", pbx=self.pbx, action=name, cause=answer.headers.get("Message", "")
                )
        now_s = self._clock.now_s()
        shot = snapshot(self.pbx, now_s, *(answer.items for answer in answers))
        held, self._held = self._held or [], None
        self.is_connected = True
        self._telemetry.source_connected.labels(self.pbx).set(1)
        self._hand_on([shot, *held], self._clock.ticks_ns())

    async def _watch(self, actions: AmiActions, connection: _Connection) -> None:
        """Ping while nothing is wrong: a link that died without a word is found out."""
        while not connection.lost.done():
            done, _ = await asyncio.wait([connection.lost], timeout=self._settings.ping_interval_s)
            if not done:
                try:
                    await self._answer(actions.ping())
                except TimeoutError:
                    connection.close(f"no answer to a ping within {ANSWER_TIMEOUT_S:g} s")

    @staticmethod
    async def _answer(future: asyncio.Future[Answer]) -> Answer:
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            return await future

    def take(self, reader: AmiReader, blocks: list[Block], size_bytes: int, read_ns: int) -> None:
        """Translate what one read brought and hand the events on, all at once."""
        self._telemetry.source_bytes.labels(self.pbx).inc(size_bytes)
        self._telemetry.source_blocks.labels(self.pbx).inc(len(blocks))
        if self._tap is not None:
            self._tap(blocks)
        events: list[CallEvent] = []
        now_s = self._clock.now_s()
        for block in blocks:
            if block.find(_ACTION_ID) >= 0 and self._take_answer(block):
                continue
            if event_name(block) == b"FullyBooted":
                self._booted.set()
                continue
            event = self._translator.translate(block, now_s)
            if event is not None:
                events.append(event)
        if reader.skipped or self._translator.rejected:
            self._count_skipped(reader)
        if not events:
            return
        if self._held is not None:
            self._held += events
            if len(self._held) > MAX_HELD_EVENTS and self._actions is not None:
                self._actions.fail("more events than can wait for a snapshot")
        else:
            self._hand_on(events, read_ns)

    def _take_answer(self, block: Block) -> bool:
        headers, flaw = read_headers(block)
        return flaw is None and self._actions is not None and self._actions.take(headers)

    def _hand_on(self, events: list[CallEvent], read_ns: int) -> None:
        counters = self._counters
        for event in events:
            counter = counters.get(type(event))
            if counter is None:  # looking labels up costs more than the event itself
                counter = counters[type(event)] = self._telemetry.events.labels(
                    self.pbx, type(event).__name__
                )
            counter.inc()
        self._sink(events, read_ns)

    def _count_skipped(self, reader: AmiReader) -> None:
        for counts in (reader.skipped, self._translator.rejected):
            for reason, count in counts.items():
                self._telemetry.source_skipped.labels(self.pbx, reason).inc(count)
            counts.clear()


def _no_sink(events: Sequence[CallEvent], read_ns: int) -> None:
    """Stands in before ``run`` was given its sink; nothing is read before that."""


def _result_of(lost: asyncio.Future[str]) -> str:
    return "cancelled" if lost.cancelled() else lost.result()


def _describe(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ManagerSocketException):
        return str(error.args[-1])
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error)

"""One Asterisk over AMI: reached at one of its addresses, again and again, while the bridge runs."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from itertools import cycle

import structlog
from prometheus_client import Counter

from cti_bridge.calls.commands import Command, Result
from cti_bridge.calls.events import CallEvent, SourceLost
from cti_bridge.calls.ids import PbxId
from cti_bridge.clock import Clock
from cti_bridge.errors import PeerError, Refused
from cti_bridge.pbx.ami_actions import AmiActions, ManagerSocketException
from cti_bridge.pbx.ami_commands import AmiCommands
from cti_bridge.pbx.ami_message import Block
from cti_bridge.pbx.ami_session import AmiSession
from cti_bridge.pbx.ami_stream import OnSkipped
from cti_bridge.pbx.source import Sink
from cti_bridge.settings import PbxSettings
from cti_bridge.telemetry import Telemetry

_BACKOFF_FIRST_S = 0.25
_BACKOFF_LIMIT_S = 15.0

log = structlog.get_logger(__name__)


class AmiSource:
    """The ``Source`` of one Asterisk, at its first address or its standby's.

    ``is_connected``: a snapshot was taken and events follow. ``actions``: what
    asks this Asterisk for something, while connected. ``on_skipped`` is told
    of blocks that were not believed.
    """

    def __init__(
        self,
        settings: PbxSettings,
        clock: Clock,
        telemetry: Telemetry,
        on_skipped: OnSkipped = lambda pbx, reason, blocks: None,
    ) -> None:
        self.pbx = PbxId(settings.name)
        self._settings = settings
        self._clock = clock
        self._telemetry = telemetry
        self._on_skipped = on_skipped
        self._random = random.Random()  # jitter only
        self._sink: Sink = _no_sink
        self._counters: dict[type, Counter] = {}
        self._session: AmiSession | None = None
        self._commands = AmiCommands(self.pbx, settings.agent_context, lambda: self.actions, clock)
        self._tap: Callable[[list[Block]], None] | None = None

    @property
    def is_connected(self) -> bool:
        """Whether events follow and the state is known."""
        return self._session is not None and self._session.is_synced

    @property
    def actions(self) -> AmiActions | None:
        """The actions of the connection that stands, None while there is none."""
        return self._session.actions if self._session is not None and self._session.is_synced else None

    def record_with(self, tap: Callable[[list[Block]], None] | None) -> None:
        """Give every block read to ``tap`` too: the recorder."""
        self._tap = tap

    async def run(self, sink: Sink) -> None:
        """Stay connected until cancelled; each connection begins with a snapshot.

        Raises:
            Refused: Asterisk rejects user or secret at the very first sign-in.

        """
        self._sink = sink
        settings = self._settings
        addresses = [(settings.host, settings.port)]
        if settings.standby_host:
            addresses.append((settings.standby_host, settings.standby_port))
        has_connected, tries, rounds = False, 0, 0
        for host, port in cycle(addresses):
            try:
                cause = await self._one_connection(host, port)
            except Refused:
                if not has_connected:
                    raise
                cause = "user or secret is no longer accepted"
            except (TimeoutError, OSError, PeerError, ManagerSocketException) as error:
                cause = _describe(error)
            finally:
                is_loss, self._session = self.is_connected, None
                self._telemetry.source_connected.labels(self.pbx).set(0)
            if is_loss:
                has_connected, tries, rounds = True, 0, 0
                sink([SourceLost(self.pbx, self._clock.now_s(), cause)], self._clock.ticks_ns())
            tries += 1
            # Only when each address was tried is there anything to wait for.
            delay_s = 0.0
            if tries >= len(addresses):
                delay_s = min(_BACKOFF_LIMIT_S, _BACKOFF_FIRST_S * 2**rounds) * self._random.uniform(0.5, 1.0)
                tries, rounds = 0, min(rounds + 1, 16)
            log.warning(
                "pbx_unreachable",
                pbx=self.pbx,
                setting=f"pbx.{self.pbx}",
                address=f"{host}:{port}",
                cause=cause,
                retry_in_s=round(delay_s, 2),
            )
            await asyncio.sleep(delay_s)

    async def perform(self, command: Command, tell: Callable[[CallEvent], None]) -> Result:
        """Have this PBX carry out a command; done is what its own events say is done.

        Raises:
            UsageError: a part of the command cannot be sent, such as a name with a line break.

        """
        return await self._commands.perform(command, tell)

    async def _one_connection(self, host: str, port: int) -> str:
        """Connect and follow until the connection is lost; answers why it was."""
        session = AmiSession(
            self._settings,
            f"{host}:{port}",
            self._clock,
            self._telemetry,
            self._hand_on,
            self._record,
            self._on_skipped,
        )
        async with asyncio.timeout(self._settings.connect_timeout_s):
            await asyncio.get_running_loop().create_connection(lambda: session.link, host, port)
        self._session = session
        return await session.run()

    def _record(self, blocks: list[Block]) -> None:
        if self._tap is not None:
            self._tap(blocks)

    def _hand_on(self, event: CallEvent, read_ns: int) -> None:
        counter = self._counters.get(type(event))
        if counter is None:  # looking labels up costs more than the event itself
            counter = self._telemetry.events.labels(self.pbx, type(event).__name__)
            self._counters[type(event)] = counter
        counter.inc()
        self._sink((event,), read_ns)
        # After the sink: whoever waits for this event must find the tables as it left them.
        self._commands.confirmations.take((event,))


def _no_sink(events: Sequence[CallEvent], read_ns: int) -> None:
    """Stands in before ``run`` was given its sink; nothing is read before that."""


def _describe(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ManagerSocketException):
        return str(error.args[-1])
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error)

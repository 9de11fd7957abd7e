"""The half of a bridge that asks an Asterisk: source, live tables and commands, without browsers."""

import asyncio
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Protocol, Self, TypeVar

from cti_bridge.calls import events as ev
from cti_bridge.calls.commands import Command, Result
from cti_bridge.calls.ids import AgentId, ChannelId, Endpoint, PbxId
from cti_bridge.calls.reducer import reduce
from cti_bridge.calls.snapshot import Snapshot
from cti_bridge.calls.state import Live
from cti_bridge.clock import Clock
from cti_bridge.pbx.ami_client import AmiSource
from cti_bridge.pbx.ami_commands import AmiCommands
from cti_bridge.pbx.ami_plans import Patience
from cti_bridge.settings import PbxSettings
from cti_bridge.telemetry import Telemetry
from tests.rig.phone_shop import PhoneShop
from tests.rig.sip_call import Call

WAIT_S = 10.0
PBX = PbxId("main")
Kind = TypeVar("Kind", bound=ev.CallEvent)
SEATS = tuple((Endpoint(f"PJSIP/100{n}"), AgentId(f"a{n}")) for n in range(1, 7))


class Listens(Protocol):
    """An Asterisk, or what passes for one."""

    @property
    def host(self) -> str: ...

    @property
    def ami_port(self) -> int: ...

    @property
    def ami_secret(self) -> str: ...


class Asker:
    """``events``: everything Asterisk and we said, oldest first."""

    def __init__(self, rig: Listens, *, user: str = "cti-bridge", patience: Patience | None = None) -> None:
        settings = PbxSettings(
            name=PBX, host=rig.host, port=rig.ami_port, user=user, secret=rig.ami_secret, ping_interval_s=60
        )
        self.live = Live()
        self.events: list[ev.CallEvent] = []
        self.source = AmiSource(settings, Clock(), Telemetry())
        self.commands = AmiCommands(PBX, "from-agents", lambda: self.source.actions, Clock(), patience)
        self._changed = asyncio.Condition()
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self.tell(ev.RosterChanged(PBX, 0.0, SEATS))
        self._running = asyncio.create_task(self.source.run(self._take))
        await self.heard(Snapshot)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    def tell(self, event: ev.CallEvent) -> None:
        self._take([event], 0)

    def _take(self, events: Sequence[ev.CallEvent], read_ns: int) -> None:
        for event in events:
            reduce(self.live, event)
        self.commands.confirmations.take(events)
        self.events += events
        asyncio.get_running_loop().create_task(self._notify())

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def perform(self, command: Command) -> Result:
        return await self.commands.perform(command, self.tell)

    async def heard(
        self, kind: type[Kind], fits: Callable[[Kind], bool] = lambda _: True, after: int = 0
    ) -> Kind:
        """The first event of this kind, be it past or still to come. ``after``: how many to leave out."""

        def found() -> Kind | None:
            return next((one for one in self.events[after:] if isinstance(one, kind) and fits(one)), None)

        try:
            async with asyncio.timeout(WAIT_S), self._changed:
                await self._changed.wait_for(lambda: found() is not None)
        except TimeoutError:
            raise AssertionError(f"no {kind.__name__} in {self.events}") from None
        event = found()
        assert event is not None
        return event

    def channel(self, endpoint: str) -> ChannelId:
        """The live channel of that endpoint."""
        [found] = [one for one in self.live.tables(PBX).channels.values() if one.endpoint == endpoint]
        return found.channel

    async def talk(self, phones: PhoneShop, *, media: bool = False) -> tuple[Call, Call]:
        """A customer talks with 1002 on the direct line; the customer's side and the agent's."""
        agent = await phones.agent("1002", media=media)
        outside = await phones.outside(media=media)
        dialling = asyncio.create_task(outside.call("0312341002", caller="<sip:09012345678@127.0.0.2>"))
        call = await agent.ringing()
        await call.answer()
        entered = lambda event: event.channel == self.channel("PJSIP/trunk")  # noqa: E731
        await self.heard(ev.BridgeEntered, entered)
        return await dialling, call

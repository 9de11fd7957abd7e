"""The bridge's real reading side in this process: AMI in, effects out, and what it made of a shape."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from pydantic import SecretStr

from cti_bridge.calls import effects as ef
from cti_bridge.calls.events import CallEvent, CallOriginated, ChannelEnded, Purpose, RosterChanged
from cti_bridge.calls.ids import AgentId, ChannelId, Endpoint, PbxId
from cti_bridge.calls.record import CallRecord, Stint
from cti_bridge.calls.reducer import reduce
from cti_bridge.calls.state import Live
from cti_bridge.calls.views import CallView, OfferView
from cti_bridge.clock import Clock
from cti_bridge.pbx.ami_client import AmiSource
from cti_bridge.settings import PbxSettings
from cti_bridge.telemetry import Telemetry
from tests.rig.asterisk import AsteriskRig

PBX = PbxId("main")
SEATS = tuple((Endpoint(f"PJSIP/{number}"), AgentId(f"a{number}")) for number in range(1001, 1007))
GREETING = b"Asterisk Call Manager/11.0.0\r\n"  # a tap hears all but this
CONNECT_S, QUIET_S = 10.0, 2.5


@dataclass(slots=True)
class SeenOffer:
    """One offer as the screens saw it: what was said of it last, and by the record."""

    agent: str
    offer: OfferView
    call: CallView
    reason: str = ""  # why it ended or was withdrawn
    stint: Stint | None = None
    record: CallRecord | None = None

    @property
    def began_at_s(self) -> float:
        """When the telephone rang, or began to dial."""
        return self.offer.rang_at_s


class BridgeAtWork:
    """Follows one Asterisk: `async with BridgeAtWork(rig)`. `log` holds events and effects as they came.

    `stream` holds what Asterisk sent, so that a run which went wrong can become a golden trace.
    """

    def __init__(self, rig: AsteriskRig) -> None:
        settings = PbxSettings(
            name=PBX, host=rig.host, port=rig.ami_port, user=rig.ami_user, secret=SecretStr(rig.ami_secret)
        )
        self._source = AmiSource(settings, Clock(), Telemetry())
        self._live = Live()
        self._ended: set[str] = set()
        self._changed = asyncio.Event()
        self.log: list[CallEvent | ef.Effect] = []
        self.stream = bytearray(GREETING)
        self._source.record_with(lambda blocks: [self.stream.extend(block + b"\r\n\r\n") for block in blocks])
        self._take([RosterChanged(PBX, 1.0, SEATS)], 0)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._source.run(self._take))
        await self._until(lambda: self._source.is_connected, CONNECT_S)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def _take(self, events: Sequence[CallEvent], read_ns: int) -> None:
        for event in events:
            self.log.append(event)
            self.log.extend(reduce(self._live, event))
            if isinstance(event, ChannelEnded):
                self._ended.add(event.channel)
        self._changed.set()

    def originated(self, channel: str, number: str, purpose: str) -> None:
        """The bridge is about to have an agent's telephone called."""
        event = CallOriginated(PBX, Clock().now_s(), ChannelId(channel), number, Purpose(purpose))
        self._take([event], 0)

    async def quiet(self, channels: set[str]) -> None:
        """Returns when the end of these channels was heard and nothing is live, or after a while.

        A channel whose caller forged events is not heard to end: a snapshot tells it, a second later at most.
        """
        with contextlib.suppress(TimeoutError):
            await self._until(lambda: channels <= self._ended, QUIET_S)
        with contextlib.suppress(TimeoutError):
            await self._until(lambda: not self.left_over(), QUIET_S)

    async def _until(self, reached: Callable[[], bool], timeout_s: float) -> None:
        async with asyncio.timeout(timeout_s):
            while not reached():
                self._changed.clear()
                await self._changed.wait()

    # --- what it made of it ---------------------------------------------------------------------------------

    def left_over(self) -> list[str]:
        """What is still live, in words; nothing should be."""
        tables = self._live.tables(PBX)
        left = [f"{kind} {key}" for kind in ("channels", "calls", "bridges") for key in getattr(tables, kind)]
        left += [f"waiting in {queue.queue}" for queue in tables.queues.values() if queue.waiting]
        return left + [f"leg at {agent.agent_id}" for agent in self._live.agents.values() if agent.legs]

    def offers(self) -> list[SeenOffer]:
        """Every offer, in the order in which they came."""
        seen: dict[str, SeenOffer] = {}
        for effect in self.log:
            match effect:
                case ef.OfferCall() | ef.ConnectOffer() | ef.WithdrawOffer() | ef.EndOffer():
                    agent = effect.offer.agent_id.removeprefix("a")
                    one = seen.setdefault(effect.offer.offer_id, SeenOffer(agent, effect.offer, effect.call))
                    one.offer, one.call = effect.offer, effect.call
                    if isinstance(effect, ef.WithdrawOffer | ef.EndOffer):
                        one.reason = f"{one.reason}, then {effect.reason}" if one.reason else effect.reason
        for record in self.records():
            for stint in record.stints:
                if stint.offer_id in seen:
                    seen[stint.offer_id].stint, seen[stint.offer_id].record = stint, record
        return list(seen.values())

    def pauses(self) -> list[str]:
        """Every agent who paused, with the reason, in order."""
        seen: dict[str, str] = {}
        found = []
        for effect in self.log:
            if isinstance(effect, ef.ShowAgent):
                reason = effect.agent.pause_reason
                if reason and seen.get(effect.agent.agent_id) != reason:
                    found.append(f"{effect.agent.agent_id.removeprefix('a')} {reason}")
                seen[effect.agent.agent_id] = reason
        return found

    def counted(self) -> list[str]:
        """What was counted of queues, as `orders answered`; each caller was also counted as offered."""
        counts = [effect for effect in self.log if isinstance(effect, ef.CountQueueCall)]
        lines = [f"{count.queue} {count.outcome}" for count in counts if count.outcome != "offered"]
        offered = sum(count.outcome == "offered" for count in counts)
        return lines if offered == len(lines) else [*lines, f"{offered} offered"]

    def records(self) -> list[CallRecord]:
        """The last record of every call that ended, but for those that another absorbed."""
        found: dict[str, CallRecord] = {}
        for effect in self.log:
            if isinstance(effect, ef.RecordCall):
                found[effect.record.call_id] = effect.record
                if effect.absorbed is not None:
                    found.pop(effect.absorbed, None)
        return [record for record in found.values() if record.ended_at_s is not None]

    def final_records(self) -> list[CallRecord]:
        """Every record that says that its call is over, also where one call has several."""
        records = [effect.record for effect in self.log if isinstance(effect, ef.RecordCall)]
        return [record for record in records if record.ended_at_s is not None]

"""Ten live calls, and the PBX or the way to it fails (P5): afterwards all is as Asterisk says it is."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from cti_bridge.board.day import Day
from cti_bridge.board.live import Board, Person
from cti_bridge.board.windows import LatencyWindow
from cti_bridge.calls import effects as ef
from cti_bridge.calls.events import CallEvent
from cti_bridge.calls.outcomes import EndReason, PartReason, WithdrawReason
from cti_bridge.calls.reducer import reduce
from cti_bridge.calls.snapshot import Snapshot
from cti_bridge.calls.views import OfferState, OfferView
from cti_bridge.clock import Clock
from cti_bridge.pbx.ami_client import AmiSource
from cti_bridge.settings import PbxSettings
from cti_bridge.telemetry import Telemetry
from tests.golden_traces import PBX, seated
from tests.pbx.link import Cable
from tests.rig.asterisk import AsteriskRig
from tests.rig.caller import YAMADA
from tests.rig.phone_shop import PhoneShop
from tests.rig.sip_call import Call
from tests.rig.sip_phone import SipPhone

pytestmark = pytest.mark.asterisk
E = TypeVar("E")

ORDERS, SUPPORT, LINE = "0312345678", "0312345679", "031234"
# Asterisk puts such a number into its events and lists as it is: here, with an end of the list it is in.
HOSTILE = "<sip:09%0D%0A%0D%0AEvent%3A%20QueueStatusComplete%0D%0AEventList%3A%20Complete%0D%0A@127.0.0.2>"


class Bridge:
    """A source and the call model behind it, with everything that was to be done because of them."""

    def __init__(self, port: int, secret: str) -> None:
        self.live = seated()
        self.effects: list[ef.Effect] = []
        self.shots: list[Snapshot] = []
        self.board = Board(Day(ZoneInfo("Asia/Tokyo"), 20), LatencyWindow(), lambda who: Person(who, ""), {})
        self._changed = asyncio.Event()
        settings = PbxSettings(
            name=PBX, port=port, secret=SecretStr(secret), ping_interval_s=0.5, connect_timeout_s=1
        )
        self.source = AmiSource(settings, Clock(), Telemetry())

    async def __aenter__(self) -> Bridge:
        self._following = asyncio.create_task(self.source.run(self._take))
        await self.until(lambda: self.source.is_connected)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._following.cancel()
        await asyncio.gather(self._following, return_exceptions=True)

    def _take(self, events: Sequence[CallEvent], read_ns: int) -> None:
        for event in events:
            if isinstance(event, Snapshot):
                self.shots.append(event)
            effects = reduce(self.live, event)
            self.effects += effects
            for effect in effects:
                self.board.apply(effect)
        self._changed.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something is so."""
        try:
            async with asyncio.timeout(20):
                while not holds():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            offers = Counter(str(offer.state) for offer in self.offers())
            raise AssertionError(
                f"not so after 20 s: {offers}, {self.channels()}, {self.waiting()}"
            ) from None

    def offers(self) -> list[OfferView]:
        """What is on the screens."""
        calls = self.live.tables(PBX).calls.values()
        return [offer for call in calls for offer in call.view().offers]

    def count(self, state: OfferState) -> int:
        """How many offers are in a state."""
        return sum(offer.state is state for offer in self.offers())

    def channels(self) -> set[tuple[str, bool, str]]:
        """Each channel, whether it is up, and the bridge it is in."""
        found = self.live.tables(PBX).channels.values()
        return {(channel.channel, channel.is_up, channel.bridge or "") for channel in found}

    def waiting(self) -> set[tuple[str, str]]:
        """Who waits in which queue."""
        queues = self.live.tables(PBX).queues.items()
        return {(name, channel) for name, queue in queues for channel in queue.waiting}

    def members(self) -> set[tuple[str, str]]:
        """Who serves which queue."""
        queues = self.live.tables(PBX).queues.items()
        return {(name, endpoint) for name, queue in queues for endpoint in queue.members}

    def shown(self) -> tuple[set[str], dict[str, tuple[int, int]]]:
        """The board's calls, and of each queue how many wait and how many serve it."""
        board = self.board.snapshot()
        queues = {row.queue: (len(row.waiting_since), row.members) for row in board.queues}
        return {row.call_id for row in board.calls}, queues

    def of(self, kind: type[E]) -> list[E]:
        """The effects of a kind."""
        return [effect for effect in self.effects if isinstance(effect, kind)]


class Truth:
    """What Asterisk says of itself."""

    def __init__(self, rig: AsteriskRig) -> None:
        lines = [
            line.split("!") for line in rig.cli("core show channels concise").splitlines() if "!" in line
        ]
        self.channels = {(line[-1], line[4] == "Up", line[-2]) for line in lines}
        ids = {line[0]: line[-1] for line in lines}
        # Every call here has one party outside, who began it.
        self.calls = {f"{PBX}-{line[-1]}" for line in lines if line[0].startswith("PJSIP/trunk-")}
        self.queues: set[str] = set()
        self.waiting: set[tuple[str, str]] = set()
        self.members: set[tuple[str, str]] = set()
        queue = ""
        for line in rig.cli("queue show").splitlines():
            if head := re.match(r"(\S+) has \d+ calls", line):
                queue = head[1]
                self.queues.add(queue)
            elif caller := re.match(r"\s+\d+\. (\S+) \(wait:", line):
                self.waiting.add((queue, ids[caller[1]]))
            elif member := re.match(r"\s+.*\(((?:PJSIP|Local)/[^ )]+)(?: from ([^)]+))?\)", line):
                self.members.add((queue, member[2] or member[1]))

    def shown(self) -> tuple[set[str], dict[str, tuple[int, int]]]:
        """What the board must say."""
        waiting, serving = Counter(q for q, _ in self.waiting), Counter(q for q, _ in self.members)
        return self.calls, {queue: (waiting[queue], serving[queue]) for queue in self.queues}


@pytest.fixture(scope="module")
def pbx() -> Iterator[AsteriskRig]:
    """An Asterisk that may be killed."""
    with AsteriskRig() as rig:
        yield rig


class Centre:
    """Six telephones, ten callers from outside, and what became of their calls."""

    def __init__(self, rig: AsteriskRig, shop: PhoneShop, bridge: Bridge) -> None:
        self._rig, self._shop, self.bridge = rig, shop, bridge
        self.at_agents: dict[str, Call] = {}
        self.callers: dict[str, Call] = {}

    async def fill(self) -> None:
        """Ten calls: three talk, one is held, three ring, three wait with nobody free."""
        agents = dict(zip("123456", await self._shop.agents(*(f"100{n}" for n in range(1, 7))), strict=True))
        ringing, talking = OfferState.RINGING, OfferState.TALKING

        async def answered(name: str, number: str, agent: str) -> None:
            await self.call(name, number)
            self.at_agents[name] = await (await agents[agent].ringing()).answer()
            await self.callers[name].reached("talking")

        await answered("talks to 4", f"{LINE}1004", "4")
        await answered("is held by 5", f"{LINE}1005", "5")
        await answered("talks to 6", f"{LINE}1006", "6")
        await self.bridge.until(lambda: self.bridge.count(talking) == 3)
        await self.at_agents["is held by 5"].hold()
        await answered("talks to 1", ORDERS, "1")
        for other in "23":
            await (await agents[other].ringing()).reached("ended")
        await self.call("rings at 2 and 3", ORDERS)
        self.at_agents["rings at 2 and 3"] = await agents["2"].ringing()
        await agents["3"].ringing()
        await self.call("rings at 6, who talks", f"{LINE}1006")
        self.at_agents["rings at 6, who talks"] = await agents["6"].ringing()
        await self.call("rings at 5, who holds", f"{LINE}1005")
        self.at_agents["rings at 5, who holds"] = await agents["5"].ringing()
        for name, number in (("waits", ORDERS), ("waits too", ORDERS), ("waits for support", SUPPORT)):
            await self.call(name, number, until="new" if number == ORDERS else "talking")
        await self.bridge.until(lambda: self.bridge.count(ringing) == 4 and self.bridge.count(talking) == 3)
        await self.bridge.until(lambda: len(self.bridge.waiting()) == 4)
        await self.bridge.until(lambda: self.bridge.count(OfferState.HELD) == 1)
        assert len(self.bridge.live.tables(PBX).calls) == 10
        await self.settled()

    async def call(self, name: str, number: str, until: str = "ringing") -> None:
        """Somebody outside dials; a caller of a queue in which nobody rings hears nothing yet."""
        phone = await self.outside()
        if until == "new":
            before = len(self.bridge.waiting())
            calling = asyncio.ensure_future(phone.call(number, caller=YAMADA.address, until="ringing"))
            await self.bridge.until(lambda: len(self.bridge.waiting()) > before)
            self.callers[name] = await calling
        else:
            self.callers[name] = await phone.call(number, caller=YAMADA.address, until=until)

    async def outside(self) -> SipPhone:
        """Somebody outside, who has not dialled yet."""
        return await self._shop.outside()

    async def settled(self) -> None:
        """Wait until the model and Asterisk agree; fails with both when they do not."""
        bridge, truth = self.bridge, await asyncio.to_thread(Truth, self._rig)
        deadline_s = asyncio.get_running_loop().time() + 10
        while asyncio.get_running_loop().time() < deadline_s:
            if (bridge.channels(), bridge.waiting(), bridge.members(), bridge.shown()) == (
                truth.channels, truth.waiting, truth.members, truth.shown()
            ):  # fmt: skip
                return
            truth = await asyncio.to_thread(Truth, self._rig)
        assert bridge.channels() == truth.channels
        assert bridge.waiting() == truth.waiting
        assert bridge.members() == truth.members
        assert bridge.shown() == truth.shown()


@asynccontextmanager
async def centre(rig: AsteriskRig, logs: Path, port: int = 0) -> AsyncIterator[Centre]:
    """A centre in full swing, watched directly or through another port."""
    async with Bridge(port or rig.ami_port, rig.ami_secret) as bridge, AsyncExitStack() as exits:
        busy = Centre(rig, PhoneShop(rig, logs, exits), bridge)
        await busy.fill()
        yield busy
        await asyncio.to_thread(rig.hangup_all)


def check_offers(bridge: Bridge) -> None:
    """Nobody was offered a call twice, and nothing is on a screen that does not live."""
    offered = Counter((offer.call.call_id, offer.offer.agent_id) for offer in bridge.of(ef.OfferCall))
    assert set(offered.values()) == {1}
    shown = {offer.offer.offer_id for offer in bridge.of(ef.OfferCall)}
    gone = [end.offer.offer_id for end in bridge.of(ef.WithdrawOffer) + bridge.of(ef.EndOffer)]
    assert len(gone) == len(set(gone))
    assert shown - set(gone) == {offer.offer_id for offer in bridge.offers()}


def check_records(bridge: Bridge, calls: int) -> None:
    """Each call that is over has one last record, and there were so many calls."""
    records = [effect.record for effect in bridge.of(ef.RecordCall)]
    last = Counter(record.call_id for record in records if record.ended_at_s is not None)
    absorbed = {effect.absorbed for effect in bridge.of(ef.RecordCall)}
    closed = [end.call.call_id for end in bridge.of(ef.CloseCall) if end.reason is not EndReason.MERGED]
    seen = {effect.call.call_id for effect in bridge.of(ef.ShowCall)} - absorbed
    live = set(bridge.live.tables(PBX).calls)
    assert len(seen) == calls
    assert set(last.values()) <= {1}
    assert sorted(last) == sorted(closed)
    assert last.keys() == seen - live


def check_gap(bridge: Bridge) -> None:
    """People are told how long they saw nothing."""
    shown = [(effect.is_connected, effect.gap_s) for effect in bridge.of(ef.ShowSource)]
    assert [is_connected for is_connected, _ in shown] == [True, False, True]
    assert shown[0][1] is shown[1][1] is None
    assert shown[2][1] is not None and 0 < shown[2][1] < 20


async def kill(rig: AsteriskRig) -> None:
    await asyncio.to_thread(rig.kill)
    await asyncio.to_thread(rig.start)


async def terminate(rig: AsteriskRig) -> None:
    await asyncio.to_thread(rig.restart)


async def restart_now(rig: AsteriskRig) -> None:
    await asyncio.to_thread(rig.cli, "core restart now")


@pytest.mark.parametrize("end", [kill, terminate, restart_now])
async def test_asterisk_ends_under_ten_calls(
    pbx: AsteriskRig, tmp_path: Path, end: Callable[[AsteriskRig], Awaitable[None]]
) -> None:
    async with centre(pbx, tmp_path) as busy:
        bridge = busy.bridge
        before = {offer.offer_id for offer in bridge.offers()}
        await end(pbx)
        await bridge.until(lambda: len(bridge.of(ef.ShowSource)) == 3)
        await busy.settled()
        assert (bridge.channels(), bridge.offers()) == (set(), [])
        check_gap(bridge)
        check_offers(bridge)
        over = bridge.of(ef.WithdrawOffer) + bridge.of(ef.EndOffer)
        reasons = {one.offer.offer_id: one.reason for one in over if one.offer.offer_id in before}
        assert reasons.keys() == before
        assert set(reasons.values()) == {WithdrawReason.LOST, PartReason.LOST}
        assert {close.reason for close in bridge.of(ef.CloseCall)} == {EndReason.LOST}
        outcomes = Counter(count.outcome for count in bridge.of(ef.CountQueueCall))
        assert outcomes == {"offered": 5, "answered": 1, "left": 4}
        check_records(bridge, calls=10)
        # Asterisk is new, the telephones are the same: a call rings as ever.
        await busy.call("comes after", f"{LINE}1002")
        await bridge.until(lambda: bridge.count(OfferState.RINGING) == 1)


@pytest.mark.parametrize("how", ["unplug", "stall", "halve"])
async def test_the_link_fails_under_ten_calls_that_go_on(pbx: AsteriskRig, tmp_path: Path, how: str) -> None:
    async with Cable(pbx.ami_port) as cable, centre(pbx, tmp_path, cable.port) as busy:
        bridge = busy.bridge
        before = {offer.offer_id: offer for offer in bridge.offers()}
        getattr(cable, how)()
        # Meanwhile: a talk ends, a ring is answered, a caller gives up waiting, somebody new comes.
        await busy.callers["talks to 4"].hangup()
        await busy.at_agents["rings at 6, who talks"].answer()
        await busy.callers["waits too"].hangup()
        await busy.call("is new at 4", f"{LINE}1004")
        await bridge.until(lambda: not bridge.source.is_connected)
        cable.cut()
        cable.mend()
        await bridge.until(lambda: bridge.source.is_connected)
        await busy.settled()
        check_gap(bridge)
        check_offers(bridge)
        check_records(bridge, calls=11)
        assert len(bridge.live.tables(PBX).calls) == 9
        after = {offer.offer_id: offer for offer in bridge.offers()}
        assert [before[gone].agent_id for gone in before.keys() - after.keys()] == ["a1004"]
        shown = sorted((offer.agent_id, str(offer.state)) for offer in after.values())
        # The caller who waits for support may ring at 1004 by now, besides the new one.
        assert [offer for offer in shown if offer != ("a1004", "ringing")] == [
            ("a1001", "talking"), ("a1002", "ringing"), ("a1003", "ringing"), ("a1005", "held"),
            ("a1005", "ringing"), ("a1006", "talking"), ("a1006", "talking"),
        ]  # fmt: skip
        assert ("a1004", "ringing") in shown
        records = [effect.record for effect in bridge.of(ef.RecordCall) if effect.record.ended_at_s]
        assert [(record.outcome, record.has_gap) for record in records] == [(EndReason.LOST, True)] * 2
        outcomes = Counter(count.outcome for count in bridge.of(ef.CountQueueCall))
        # Whether who waited was answered or gave up was not seen.
        assert outcomes - Counter(offered=5, answered=1) == {"left": 1}


async def test_a_number_with_line_breaks_costs_nobody_but_its_caller(
    pbx: AsteriskRig, tmp_path: Path
) -> None:
    async with centre(pbx, tmp_path) as busy:
        bridge = busy.bridge
        before = {offer.offer_id: offer.agent_id for offer in bridge.offers()}
        calls = len(bridge.live.tables(PBX).calls)
        hostile = await busy.outside()
        calling = asyncio.ensure_future(hostile.call(ORDERS, caller=HOSTILE, until="ringing"))
        await bridge.until(lambda: sum(shot.is_partial for shot in bridge.shots) >= 2)
        assert [queue.queue for queue in bridge.shots[-1].queues] == [
            queue.queue for queue in bridge.shots[0].queues
        ]
        assert {offer.offer_id: offer.agent_id for offer in bridge.offers()} == before
        assert len(bridge.live.tables(PBX).calls) == calls
        await busy.callers["talks to 4"].hangup()
        await bridge.until(lambda: len(bridge.of(ef.EndOffer)) == 1)
        await (await calling).hangup()
        seen = len(bridge.shots)
        await bridge.until(lambda: len(bridge.shots) > seen and not bridge.shots[-1].is_partial)
        await busy.settled()
        check_offers(bridge)
        check_records(bridge, calls=10)
        assert {end.reason for end in bridge.of(ef.CloseCall)} == {EndReason.COMPLETED}
        assert len(bridge.of(ef.ShowSource)) == 1

"""Records the golden traces: ``python -m tests.simulator.record [scene ...]``; needs a real Asterisk.

Every scene of this module runs several times, each time in a fresh Asterisk. The first run's bytes become
``tests/golden/<scene>.ami``; the order of events in each other run becomes a paragraph of
``tests/golden/<scene>.orders``, because Asterisk's threads interleave differently every time.

The shapes of ``tests/shapes`` are recorded once each. Without names on the command line, what is not there
yet is recorded; a scene that is named, anew; a shape that is named, once more, as ``<shape>_2.ami``.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

from tests.rig.asterisk import AsteriskRig
from tests.rig.sip_phone import Call, SipPhone
from tests.shapes import SHAPES, Shape
from tests.shapes.stage import Stage as ShapeStage
from tests.simulator.stream import events, named

GOLDEN = Path(__file__).parents[1] / "golden"
ORDERS, SUPPORT, QUICK, DIRECT = "0312345678", "0312345679", "0312345677", "0312341001"
YAMADA = '"山田 太郎" <sip:09012345678@127.0.0.2>'
SASAKI = '"佐々木" <sip:0312349999@127.0.0.2>'
ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>'
ASSERTED = {"p_asserted_identity": "<sip:09012345678@127.0.0.2>", "privacy": "id"}


class Ears:
    """One AMI client that keeps all it hears."""

    def __init__(self, rig: AsteriskRig) -> None:
        self._rig = rig
        self.data = b""
        self._grew = asyncio.Condition()

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(self._rig.host, self._rig.ami_port)
        self._task = asyncio.create_task(self._hear())
        self.ask(
            "Login", Username=self._rig.ami_user, Secret=self._rig.ami_secret, Events="call,agent,system"
        )
        await self.heard("Event: FullyBooted.*?\r\n\r\n")

    def ask(self, action: str, **headers: str) -> None:
        lines = {"Action": action, "ActionID": f"{action}-1", **headers}
        self._writer.write("".join(f"{k}: {v}\r\n" for k, v in lines.items()).encode() + b"\r\n")

    async def lists(self, when: str) -> None:
        for action in ("CoreShowChannels", "QueueStatus", "DeviceStateList", "QueueSummary", "BridgeList"):
            self.ask(action, ActionID=f"{when}-{action}")
            await self.heard(f"{when}-{action}\r\nEventList: Complete.*?\r\n\r\n")

    async def heard(self, pattern: str, timeout_s: float = 40) -> None:
        async with asyncio.timeout(timeout_s), self._grew:
            await self._grew.wait_for(lambda: re.search(pattern, self.data.decode(errors="replace"), re.S))

    async def _hear(self) -> None:
        while data := await self._reader.read(65_536):
            async with self._grew:
                self.data += data
                self._grew.notify_all()

    async def close(self) -> None:
        self._writer.close()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


class Stage:
    """A fresh Asterisk's phones and callers, and the ears that record."""

    def __init__(self, rig: AsteriskRig, exits: AsyncExitStack) -> None:
        self._rig, self._exits = rig, exits
        self.ears = Ears(rig)
        self.phones: dict[str, SipPhone] = {}

    async def seat(self, *agents: str) -> None:
        for agent in agents:
            pbx = (self._rig.host, self._rig.sip_port)
            phone = SipPhone(agent, self._rig.phone_address(agent), pbx, password=f"change-me-{agent}")
            self.phones[agent] = await self._exits.enter_async_context(phone)

    async def dial(self, number: str, caller: str = YAMADA, until: str = "ringing", **headers: str) -> Call:
        port, media = self._rig.caller_ports()
        address = (self._rig.trunk_host, port)
        phone = SipPhone("09012345678", address, (self._rig.host, self._rig.sip_port), media_port=media)
        await self._exits.enter_async_context(phone)
        return await phone.call(number, caller=caller, until=until, **headers)

    async def ring(self, *agents: str) -> list[Call]:
        return [await self.phones[agent].ringing() for agent in agents]


Scene = Callable[[Stage], Awaitable[None]]
PAUSE_S = 0.3  # between two things people do; the captures need them apart


async def direct_answered(stage: Stage) -> None:
    await stage.seat("1001")
    caller = await stage.dial(DIRECT)
    [phone] = await stage.ring("1001")
    await asyncio.sleep(PAUSE_S)
    await phone.answer()
    await caller.reached("talking")
    await asyncio.sleep(PAUSE_S)
    await caller.hangup()
    await phone.reached("ended")


async def direct_agent_hangs_up(stage: Stage) -> None:
    await stage.seat("1001")
    caller = await stage.dial(DIRECT)
    [phone] = await stage.ring("1001")
    await asyncio.sleep(PAUSE_S)
    await phone.answer()
    await caller.reached("talking")
    await asyncio.sleep(PAUSE_S)
    await phone.hangup()
    await caller.reached("ended")


async def direct_abandoned(stage: Stage) -> None:
    await stage.seat("1001")
    caller = await stage.dial(DIRECT)
    [phone] = await stage.ring("1001")
    await asyncio.sleep(PAUSE_S)
    await caller.hangup()
    await phone.reached("ended")


async def direct_rejected(stage: Stage) -> None:
    await stage.seat("1001")
    caller = await stage.dial(DIRECT)
    [phone] = await stage.ring("1001")
    await asyncio.sleep(PAUSE_S)
    await phone.reject(486)
    await caller.reached("ended")


async def direct_no_answer(stage: Stage) -> None:
    await stage.seat("1001")
    caller = await stage.dial(DIRECT)
    await stage.ring("1001")
    await caller.reached("ended", timeout_s=40)


async def direct_withheld(stage: Stage) -> None:
    await stage.seat("1001")
    caller = await stage.dial(DIRECT, ANONYMOUS, **ASSERTED)
    [phone] = await stage.ring("1001")
    await asyncio.sleep(PAUSE_S)
    await phone.answer()
    await caller.reached("talking")
    await asyncio.sleep(PAUSE_S)
    await caller.hangup()
    await phone.reached("ended")


async def queue_ringall_answered_held(stage: Stage) -> None:
    await stage.seat("1001", "1002", "1003")
    caller = await stage.dial(ORDERS)
    phones = await stage.ring("1001", "1002", "1003")
    await asyncio.sleep(PAUSE_S)
    await phones[1].answer()
    await caller.reached("talking")
    await asyncio.sleep(PAUSE_S)
    await phones[1].hold()
    await asyncio.sleep(PAUSE_S)
    await phones[1].resume()
    await asyncio.sleep(PAUSE_S)
    await caller.hangup()
    await phones[1].reached("ended")


async def queue_ringall_abandoned(stage: Stage) -> None:
    await stage.seat("1001", "1002", "1003")
    caller = await stage.dial(ORDERS)
    phones = await stage.ring("1001", "1002", "1003")
    await asyncio.sleep(PAUSE_S)
    await caller.hangup()
    for phone in phones:
        await phone.reached("ended")


async def queue_ringall_rejected(stage: Stage) -> None:
    await stage.seat("1001", "1002", "1003")
    caller = await stage.dial(ORDERS)
    phones = await stage.ring("1001", "1002", "1003")
    await asyncio.sleep(PAUSE_S)
    await phones[0].reject(486)
    await asyncio.sleep(PAUSE_S)
    await phones[2].reject(603)
    await asyncio.sleep(PAUSE_S)
    await phones[1].answer()
    await caller.reached("talking")
    await asyncio.sleep(PAUSE_S)
    await phones[1].hangup()
    await caller.reached("ended")


async def queue_ringall_retry(stage: Stage) -> None:
    await stage.seat("1001", "1002")
    caller = await stage.dial(QUICK)
    for phone in await stage.ring("1001", "1002"):
        await phone.reached("ended")
    phones = await stage.ring("1001", "1002")
    await asyncio.sleep(PAUSE_S)
    await phones[0].answer()
    await caller.reached("talking")
    await asyncio.sleep(PAUSE_S)
    await caller.hangup()
    await phones[0].reached("ended")


async def queue_ringall_all_reject(stage: Stage) -> None:
    await stage.seat("1001", "1002")
    caller = await stage.dial(QUICK)
    for phone in await stage.ring("1001", "1002"):
        await phone.reject(486)
        await asyncio.sleep(PAUSE_S)
    phones = await stage.ring("1001", "1002")
    await asyncio.sleep(PAUSE_S)
    await phones[0].answer()
    await caller.reached("talking")
    await asyncio.sleep(PAUSE_S)
    await caller.hangup()
    await phones[0].reached("ended")


async def queue_ringall_withheld(stage: Stage) -> None:
    await stage.seat("1001", "1002")
    caller = await stage.dial(QUICK, ANONYMOUS, **ASSERTED)
    phones = await stage.ring("1001", "1002")
    await asyncio.sleep(PAUSE_S)
    await phones[0].answer()
    await caller.reached("talking")
    await asyncio.sleep(PAUSE_S)
    await phones[0].hangup()
    await caller.reached("ended")


async def queue_ringall_two_callers(stage: Stage) -> None:
    await stage.seat("1001", "1002")
    first = await stage.dial(QUICK)
    phones = await stage.ring("1001", "1002")
    await asyncio.sleep(PAUSE_S)
    second = await stage.dial(QUICK, SASAKI)
    await asyncio.sleep(PAUSE_S)
    await phones[0].answer()
    await first.reached("talking")
    [phone] = await stage.ring("1002")
    await asyncio.sleep(PAUSE_S)
    await phone.answer()
    await second.reached("talking")
    await asyncio.sleep(PAUSE_S)
    await first.hangup()
    await phones[0].reached("ended")
    await asyncio.sleep(PAUSE_S)
    await phone.hangup()
    await second.reached("ended")


async def queue_single_answered(stage: Stage) -> None:
    await stage.seat("1003", "1004")
    caller = await stage.dial(SUPPORT, until="talking")
    [phone] = await stage.ring("1003")
    await asyncio.sleep(PAUSE_S)
    await phone.answer()
    await asyncio.sleep(PAUSE_S)
    await phone.hold()
    await asyncio.sleep(PAUSE_S)
    await phone.resume()
    await asyncio.sleep(PAUSE_S)
    await caller.hangup()
    await phone.reached("ended")


async def queue_single_rejected(stage: Stage) -> None:
    await stage.seat("1003", "1004")
    caller = await stage.dial(SUPPORT, until="talking")
    [phone] = await stage.ring("1003")
    await asyncio.sleep(PAUSE_S)
    await phone.reject(486)
    [phone] = await stage.ring("1004")
    await asyncio.sleep(PAUSE_S)
    await phone.answer()
    await asyncio.sleep(PAUSE_S)
    await phone.hangup()
    await caller.reached("ended")


async def queue_single_retry(stage: Stage) -> None:
    await stage.seat("1003", "1004")
    caller = await stage.dial(SUPPORT, until="talking")
    [phone] = await stage.ring("1003")
    await phone.reached("ended", timeout_s=30)
    [phone] = await stage.ring("1004")
    await asyncio.sleep(PAUSE_S)
    await phone.answer()
    await asyncio.sleep(PAUSE_S)
    await caller.hangup()
    await phone.reached("ended")


async def queue_single_abandoned(stage: Stage) -> None:
    await stage.seat("1003", "1004")
    caller = await stage.dial(SUPPORT, until="talking")
    [phone] = await stage.ring("1003")
    await asyncio.sleep(PAUSE_S)
    await caller.hangup()
    await phone.reached("ended")


async def direct_declined(stage: Stage) -> None:
    await stage.seat("1001")
    caller = await stage.dial(DIRECT)
    [phone] = await stage.ring("1001")
    await asyncio.sleep(PAUSE_S)
    await phone.reject(603)
    await caller.reached("ended")


async def direct_while_talking(stage: Stage) -> None:
    await stage.seat("1001", "1002")
    first = await stage.dial(QUICK)
    phones = await stage.ring("1001", "1002")
    await asyncio.sleep(PAUSE_S)
    await phones[0].answer()
    await first.reached("talking")
    await asyncio.sleep(PAUSE_S)
    second = await stage.dial(DIRECT, SASAKI)
    [phone] = await stage.ring("1001")
    await asyncio.sleep(PAUSE_S)
    await phone.reject(486)
    await second.reached("ended")
    await asyncio.sleep(PAUSE_S)
    await first.hangup()
    await phones[0].reached("ended")


async def queue_ringall_ended_on_hold(stage: Stage) -> None:
    await stage.seat("1001", "1002")
    caller = await stage.dial(QUICK)
    phones = await stage.ring("1001", "1002")
    await asyncio.sleep(PAUSE_S)
    await phones[0].answer()
    await caller.reached("talking")
    await asyncio.sleep(PAUSE_S)
    await phones[0].hold()
    await asyncio.sleep(PAUSE_S)
    await caller.hangup()
    await phones[0].reached("ended")


async def queue_lists(stage: Stage) -> None:
    """The lists that a bridge asks for, at rest, while telephones ring, and in a talk."""
    await stage.seat("1001", "1002")
    await stage.ears.lists("idle")
    caller = await stage.dial(QUICK)
    phones = await stage.ring("1001", "1002")
    await asyncio.sleep(PAUSE_S)
    await stage.ears.lists("ringing")
    await phones[0].answer()
    await caller.reached("talking")
    await asyncio.sleep(PAUSE_S)
    await stage.ears.lists("talking")
    second = await stage.dial(DIRECT, SASAKI)
    [phone] = await stage.ring("1001")
    await asyncio.sleep(PAUSE_S)
    await stage.ears.lists("waiting")
    await phone.reject(486)
    await second.reached("ended")
    await caller.hangup()
    await phones[0].reached("ended")
    await asyncio.sleep(PAUSE_S)
    await stage.ears.lists("over")


async def queue_members(stage: Stage) -> None:
    ears = stage.ears
    for action, headers in (
        ("QueuePause", {"Interface": "PJSIP/1001", "Paused": "true", "Reason": "昼休み"}),
        ("QueuePause", {"Interface": "PJSIP/1001", "Paused": "false"}),
        ("QueueAdd", {"Queue": "orders", "Interface": "PJSIP/1005", "MemberName": "伊藤 直子"}),
        ("QueueRemove", {"Queue": "orders", "Interface": "PJSIP/1005"}),
    ):
        ears.ask(action, **headers)
        await asyncio.sleep(PAUSE_S)


# How often each scene is recorded; those that wait for Asterisk's own timers less often.
SCENES: dict[Scene, int] = {
    direct_answered: 8,
    direct_agent_hangs_up: 8,
    direct_abandoned: 8,
    direct_rejected: 8,
    direct_no_answer: 9,
    direct_withheld: 8,
    queue_ringall_answered_held: 10,
    queue_ringall_abandoned: 10,
    queue_ringall_rejected: 10,
    queue_ringall_retry: 10,
    queue_ringall_all_reject: 8,
    queue_ringall_withheld: 8,
    queue_ringall_two_callers: 14,
    queue_single_answered: 8,
    queue_single_rejected: 8,
    queue_single_retry: 6,
    queue_single_abandoned: 8,
    queue_members: 2,
    direct_declined: 14,
    direct_while_talking: 20,
    queue_ringall_ended_on_hold: 8,
    queue_lists: 1,
}


async def run(rig: AsteriskRig, scene: Scene) -> bytes:
    """The bytes of one run, in a fresh Asterisk."""
    async with AsyncExitStack() as exits:
        stage = Stage(rig, exits)
        await stage.ears.open()
        await scene(stage)
        await asyncio.sleep(0.5)  # what follows the last hang-up
        await stage.ears.close()
        return stage.ears.data


async def play(rig: AsteriskRig, shape: Shape) -> bytes:
    """The bytes of one shape, in a fresh Asterisk."""
    ears = Ears(rig)
    await ears.open()
    with tempfile.TemporaryDirectory() as logs:
        async with AsyncExitStack() as exits:
            stage = ShapeStage(rig, Path(logs), exits)
            await stage.open()
            await shape.drive(stage)
            await stage.close()
    await asyncio.sleep(0.2)  # what follows the last hang-up
    await ears.close()
    return ears.data


def main(wanted: list[str]) -> None:
    for scene, times in SCENES.items():
        name = scene.__name__
        if not _is_wanted(name, wanted):
            continue
        runs = []
        for _ in range(times):
            with AsteriskRig() as rig:
                runs.append(asyncio.run(run(rig, scene)))
        (GOLDEN / f"{name}.ami").write_bytes(runs[0])
        orders = ["\n".join(label for label, _ in named(events(data))) for data in runs[1:]]
        if orders:
            (GOLDEN / f"{name}.orders").write_text("\n\n".join(orders) + "\n")
        print(name, len(runs), "runs,", len(runs[0]), "bytes,", len(events(runs[0])), "events")
    own = {scene.__name__ for scene in SCENES}
    for name, shape in SHAPES.items():
        if name not in own and _is_wanted(name, wanted):
            with AsteriskRig() as rig:
                data = asyncio.run(play(rig, shape))
            path = _free(name)
            path.write_bytes(data)
            print(path.stem, len(data), "bytes")


def _free(name: str) -> Path:
    """Where one more run of a shape goes: an older one is never lost, its order of events may be rare."""
    names = itertools.chain([name], (f"{name}_{n}" for n in itertools.count(2)))
    return next(path for path in (GOLDEN / f"{one}.ami" for one in names) if not path.exists())


def _is_wanted(name: str, wanted: list[str]) -> bool:
    return name in wanted if wanted else not (GOLDEN / f"{name}.ami").exists()


if __name__ == "__main__":
    main(sys.argv[1:])

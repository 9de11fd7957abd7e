"""The simulator tells of a call what a real Asterisk told of the same call.

Each scene was played to a real Asterisk (tests/golden); here it is played to the simulator, everybody acting
at the golden trace's own times. Compared are which events come, each event's headers in their order, and
their values. Of the order of events only that is compared which every recording of the scene has in common:
Asterisk's threads interleave differently each time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from cti_bridge.simulator.exchange import Call, Exchange
from cti_bridge.simulator.layout import Layout, SimQueue
from cti_bridge.simulator.plant import Caller
from tests.simulator.stream import Block, events, named

GOLDEN = Path(__file__).parents[1] / "golden"

AGENTS = {
    "PJSIP/1001": "佐藤 花子",
    "PJSIP/1002": "鈴木 一郎",
    "PJSIP/1003": "高橋 美咲",
    "PJSIP/1004": "田中 健",
    "PJSIP/1005": "伊藤 直子",
}
QUEUES = {
    "orders": SimQueue(members=["PJSIP/1001", "PJSIP/1002", "PJSIP/1003"], number="0312345678"),
    "support": SimQueue("rrmemory", ["PJSIP/1003", "PJSIP/1004"], number="0312345679", answers_first=True),
    "quick": SimQueue(members=["PJSIP/1001", "PJSIP/1002"], number="0312345677", timeout_s=2),
}
YAMADA = Caller("09012345678", "山田 太郎")
SASAKI = Caller("0312349999", "佐々木")
WITHHELD = Caller("09012345678", is_asserted=True)

Deed = Callable[["Scene", float], object]


class Scene:
    """The simulated PBX and its calls, in the order in which they came."""

    def __init__(self, started_at_s: float) -> None:
        self.exchange = Exchange(Layout(AGENTS, QUEUES), started_at_s)
        self.calls: list[Call] = []


def call(to: str, caller: Caller = YAMADA) -> Deed:
    return lambda scene, at_s: scene.calls.append(scene.exchange.call(at_s, caller, to))


def answer(agent: str, n: int = 0) -> Deed:
    return lambda scene, at_s: scene.exchange.answer(at_s, scene.calls[n], f"PJSIP/{agent}")


def reject(agent: str, status: int, n: int = 0) -> Deed:
    return lambda scene, at_s: scene.exchange.reject(at_s, scene.calls[n], f"PJSIP/{agent}", status)


def hang_up(n: int = 0, by: str | None = None) -> Deed:
    return lambda scene, at_s: scene.exchange.hang_up(at_s, scene.calls[n], by and f"PJSIP/{by}")


def hold(agent: str) -> Deed:
    return lambda scene, at_s: scene.exchange.hold(at_s, scene.calls[0], f"PJSIP/{agent}")


def resume(agent: str) -> Deed:
    return lambda scene, at_s: scene.exchange.resume(at_s, scene.calls[0], f"PJSIP/{agent}")


def time_passes(scene: Scene, at_s: float) -> None:
    """Nobody does anything: a ringing ends, a caller tries again."""


def pause(is_paused: bool, reason: str = "") -> Deed:
    return lambda scene, at_s: scene.exchange.pause(at_s, "PJSIP/1001", is_paused, reason)


def add_1005(scene: Scene, at_s: float) -> None:
    assert scene.exchange.add_member(at_s, "orders", "PJSIP/1005", "伊藤 直子")


def remove_1005(scene: Scene, at_s: float) -> None:
    assert scene.exchange.remove_member(at_s, "orders", "PJSIP/1005")


START = "Newchannel trunk#1"
BYE = "HangupRequest trunk#1"

# What people did, each at the time of the golden trace's event of that name.
SCENES: dict[str, list[tuple[str, Deed]]] = {
    "direct_answered": [
        (START, call("PJSIP/1001")),
        ("Newstate 1001#1 Up", answer("1001")),
        (BYE, hang_up()),
    ],
    "direct_agent_hangs_up": [
        (START, call("PJSIP/1001")),
        ("Newstate 1001#1 Up", answer("1001")),
        ("HangupRequest 1001#1", hang_up(by="1001")),
    ],
    "direct_abandoned": [(START, call("PJSIP/1001")), (BYE, hang_up())],
    "direct_rejected": [
        (START, call("PJSIP/1001")),
        ("HangupRequest 1001#1", reject("1001", 486)),
    ],
    "direct_declined": [
        (START, call("PJSIP/1001")),
        ("HangupRequest 1001#1", reject("1001", 603)),
    ],
    "direct_no_answer": [(START, call("PJSIP/1001")), ("Hangup trunk#1", time_passes)],
    "direct_withheld": [
        (START, call("PJSIP/1001", WITHHELD)),
        ("Newstate 1001#1 Up", answer("1001")),
        (BYE, hang_up()),
    ],
    "direct_while_talking": [
        (START, call("quick")),
        ("Newstate 1001#1 Up", answer("1001")),
        ("Newchannel trunk#2", call("PJSIP/1001", SASAKI)),
        ("HangupRequest 1001#2", reject("1001", 486, 1)),
        (BYE, hang_up()),
    ],
    "queue_ringall_answered_held": [
        (START, call("orders")),
        ("Newstate 1002#1 Up", answer("1002")),
        ("Hold 1002#1", hold("1002")),
        ("Unhold 1002#1", resume("1002")),
        (BYE, hang_up()),
    ],
    "queue_ringall_ended_on_hold": [
        (START, call("quick")),
        ("Newstate 1001#1 Up", answer("1001")),
        ("Hold 1001#1", hold("1001")),
        (BYE, hang_up()),
    ],
    "queue_ringall_abandoned": [(START, call("orders")), (BYE, hang_up())],
    "queue_ringall_rejected": [
        (START, call("orders")),
        ("HangupRequest 1001#1", reject("1001", 486)),
        ("HangupRequest 1003#1", reject("1003", 603)),
        ("Newstate 1002#1 Up", answer("1002")),
        ("HangupRequest 1002#1", hang_up(by="1002")),
    ],
    "queue_ringall_retry": [
        (START, call("quick")),
        ("Newstate 1001#2 Up", answer("1001")),
        (BYE, hang_up()),
    ],
    "queue_ringall_all_reject": [
        (START, call("quick")),
        ("HangupRequest 1001#1", reject("1001", 486)),
        ("HangupRequest 1002#1", reject("1002", 486)),
        ("Newstate 1001#2 Up", answer("1001")),
        (BYE, hang_up()),
    ],
    "queue_ringall_withheld": [
        (START, call("quick", WITHHELD)),
        ("Newstate 1001#1 Up", answer("1001")),
        ("HangupRequest 1001#1", hang_up(by="1001")),
    ],
    "queue_ringall_two_callers": [
        (START, call("quick")),
        ("Newchannel trunk#2", call("quick", SASAKI)),
        ("Newstate 1001#1 Up", answer("1001")),
        ("Newstate 1002#2 Up", answer("1002", 1)),
        (BYE, hang_up()),
        ("HangupRequest 1002#2", hang_up(1, by="1002")),
    ],
    "queue_single_answered": [
        (START, call("support")),
        ("Newstate 1003#1 Up", answer("1003")),
        ("Hold 1003#1", hold("1003")),
        ("Unhold 1003#1", resume("1003")),
        (BYE, hang_up()),
    ],
    "queue_single_rejected": [
        (START, call("support")),
        ("HangupRequest 1003#1", reject("1003", 486)),
        ("Newstate 1004#1 Up", answer("1004")),
        ("HangupRequest 1004#1", hang_up(by="1004")),
    ],
    "queue_single_retry": [
        (START, call("support")),
        ("Newstate 1004#1 Up", answer("1004")),
        (BYE, hang_up()),
    ],
    "queue_single_abandoned": [(START, call("support")), (BYE, hang_up())],
    "queue_members": [
        ("QueueMemberPause orders PJSIP/1001 1", pause(True, "昼休み")),
        ("QueueMemberPause orders PJSIP/1001 0", pause(False)),
        ("QueueMemberAdded orders PJSIP/1005", add_1005),
        ("QueueMemberRemoved orders PJSIP/1005", remove_1005),
    ],
}
scenes = pytest.mark.parametrize("name", SCENES)

IDENTIFIERS = {
    "Uniqueid",
    "Linkedid",
    "Channel",
    "DestUniqueid",
    "DestLinkedid",
    "DestChannel",
    "BridgeUniqueid",
}
# These show a telephone's channel as it was before or after it learned who calls, as the threads fell.
SHOW_EITHER = {"AgentCalled", "DialBegin", "DialState"}
CHANGING = {"ChannelState", "ChannelStateDesc", "ConnectedLineNum", "ConnectedLineName", "Exten"}


@cache
def golden(name: str) -> dict[str, Block]:
    stream = named(events((GOLDEN / f"{name}.ami").read_bytes()))
    return {label: block for label, block in stream if not _is_foreign(label)}


def _is_foreign(label: str) -> bool:
    """The real Asterisk had one more queue, with a Local member."""
    return "Local/" in label or "Queue:locals" in label


@cache
def simulated(name: str) -> dict[str, Block]:
    real = golden(name)
    starts = [int(block["LoginTime"]) for block in real.values() if block["LoginTime"]]
    scene = Scene(min(starts, default=0))
    for label, deed in SCENES[name]:
        at_s = float(real[label]["Timestamp"])
        scene.exchange.advance(at_s)
        deed(scene, at_s)
    data = b"".join(happened.block for happened in scene.exchange.take())
    return dict(named(events(b"Asterisk Call Manager/0.0.0\r\n" + data)))


@scenes
def test_the_same_events_come(name: str) -> None:
    assert sorted(simulated(name)) == sorted(golden(name))


@scenes
def test_every_event_has_the_same_headers_in_the_same_order(name: str) -> None:
    for label, real in golden(name).items():
        assert simulated(name)[label].names == real.names, label


@scenes
def test_values_are_the_same(name: str) -> None:
    ours = simulated(name)
    identifiers: dict[str, str] = {}
    for label, real in golden(name).items():
        for header, value in real.headers:
            mine = ours[label][header]
            where = f"{label}: {header}"
            if header == "Timestamp":
                assert re.fullmatch(r"\d+\.\d{6}", mine), where
            elif header in IDENTIFIERS:
                assert identifiers.setdefault(value, mine) == mine, where
                assert _shape(mine) == _shape(value), where
            elif header == "InCall":
                assert mine in {"0", "1"}, where
            elif real.event in SHOW_EITHER and header.removeprefix("Dest") in CHANGING and "Dest" in header:
                assert mine in _shown(name, real["DestUniqueid"], header.removeprefix("Dest")), where
            else:
                assert mine == value, where
    assert len(set(identifiers.values())) == len(identifiers)


@scenes
def test_what_every_recording_tells_first_the_simulator_tells_first(name: str) -> None:
    recordings = [list(golden(name))]
    text = (GOLDEN / f"{name}.orders").read_text()
    recordings += [
        [label for label in paragraph.split("\n") if not _is_foreign(label)]
        for paragraph in text.strip().split("\n\n")
    ]
    for recording in recordings:
        assert sorted(recording) == sorted(recordings[0])
    places = [{label: i for i, label in enumerate(recording)} for recording in recordings]
    mine = {label: i for i, label in enumerate(simulated(name))}
    wrong = [
        f"{before} > {after}"
        for before in mine
        for after in mine
        if mine[before] > mine[after] and all(place[before] < place[after] for place in places)
    ]
    assert wrong == []


def test_every_golden_scene_is_played() -> None:
    assert {path.stem for path in GOLDEN.glob("*.orders")} == set(SCENES)


def _shape(identifier: str) -> str:
    """What is left of an identifier when its digits are forgotten: a channel keeps its endpoint."""
    if identifier.startswith("PJSIP/"):
        return re.sub(r"[0-9a-f]{8}$", "x", identifier)
    return re.sub(r"[0-9a-f]+", "x", identifier)


def _shown(name: str, unique_id: str, header: str) -> set[str]:
    """Every value of ``header`` that the real Asterisk showed of this channel."""
    found = set()
    for block in golden(name).values():
        for prefix in ("", "Dest"):
            if block[f"{prefix}Uniqueid"] == unique_id:
                found.add(block[f"{prefix}{header}"])
    return found

"""The answers to list actions tell the simulator's true state, in a real Asterisk's words."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from cti_bridge.simulator import actions
from tests.simulator.stream import Block, blocks, events, named
from tests.simulator.test_fidelity import GOLDEN, SASAKI, Scene, answer, call, hang_up, reject

ACTIONS = ("CoreShowChannels", "QueueStatus", "DeviceStateList", "QueueSummary", "BridgeList")
BYE = "HangupRequest trunk#1"
DONE = [
    ("Newchannel trunk#1", call("quick")),
    ("Newstate 1001#1 Up", answer("1001")),
    ("Newchannel trunk#2", call("PJSIP/1001", SASAKI)),
    ("HangupRequest 1001#2", reject("1001", 486, 1)),
    (BYE, hang_up()),
]
# After how many of these deeds each set of lists was asked for.
WHEN = {"idle": 0, "ringing": 1, "talking": 2, "waiting": 3, "over": 5}
RAW = (GOLDEN / "queue_lists.ami").read_bytes()
# Differ with the moment of asking, or between two runs of anything.
LOOSE = {
    "ActionID",
    "Duration",
    "Wait",
    "LongestHoldTime",
    "BridgeId",
    "BridgeUniqueid",
    "ListItems",
    "ApplicationData",
}


def real(when: str, action: str) -> list[Block]:
    return [block for block in blocks(RAW) if block["ActionID"] == f"{when}-{action}" and not foreign(block)]


def simulated(when: str, action: str) -> list[Block]:
    stream = dict(named(events(RAW)))
    begun_at_s = next(int(block["LoginTime"]) for block in blocks(RAW) if block["LoginTime"])
    scene = Scene(begun_at_s)
    at_s = float(begun_at_s)
    for label, deed in DONE[: WHEN[when]]:
        at_s = float(stream[label]["Timestamp"])
        scene.exchange.advance(at_s)
        deed(scene, at_s)
    headers = {"action": action, "actionid": f"{when}-{action}"}
    return blocks(b"Asterisk Call Manager/0.0.0\r\n" + actions.take(scene.exchange, headers, at_s + 0.2))


def foreign(block: Block) -> bool:
    """The real Asterisk had one more queue and one more telephone."""
    return block["Queue"] == "locals" or "locals" in block["Device"] or block["Device"] == "PJSIP/1006"


def key(block: Block) -> tuple[str, ...]:
    return tuple(block[name] for name in ("Event", "Channel", "Queue", "Location", "Position", "Device"))


def values(block: Block) -> dict[str, str]:
    return {name: value for name, value in block.headers if name not in LOOSE}


def by_key(found: Iterable[Block]) -> dict[tuple[str, ...], Block]:
    return {key(block): block for block in found}


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("action", ACTIONS)
def test_a_list_says_what_a_real_one_said(when: str, action: str) -> None:
    theirs, ours = by_key(real(when, action)), by_key(simulated(when, action))
    extra = {one for one in ours if one not in theirs}
    # A real Asterisk lists a device of a queue only once it was told of.
    assert all(action == "DeviceStateList" and one[5].startswith("Queue:") for one in extra)
    for one, block in theirs.items():
        assert one in ours
        assert ours[one].names == block.names, one
        assert values(ours[one]) == values(block), one


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("action", ACTIONS)
def test_a_list_begins_and_ends_as_a_list(when: str, action: str) -> None:
    found = simulated(when, action)
    assert found[0]["EventList"] == "start"
    assert found[-1]["EventList"] == "Complete"
    assert int(found[-1]["ListItems"]) == len(found) - 2
    assert {block["ActionID"] for block in found} == {f"{when}-{action}"}


def test_channels_of_a_talk_name_their_bridge() -> None:
    [one, other] = [block["BridgeId"] for block in simulated("talking", "CoreShowChannels")[1:-1]]
    assert one == other != ""


def test_durations_and_waits_are_whole_seconds() -> None:
    assert {b["Duration"] for b in simulated("ringing", "CoreShowChannels")[1:-1]} == {"00:00:00"}
    assert {b["Wait"] for b in simulated("ringing", "QueueStatus") if b["Wait"]} <= {"0", "1"}

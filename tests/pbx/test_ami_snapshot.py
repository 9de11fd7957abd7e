"""The lists as a snapshot: what is whole is in it, what is not makes it partial."""

from __future__ import annotations

import pytest

from cti_bridge.calls.ids import PbxId, QueueId
from cti_bridge.calls.queue_events import DeviceUse
from cti_bridge.calls.snapshot import SnapshotQueue
from cti_bridge.pbx.ami_message import AmiReader, read_headers
from cti_bridge.pbx.ami_snapshot import is_list_end, is_list_flawed, snapshot

PBX = PbxId("main")
CHANNEL = {
    "Event": "CoreShowChannel",
    "ActionID": "a-1",
    "Channel": "PJSIP/trunk-00000001",
    "ChannelState": "6",
    "ChannelStateDesc": "Up",
    "CallerIDNum": "09012345678",
    "CallerIDName": "<unknown>",
    "ConnectedLineNum": "1001",
    "ConnectedLineName": "<unknown>",
    "Language": "ja",
    "AccountCode": "",
    "Context": "from-trunk",
    "Exten": "0312345678",
    "Priority": "1",
    "Uniqueid": "1795380294.6",
    "Linkedid": "1795380294.6",
    "Application": "AppQueue",
    "ApplicationData": "(Outgoing Line)",
    "Duration": "01:00:05",
    "BridgeId": "",
}
PARAMS = {"Event": "QueueParams", "Queue": "orders", "Strategy": "ringall", "ActionID": "a-2"}
MEMBER = {
    "Event": "QueueMember",
    "Queue": "orders",
    "Name": "佐藤 花子",
    "Location": "PJSIP/1001",
    "StateInterface": "PJSIP/1001",
    "Status": "1",
    "Paused": "1",
    "PausedReason": "lunch",
    "ActionID": "a-2",
}
ENTRY = {
    "Event": "QueueEntry",
    "Queue": "orders",
    "Position": "1",
    "Channel": "PJSIP/trunk-00000001",
    "Uniqueid": "1795380294.6",
    "CallerIDNum": "09012345678",
    "CallerIDName": "unknown",
    "ConnectedLineNum": "unknown",
    "ConnectedLineName": "unknown",
    "Wait": "7",
    "Priority": "0",
    "ActionID": "a-2",
}
DEVICE = {"Event": "DeviceStateChange", "ActionID": "a-3", "Device": "PJSIP/1001", "State": "INUSE"}
BRIDGE = {"Event": "BridgeListItem", "BridgeUniqueid": "b1", "BridgeTechnology": "simple_bridge"}
END = {"Event": "QueueStatusComplete", "ActionID": "a-2", "EventList": "Complete", "ListItems": "3"}


def test_whole_lists_make_a_whole_snapshot() -> None:
    shot = snapshot(PBX, 100.0, [{**CHANNEL, "BridgeId": "b1"}], [PARAMS, MEMBER, ENTRY], [DEVICE], [BRIDGE])
    (channel,), (member,), (entry,) = shot.channels, shot.members, shot.waiting
    assert not shot.is_partial
    assert (channel.channel, channel.bridge, channel.age_s) == ("1795380294.6", "b1", 3605.0)
    assert (channel.is_up, channel.is_ringing, channel.caller_name) == (True, False, "")
    assert shot.queues == (SnapshotQueue(QueueId("orders"), "ringall"),)
    assert (member.endpoint, member.pause_reason, member.device) == ("PJSIP/1001", "lunch", DeviceUse.IDLE)
    assert (entry.channel, entry.waited_s) == ("1795380294.6", 7.0)
    assert shot.devices == (("PJSIP/1001", DeviceUse.IN_USE),)
    assert shot.holding_bridges == frozenset()


def test_a_parking_lot_is_a_bridge_in_which_nobody_hears_anybody() -> None:
    parked = {"BridgeUniqueid": "b2", "BridgeTechnology": "holding_bridge"}
    shot = snapshot(PBX, 100.0, [], [], [], [BRIDGE, parked])
    assert (shot.holding_bridges, shot.is_partial) == ({"b2"}, False)


@pytest.mark.parametrize("missing", sorted(CHANNEL.keys() - {"ActionID", "Application", "ApplicationData"}))
def test_a_channel_that_is_not_whole_makes_the_snapshot_partial(missing: str) -> None:
    broken = {key: value for key, value in CHANNEL.items() if key != missing}
    shot = snapshot(PBX, 100.0, [broken, CHANNEL], [], [])
    assert (len(shot.channels), shot.is_partial) == (1, True)


@pytest.mark.parametrize(
    "missing", sorted(ENTRY.keys() - {"ActionID", "ConnectedLineNum", "ConnectedLineName"})
)
def test_a_waiting_caller_that_is_not_whole_makes_the_snapshot_partial(missing: str) -> None:
    broken = {key: value for key, value in ENTRY.items() if key != missing}
    shot = snapshot(PBX, 100.0, [], [broken, ENTRY], [])
    assert (len(shot.waiting), shot.is_partial) == (1, True)


@pytest.mark.parametrize("figure", ["", "x", "nan", "inf", "-1", "1e3", "٣", "999999999"])
def test_a_time_that_is_none_makes_the_snapshot_partial(figure: str) -> None:
    shot = snapshot(PBX, 100.0, [{**CHANNEL, "Duration": f"00:00:{figure}"}], [{**ENTRY, "Wait": figure}], [])
    assert (shot.channels, shot.waiting, shot.is_partial) == ((), (), True)


@pytest.mark.parametrize("item", [PARAMS, MEMBER])
def test_the_second_half_of_an_entry_is_neither_queue_nor_member(item: dict[str, str]) -> None:
    shot = snapshot(PBX, 100.0, [], [{**item, "CallerIDName": "unknown", "Wait": "5"}], [])
    assert (shot.queues, shot.members, shot.is_partial) == ((), (), True)


@pytest.mark.parametrize("item", [{}, {"Event": "Hangup"}, {"Response": "Success"}])
def test_what_is_no_item_at_all_makes_the_snapshot_partial(item: dict[str, str]) -> None:
    assert snapshot(PBX, 100.0, [item], [], []).is_partial
    assert snapshot(PBX, 100.0, [], [], [item]).is_partial
    assert snapshot(PBX, 100.0, [], [], [], [item]).is_partial


def test_an_item_of_a_kind_yet_unknown_is_passed_over() -> None:
    assert not snapshot(PBX, 100.0, [], [{"Event": "QueueWeather", "Queue": "orders"}], []).is_partial


def test_a_queue_or_telephone_that_is_not_ours_is_passed_over() -> None:
    shot = snapshot(PBX, 100.0, [], [], [{**DEVICE, "Device": "Queue:orders"}])
    assert (shot.devices, shot.is_partial) == ((), False)


def test_only_asterisks_own_end_ends_a_list() -> None:
    assert is_list_end(END)
    assert not is_list_end({**END, "CallerIDName": "unknown"})
    assert not is_list_end({**END, "Event": "QueueEntry"})
    assert not is_list_end({"Response": "Success", "EventList": "Complete"})
    assert not is_list_end(ENTRY)


@pytest.mark.parametrize(
    ("headers", "is_flawed"),
    [
        (END, False),
        (ENTRY, False),
        ({"Response": "Success", "EventList": "start"}, False),
        ({**ENTRY, "EventList": "start"}, True),
        ({**ENTRY, "EventList": "Complete"}, True),
        ({"Response": "Success", "EventList": "Complete"}, True),
    ],
)
def test_a_mark_of_a_list_where_none_can_be_is_a_flaw(headers: dict[str, str], is_flawed: bool) -> None:
    assert is_list_flawed(headers) == is_flawed


def test_a_number_of_79_bytes_has_no_room_for_what_is_missing() -> None:
    """The most a caller can write into the first half of a channel's item leaves it incomplete."""
    wanted = list(CHANNEL)[list(CHANNEL).index("CallerIDNum") + 1 :]
    shortest = "1\r\n" + "\r\n".join(f"{key}: " for key in wanted) + "\r\n\r\n"
    assert len(shortest) > 79
    headers = {**CHANNEL, "CallerIDNum": shortest[:79]}
    text = "\r\n".join(f"{key}: {value}" for key, value in headers.items())
    blocks = AmiReader().feed(b"Asterisk Call Manager/1\r\n" + text.encode() + b"\r\n\r\n")
    read = [read_headers(block) for block in blocks]
    assert snapshot(PBX, 100.0, [item for item, flaw in read if flaw is None], [], []).channels == ()

"""AMI to neutral events: what is trusted, what is not, and the spellings that end here."""

import pytest

from cti_bridge.calls import events as ev
from cti_bridge.calls.ids import ChannelId, Endpoint, PbxId
from cti_bridge.calls.queue_events import DeviceChanged, DeviceUse
from cti_bridge.pbx.ami_message import AmiReader, Block, read_headers
from cti_bridge.pbx.ami_snapshot import snapshot
from cti_bridge.pbx.ami_translate import AmiTranslator

PBX = PbxId("main")
CHANNEL = {
    "Channel": "PJSIP/trunk-00000001",
    "ChannelState": "4",
    "ChannelStateDesc": "Ring",
    "CallerIDNum": "09012345678",
    "CallerIDName": "<unknown>",
    "ConnectedLineNum": "<unknown>",
    "ConnectedLineName": "<unknown>",
    "Language": "ja",
    "AccountCode": "",
    "Context": "from-trunk",
    "Exten": "0312345678",
    "Priority": "1",
    "Uniqueid": "1795380294.6",
    "Linkedid": "1795380294.6",
}


MEMBER = {
    "MemberName": "佐藤 花子",
    "StateInterface": "PJSIP/1001",
    "Membership": "static",
    "Penalty": "0",
    "CallsTaken": "0",
    "LastCall": "0",
    "InCall": "0",
    "PausedReason": "",
    "Ringinuse": "0",
}


def device_state(device: str) -> Block:
    return block("DeviceStateChange", {"Privilege": "call,all", "Device": device, "State": "INUSE"})


def block(event: str, headers: dict[str, str]) -> Block:
    return Block(
        "\r\n".join(f"{key}: {value}" for key, value in {"Event": event, **headers}.items()).encode()
    )


def test_a_channel_is_created() -> None:
    event = AmiTranslator(PBX).translate(block("Newchannel", CHANNEL), 5.0)
    assert event == ev.ChannelCreated(
        PBX,
        5.0,
        ChannelId("1795380294.6"),
        ChannelId("1795380294.6"),
        Endpoint("PJSIP/trunk"),
        is_glue=False,
        caller_number="09012345678",
        caller_name="",
        dialled="0312345678",
    )


@pytest.mark.parametrize("missing", sorted(CHANNEL))
def test_an_incomplete_channel_event_is_not_trusted(missing: str) -> None:
    translator = AmiTranslator(PBX)
    headers = {key: value for key, value in CHANNEL.items() if key != missing}
    assert translator.translate(block("Hangup", {**headers, "Cause": "16", "Cause-txt": "x"}), 5.0) is None
    assert translator.rejected == {"incomplete": 1}


def test_a_forged_hang_up_inside_a_callers_number_does_nothing() -> None:
    """A number with line breaks can write what looks like a block of its own for another call."""
    forged = "0312345678\r\n\r\nEvent: Hangup\r\nUniqueid: 1795380294.1\r\nCause: 16\r\n\r\nEvent: X\r\nY: "
    stream = (
        b"Asterisk Call Manager/11.0.0\r\n"
        + block("Newchannel", {**CHANNEL, "CallerIDNum": forged})
        + b"\r\n\r\n"
    )
    translator = AmiTranslator(PBX)
    assert [translator.translate(found, 5.0) for found in AmiReader().feed(stream)] == [None, None, None]
    assert translator.rejected == {"incomplete": 2}


def test_short_events_after_a_broken_one_are_not_trusted() -> None:
    """79 bytes, as many as a number may have, are enough for a whole device state."""
    translator = AmiTranslator(PBX)
    told = device_state("PJSIP/1001")
    assert isinstance(translator.translate(told, 1.0), DeviceChanged)
    forged = {"Privilege": "call,all", "CallerIDNum": "1"}
    assert translator.translate(block("Newchannel", forged), 1.0) is None
    assert translator.translate(told, 1.0) is None
    assert translator.translate(told, 1.0) is None
    assert translator.rejected == {"incomplete": 1, "doubtful": 2}
    assert translator.translate(block("Newchannel", CHANNEL), 1.0) is not None
    assert isinstance(translator.translate(told, 1.0), DeviceChanged)


@pytest.mark.parametrize("name", ["QueueMemberRemoved", "QueueMemberPause", "QueueMemberStatus"])
def test_a_queue_member_counts_only_with_all_that_is_told_of_it(name: str) -> None:
    short = {"Queue": "orders", "Interface": "PJSIP/1001", "Status": "1", "Paused": "1"}
    translator = AmiTranslator(PBX)
    assert translator.translate(block(name, short), 1.0) is None
    assert translator.rejected == {"incomplete": 1}
    assert translator.translate(block(name, {**MEMBER, **short}), 1.0) is not None


def test_a_number_cannot_add_the_cause_that_means_the_pbx_stops() -> None:
    translator = AmiTranslator(PBX)
    assert isinstance(
        translator.translate(block("SoftHangupRequest", {**CHANNEL, "Cause": "4"}), 1.0), ev.PbxStopping
    )
    forged = {**CHANNEL, "CallerIDNum": "031\r\nCause: 4"}
    assert translator.translate(block("SoftHangupRequest", forged), 1.0) is None
    assert translator.translate(block("SoftHangupRequest", {**CHANNEL, "Cause": "16"}), 1.0) is None


@pytest.mark.parametrize(
    ("dialled", "number"),
    [
        ("09012345678@trunk", "09012345678"),
        ("trunk/sip:09012345678@carrier.example", "09012345678"),
        ("trunk/+819012345678", "+819012345678"),
        ("1001", "1001"),
        ("1001/sip:phone", ""),
    ],
)
def test_the_number_in_what_was_dialled(dialled: str, number: str) -> None:
    dest = {f"Dest{key}": value for key, value in CHANNEL.items()}
    event = AmiTranslator(PBX).translate(block("DialBegin", {**dest, "DialString": dialled}), 1.0)
    assert isinstance(event, ev.DialBegan)
    assert event.number == number


def test_a_repeated_header_is_not_trusted() -> None:
    translator = AmiTranslator(PBX)
    forged = {**CHANNEL, "CallerIDNum": "031\r\nUniqueid: 1795380294.1"}
    assert translator.translate(block("Newchannel", forged), 5.0) is None
    assert translator.rejected == {"repeated_header": 1}


@pytest.mark.parametrize("unique_id", ["", "a b", "1\n2", "x" * 200])
def test_an_impossible_unique_id_is_not_trusted(unique_id: str) -> None:
    translator = AmiTranslator(PBX)
    assert translator.translate(block("Newchannel", {**CHANNEL, "Uniqueid": unique_id}), 5.0) is None
    assert translator.rejected == {"unique_id": 1}


@pytest.mark.parametrize(
    ("stamp", "at_s"),
    [
        ("1000.5", 1000.5),
        ("nan", 900.0),
        ("inf", 900.0),
        ("yesterday", 900.0),
        ("99999999", 900.0),
        ("", 900.0),
    ],
)
def test_the_events_own_time_counts_when_it_can_be(stamp: str, at_s: float) -> None:
    event = AmiTranslator(PBX).translate(block("Hold", {**CHANNEL, "Timestamp": stamp}), 900.0)
    assert event is not None
    assert event.at_s == at_s


@pytest.mark.parametrize(
    ("state", "kind"), [("5", ev.ChannelRang), ("6", ev.ChannelAnswered), ("4", type(None))]
)
def test_channel_states(state: str, kind: type) -> None:
    event = AmiTranslator(PBX).translate(block("Newstate", {**CHANNEL, "ChannelState": state}), 1.0)
    assert isinstance(event, kind)


def test_presentation_prohibited_is_withheld() -> None:
    headers = {**CHANNEL, "CID-CallingPres": "32 (Presentation Prohibited, Not Screened)"}
    event = AmiTranslator(PBX).translate(block("NewCallerid", headers), 1.0)
    assert isinstance(event, ev.CallerIdentified)
    assert event.is_withheld


def test_a_cause_that_is_no_number_is_none() -> None:
    event = AmiTranslator(PBX).translate(block("Hangup", {**CHANNEL, "Cause": "x", "Cause-txt": ""}), 1.0)
    assert isinstance(event, ev.ChannelEnded)
    assert event.cause == 0


@pytest.mark.parametrize("device", ["Queue:orders", "Custom:night", "Local/1@x", "nothing"])
def test_only_telephones_have_device_states(device: str) -> None:
    translator = AmiTranslator(PBX)
    assert translator.translate(device_state(device), 1.0) is None
    assert not translator.rejected


def test_other_events_are_passed_over() -> None:
    translator = AmiTranslator(PBX)
    assert translator.translate(block("VarSet", CHANNEL), 1.0) is None
    assert translator.translate(Block(b"Response: Success"), 1.0) is None
    assert not translator.rejected


def test_a_snapshot_leaves_out_items_it_cannot_read() -> None:
    bad = {"Event": "CoreShowChannel", "Uniqueid": "1"}
    good = {**CHANNEL, "Event": "CoreShowChannel", "BridgeId": "b1", "Duration": "01:00:05"}
    queues = [
        {"Event": "QueueParams", "Queue": "orders"},
        {"Event": "QueueEntry", "Queue": "orders", "Wait": "x"},
    ]
    shot = snapshot(PBX, 9.0, [bad, good], queues, [{"Device": "PJSIP/1001", "State": "NOT_INUSE"}, {}])
    assert [(c.channel, c.bridge, c.age_s) for c in shot.channels] == [("1795380294.6", "b1", 3605.0)]
    assert [q.queue for q in shot.queues] == ["orders"]
    assert shot.waiting == ()
    assert shot.devices == (("PJSIP/1001", DeviceUse.IDLE),)


def test_headers_of_the_fixture_are_complete() -> None:
    assert read_headers(block("Newchannel", CHANNEL))[0].keys() >= CHANNEL.keys()

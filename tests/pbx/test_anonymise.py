"""Anonymised recordings: nobody is in them, and the model makes of them what it made of the originals."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cti_bridge.calls.numbers import CallerKind, normalise
from cti_bridge.pbx.ami_message import AmiReader, Block, read_headers
from cti_bridge.pbx.anonymise import Anonymiser
from cti_bridge.pbx.pseudonyms import Pseudonyms
from tests import golden_traces

# What a person could be found by in the traces. Shorter names than these become one another's now and then.
KANJI = rb"[\xe3-\xe9][\x80-\xbf]{2}"
PERSONAL = re.compile(
    rb"\+?[0-9]{10,11}(?![.0-9])|03-1234-5678|Mallory|O..?Brien|" + KANJI * 2 + b" " + KANJI * 2
)
TIMES = {"Timestamp", "LastCall", "LoginTime", "LastPause"}
NUMBERS = st.sampled_from(
    ["09012345678", "0312345678", "0463211234", "0120444444", "08001234567", "05031234567", "0570123456",
     "+819012345678", "819012345678", "03-1234-5678", "090 (1234) 5678", "+12125550123", "0012125550123",
     "+442079460123", "1840312345678", "０３１２３４５６７８", "01012125550123", "110", "1001", "anonymous",
     "", "<unknown>", "非通知", "P", "unavailable", "9" * 79, "sip:taro@example.com", '""', "090123456789012"]
)  # fmt: skip


def told(*lines: str) -> Block:
    return Block("\r\n".join(lines).encode("utf-8", "surrogateescape"))


def one(line: str) -> str:
    """One line, made anonymous."""
    return Anonymiser().block(told(line)).decode()


def shape(text: str) -> str:
    """Scripts and punctuation without the letters and digits."""
    kinds = {
        "[0-9]": "9", "[a-z]": "a", "[A-Z]": "A", "[０-９]": "９", "[ぁ-ゟ]": "あ", "[ァ-ヺ]": "ア",
        "[ｦ-ﾝ]": "ｱ", "[一-龥々]": "山",
    }  # fmt: skip
    for pattern, kind in kinds.items():
        text = re.sub(pattern, kind, text)
    return text


@pytest.mark.parametrize("name", golden_traces.names())
def test_the_model_makes_the_same_of_it(name: str) -> None:
    anonymiser = Anonymiser()
    blocks = AmiReader().feed(golden_traces.stream(name))
    others = [anonymiser.block(block) for block in blocks]
    before, after = golden_traces.events(blocks), golden_traces.events(others)
    assert [type(event) for event in after] == [type(event) for event in before]
    assert [event.at_s for event in after] == [event.at_s for event in before]
    story = [renamed(line, anonymiser) for line in golden_traces.story(golden_traces.seated(), before)]
    assert list(golden_traces.story(golden_traces.seated(), after)) == story


def renamed(line: str, anonymiser: Anonymiser) -> str:
    """A line of a story with the numbers that stand for those in it."""
    return re.sub(r"\+?\d{7,}", lambda found: anonymiser.pseudonyms.number(found[0]), line)


@pytest.mark.parametrize("name", golden_traces.names())
def test_nobody_is_in_it(name: str) -> None:
    anonymiser = Anonymiser()
    for block in AmiReader().feed(golden_traces.stream(name)):
        other = anonymiser.block(block)
        assert len(other.split(b"\r\n")) == len(block.split(b"\r\n"))
        headers, flaw = read_headers(block)
        changed, same_flaw = read_headers(other)
        assert (changed.keys(), same_flaw) == (headers.keys(), flaw)
        for key, value in headers.items():
            if key not in TIMES and not key.lower().endswith("id"):
                for found in PERSONAL.findall(value.encode()):
                    assert found not in other, key


@settings(deadline=None)
@given(NUMBERS)
def test_a_number_stays_what_it_is_to_the_model(raw: str) -> None:
    names = Pseudonyms()
    other = names.number(raw)
    caller, changed = normalise(raw), normalise(other)
    assert changed.kind is caller.kind
    assert shape(other) == shape(raw)
    assert names.number(raw) == other
    if caller.kind is CallerKind.NUMBER:
        assert caller.e164 != changed.e164
        assert len(caller.e164 or "") == len(changed.e164 or "")
        assert changed.e164 == names.number(caller.e164 or "")


@pytest.mark.parametrize(
    "raw, kept",
    [("09012345678", "090"), ("0312345678", "03"), ("0120444444", "0120"), ("08001234567", "0800"),
     ("05031234567", "050"), ("0570123456", "0570"), ("+12125550123", "+12"), ("1840312345678", "18403")],
)  # fmt: skip
def test_the_kind_of_a_number_stays(raw: str, kept: str) -> None:
    assert {Pseudonyms().number(raw)[: len(kept)] for _ in range(20)} == {kept}


@settings(deadline=None)
@given(st.sets(st.integers(0, 10**8 - 1), min_size=2, max_size=50))
def test_different_numbers_stay_different(subscribers: set[int]) -> None:
    names = Pseudonyms()
    numbers = {f"090{subscriber:08}" for subscriber in subscribers}
    assert len({names.number(number) for number in numbers}) == len(numbers)


@settings(deadline=None)
@given(st.sets(st.text(min_size=1, max_size=12), max_size=60))
def test_different_names_stay_different(originals: Iterable[str]) -> None:
    names = Pseudonyms()
    found = {name: names.name(name) for name in originals}
    changed = {name: other for name, other in found.items() if name != other}
    assert len(set(changed.values())) == len(changed)
    assert all(names.name(name) == other for name, other in found.items())


def test_more_one_letter_names_than_letters() -> None:
    names = Pseudonyms()
    originals = [chr(code) for code in range(ord("一"), ord("一") + 300)]
    assert len({names.name(name) for name in originals}) == 300


@pytest.mark.parametrize(
    "name", ["山田 太郎", "サトウ ハナコ", "すずき", "Taro Yamada", "ｻﾄｳ", 'O\\\'Brien \\"x\\"']
)
def test_a_name_keeps_its_length_script_and_escapes(name: str) -> None:
    other = Pseudonyms().name(name)
    assert other != name
    assert shape(other) == shape(name)


@pytest.mark.parametrize("word", ["", "<unknown>", "Anonymous", "非通知", "公衆電話", "Unavailable", "1001"])
def test_words_for_a_number_that_is_not_told_stay(word: str) -> None:
    assert one(f"CallerIDName: {word}") == f"CallerIDName: {word}"


def test_no_name_becomes_a_word_for_a_withheld_number() -> None:
    for _ in range(300):
        assert normalise("", Pseudonyms().name("x")).kind is CallerKind.UNAVAILABLE


def test_a_number_within_a_name_becomes_the_same_as_by_itself() -> None:
    block = Anonymiser().block(told("CallerIDNum: 09012345678", "CallerIDName: 山田 090-1234-5678"))
    number, name = (line.partition(": ")[2] for line in block.decode().split("\r\n"))
    assert number == name[3:].replace("-", "")


@pytest.mark.parametrize(
    "line",
    [
        "Channel: PJSIP/1001-0000002a", "Channel: Local/1004@phones-00000001;2", "DialString: PJSIP/1001",
        "Interface: PJSIP/1001", "StateInterface: hint:1004@phones", "MemberName: PJSIP/1001", "Queue: 注文",
        "Exten: 1001", "Exten: s", "Exten: s-BUSY", "Exten: *72", "Uniqueid: 1795381137.12",
        "CallerIDNum: 1001", "Linkedid: pbx1-1795381137.12",
        "BridgeUniqueid: 12345678-5762-4ff3-8938-123456789012",
        "Timestamp: 1795381137.065784", "HoldTime: 12345", "Cause-txt: Normal Clearing",
        "Context: from-trunk", "Device: Queue:orders_pause_PJSIP/1001",
        "PausedReason: wrap-up", "SomethingNew: Yes", "SomethingNew: 42",
        "CID-CallingPres: 32 (Presentation Prohibited, Not Screened)", "Priority: 3",
    ],
)  # fmt: skip
def test_what_mapping_and_timing_need_stays(line: str) -> None:
    assert one(line) == line


@pytest.mark.parametrize(
    "line, personal",
    [
        ("ChanVariable: CALLER=山田 太郎 taro@example.com", ["山田", "太郎", "taro", "example", "CALLER"]),
        ("AppData: PJSIP/trunk/sip:09012345678@192.0.2.7:5060,60", ["09012345678", "192.0.2.7"]),
        ("SomethingNew: secret words 12", ["secret", "words"]),
        ("AccountCode: 98765", ["98765"]),
        ("Address: 192.0.2.7:5060", ["192.0.2.7"]),
        ("Channel: SIP/192.0.2.7-0000001a", ["192.0.2.7"]),
        ("Channel: SIP/0312345678-0000001a", ["0312345678"]),
        ("DialString: trunk/sip:09012345678@sip.example.com", ["09012345678", "example"]),
        ("DialString: 09012345678@trunk", ["09012345678"]),
        ("CallerIDName: taro@example.com", ["taro", "example"]),
        ("CallerIDNum: sip:taro@example.com", ["taro", "example"]),
        ("Uniqueid: call-09012345678", ["09012345678"]),
        ("Uniqueid: 3c26700d-abcdef@192.0.2.7", ["192.0.2.7"]),
        ("PausedReason: 佐藤の代わり", ["佐藤"]),
        ("Reason: 09012345678", ["09012345678"]),
        ("Wait: 09012345678", ["09012345678"]),
        ("a line without a colon 0901234", ["line", "0901234"]),
        ("x09012345678y: z", ["09012345678"]),
        ("Queue: call 090-1234-5678", ["1234-5678"]),
        ("Context: from-did-0312345678", ["0312345678"]),
    ],
)
def test_what_could_tell_of_somebody_goes(line: str, personal: list[str]) -> None:
    other = one(line)
    assert [word for word in personal if word in other] == []


def test_a_dialplans_own_event_keeps_nothing_but_that_it_came() -> None:
    block = told("Event: UserEvent", "UserEvent: Sold", "Reason: Taro", "Queue: yamada", "Paid: 1")
    other = Anonymiser().block(block).decode().split("\r\n")
    assert [line.partition(":")[0] for line in other] == ["Event", "UserEvent", "Reason", "Queue", "Paid"]
    assert (other[0], other[4]) == ("Event: UserEvent", "Paid: 1")
    assert not {"Sold", "Taro", "yamada"} & {line.partition(": ")[2] for line in other}


def test_the_number_that_was_dialled_is_the_caller_of_a_call_out() -> None:
    block = Anonymiser().block(
        told("Exten: 09055556666", "DestCallerIDNum: 09055556666", "DialString: 09055556666@trunk",
             "Extension: 09055556666", "DestExten: 090-5555-6666", "ParkerDialString: PJSIP/1001")
    )  # fmt: skip
    exten, dest, dialled, extension, spelled, _ = (
        line.partition(": ")[2] for line in block.decode().split("\r\n")
    )
    assert {exten, dest, dialled.removesuffix("@trunk"), extension, spelled.replace("-", "")} == {exten}


def test_bytes_that_are_no_text_are_replaced_too() -> None:
    name = "山田太郎".encode("shift_jis")
    other = Anonymiser().block(Block(b"CallerIDName: " + name))
    assert name[:2] not in other
    assert len(other) <= len(name) + 14 + 8


def test_a_forged_block_keeps_its_structure() -> None:
    forged = told("Event: Newchannel", "CallerIDNum: 0901", "Uniqueid: 1.1", "09012345678", ": 山田", "Name")
    other = Anonymiser().block(forged).decode().split("\r\n")
    assert other[:3] == ["Event: Newchannel", "CallerIDNum: 0901", "Uniqueid: 1.1"]
    assert [shape(line) for line in other[3:]] == ["99999999999", ": 山山", "Aaaa"]
    assert "09012345678" not in other


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_taken(data: bytes) -> None:
    block = Block(b"Event: X\r\n" + data)
    assert len(Anonymiser().block(block).split(b"\r\n")) == len(block.split(b"\r\n"))

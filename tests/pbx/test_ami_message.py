"""The AMI reader: whole, byte by byte, with trailing data, and against what is no AMI."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti_bridge.errors import PeerError
from cti_bridge.pbx.ami_message import MAX_BLOCK_BYTES, AmiReader, Block, event_name, read_headers

GREETING = b"Asterisk Call Manager/11.0.0\r\n"
CASES = {
    "event": (b"Event: Ping\r\nPing: Pong\r\n\r\n", [b"Event: Ping\r\nPing: Pong"]),
    "response": (b"Response: Success\r\nActionID: 1\r\n\r\n", [b"Response: Success\r\nActionID: 1"]),
    "extra empty line": (b"Event: A\r\n\r\n\r\nEvent: B\r\n\r\n", [b"Event: A", b"Event: B"]),
    "bare line feed at the end": (
        b"Response: Success\r\nMessage: Park successful\n\r\n\r\nEvent: B\r\n\r\n",
        [b"Response: Success\r\nMessage: Park successful", b"Event: B"],
    ),
    "garbage between": (b"\x00\xff\x16\x03garbage\r\n\r\nEvent: B\r\n\r\n", [b"Event: B"]),
    "unfinished": (b"Event: A\r\nX: y\r\n", []),
}


@pytest.mark.parametrize(("stream", "blocks"), CASES.values(), ids=CASES.keys())
def test_blocks_whole(stream: bytes, blocks: list[bytes]) -> None:
    assert AmiReader().feed(GREETING + stream) == blocks


@pytest.mark.parametrize(("stream", "blocks"), CASES.values(), ids=CASES.keys())
def test_blocks_byte_by_byte(stream: bytes, blocks: list[bytes]) -> None:
    reader = AmiReader()
    found = [block for byte in GREETING + stream for block in reader.feed(bytes([byte]))]
    assert found == blocks


@pytest.mark.parametrize(("stream", "blocks"), CASES.values(), ids=CASES.keys())
def test_blocks_with_trailing_data(stream: bytes, blocks: list[bytes]) -> None:
    reader = AmiReader()
    assert reader.feed(GREETING + stream + b"\r\nEvent: Tr")[: len(blocks)] == blocks
    assert reader.feed(b"ail\r\n\r\n")[-1] in {b"Event: Trail", *blocks}


@given(st.lists(st.integers(1, 40)), st.sampled_from(sorted(CASES)))
def test_any_cut_gives_the_same_blocks(cuts: list[int], name: str) -> None:
    stream, blocks = CASES[name]
    data = GREETING + stream
    reader, found = AmiReader(), []
    for cut in cuts:
        piece, data = data[:cut], data[cut:]
        found += reader.feed(piece)
    assert found + reader.feed(data) == blocks


def test_version_is_read() -> None:
    reader = AmiReader()
    reader.feed(GREETING)
    assert reader.version == "11.0.0"


@pytest.mark.parametrize(
    "first", [b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 400 Bad Request\r\n", b"\x15\x03\x01\x00\x02", b"x" * 500]
)
def test_another_protocol_is_told(first: bytes) -> None:
    with pytest.raises(PeerError, match="not an Asterisk manager"):
        AmiReader().feed(first)


def test_garbage_is_counted_and_skipped() -> None:
    reader = AmiReader()
    assert reader.feed(GREETING + b"what is this\r\n\r\nEvent: A\r\n\r\n") == [b"Event: A"]
    assert reader.skipped == {"garbage": 1}


@pytest.mark.parametrize("step", [1 << 20, 4096])
def test_an_endless_block_is_skipped_in_bounded_memory(step: int) -> None:
    reader = AmiReader()
    stream = GREETING + b"Event: A\r\nX: " + b"y" * (3 * MAX_BLOCK_BYTES) + b"\r\n\r\nEvent: B\r\n\r\n"
    found = []
    for start in range(0, len(stream), step):
        found += reader.feed(stream[start : start + step])
        assert len(reader._buffer) <= MAX_BLOCK_BYTES
    assert found == [b"Event: B"]
    assert reader.skipped == {"overlong": 1}


def test_a_good_block_before_an_endless_one_is_kept() -> None:
    reader = AmiReader()
    assert reader.feed(GREETING + b"Event: A\r\n\r\nEvent: " + b"y" * (2 * MAX_BLOCK_BYTES)) == [b"Event: A"]
    assert reader.feed(b"yyy\r\n\r\nEvent: B\r\n\r\n") == [b"Event: B"]
    assert reader.skipped == {"overlong": 1}


@given(st.binary(max_size=2000))
def test_no_bytes_raise_after_the_greeting(data: bytes) -> None:
    reader = AmiReader()
    reader.feed(GREETING)
    for block in reader.feed(data):
        event_name(block)
        read_headers(block)


def test_headers_are_read_as_sent() -> None:
    headers, flaw = read_headers(
        Block("Event: X\r\nCallerIDName: 佐藤: 花子\r\nAccountCode: \r\nA:b".encode())
    )
    assert headers == {"Event": "X", "CallerIDName": "佐藤: 花子", "AccountCode": "", "A": "b"}
    assert flaw is None


def test_bad_utf8_is_replaced() -> None:
    headers, _ = read_headers(Block(b"Event: X\r\nCallerIDName: \xff\xfe"))
    assert headers["CallerIDName"] == "��"


def test_a_repeated_header_keeps_the_first_and_is_a_flaw() -> None:
    headers, flaw = read_headers(Block(b"Event: X\r\nUniqueid: 1\r\nUniqueid: 2"))
    assert (headers["Uniqueid"], flaw) == ("1", "repeated_header")


def test_headers_that_may_repeat_are_no_flaw() -> None:
    _, flaw = read_headers(Block(b"Event: X\r\nChanVariable: a=1\r\nChanVariable: b=2"))
    assert flaw is None


def test_a_line_without_a_colon_is_a_flaw() -> None:
    _, flaw = read_headers(Block(b"Event: X\r\nUniqueid"))
    assert flaw == "no_colon"

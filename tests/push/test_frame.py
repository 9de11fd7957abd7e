import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame as WebSocketFrame
from websockets.frames import Opcode
from websockets.protocol import Protocol, Side

from cti_bridge.calls.ids import AgentId
from cti_bridge.push.frame import Composer, Frame
from cti_bridge.push.topics import agent_topic

AT = datetime(2026, 4, 8, 1, 2, 3, 45_678, tzinfo=UTC)


def compose(data: bytes, *, offset: int = 42, at: datetime = AT) -> Frame:
    return Composer(agent_topic(AgentId("a1001")), "ep0ch").compose("call.offered", offset, data, at)


def unwrap(wire: bytes) -> WebSocketFrame:
    """The frame that a client of the websockets library reads; sent twice, to see where it ends."""
    client = Protocol(Side.CLIENT, max_size=None)
    client.receive_data(wire + wire)
    frame, again = client.events_received()
    assert isinstance(frame, WebSocketFrame)
    assert frame == again
    return frame


def test_keys_stand_in_the_envelopes_order() -> None:
    assert compose(b'{"a":"\xe4\xbd\x90"}').json() == (
        b'{"v":1,"epoch":"ep0ch","offset":42,"topic":"agent:a1001","type":"call.offered",'
        b'"at":"2026-04-08T01:02:03.045Z","data":{"a":"\xe4\xbd\x90"}}'
    )


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (AT.replace(microsecond=0), "2026-04-08T01:02:03.000Z"),
        (AT.replace(microsecond=999), "2026-04-08T01:02:03.000Z"),
        (AT.replace(microsecond=120_000), "2026-04-08T01:02:03.120Z"),
        (AT.astimezone(timezone(timedelta(hours=9))), "2026-04-08T01:02:03.045Z"),
    ],
)
def test_times_are_utc_with_milliseconds(at: datetime, text: str) -> None:
    assert json.loads(compose(b"{}", at=at).json())["at"] == text


def test_the_wire_is_one_text_frame_at_every_length_of_header() -> None:
    for size in [0, 1, 60, 100, 65_300, 65_400, 65_535, 65_536, 70_000]:
        data = b'"' + b"x" * size + b'"'
        frame = compose(data)
        read = unwrap(frame.wire)
        assert (read.opcode, read.fin) == (Opcode.TEXT, True)
        assert read.data == frame.json()
        assert json.loads(read.data)["data"] == "x" * size


def test_short_envelopes_have_a_short_header() -> None:
    frame = Composer(agent_topic(AgentId("a")), "").compose("t", 1, b"0", AT)
    assert len(frame.json()) < 126
    assert unwrap(frame.wire).data == frame.json()


@given(st.integers(1, 10**12), st.integers(0, 300))
def test_the_header_counts_the_digits_of_the_offset(offset: int, size: int) -> None:
    frame = compose(b'"' + b"x" * size + b'"', offset=offset)
    assert unwrap(frame.wire).data == frame.json()
    assert json.loads(frame.json())["offset"] == offset

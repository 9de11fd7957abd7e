"""Golden traces through the parser: whole, byte by byte and with trailing data, to the same events."""

import pytest

from cti_bridge.pbx.ami_message import AmiReader
from tests.golden_traces import FOLDER, events, names, stream, trace_events


def test_there_are_traces() -> None:
    assert len(names()) >= 8


@pytest.mark.parametrize("name", names())
def test_events_are_as_recorded(name: str) -> None:
    expected = (FOLDER / f"{name}.events").read_text().splitlines()
    assert [repr(event) for event in trace_events(name)] == expected
    assert expected


@pytest.mark.parametrize("name", names())
def test_byte_by_byte(name: str) -> None:
    reader = AmiReader()
    blocks = [block for byte in stream(name) for block in reader.feed(bytes([byte]))]
    assert events(blocks) == trace_events(name)
    assert bool(reader.skipped) == (name == "hostile_number")


@pytest.mark.parametrize("name", names())
def test_trailing_data_changes_nothing(name: str) -> None:
    blocks = AmiReader().feed(stream(name) + b"Event: Newchannel\r\nUniqueid: 1")
    assert events(blocks) == trace_events(name)


@pytest.mark.parametrize("name", names())
def test_truncated_anywhere_raises_nothing(name: str) -> None:
    data = stream(name)
    whole = trace_events(name)
    for end in range(0, len(data), max(1, len(data) // 50)):
        found = events(AmiReader().feed(data[:end]))
        assert found == whole[: len(found)]

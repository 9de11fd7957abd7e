"""The recorder: events only, nothing of our own sign-in, and a bound."""

import io

from cti_bridge.pbx.ami_message import AmiReader, Block
from cti_bridge.pbx.recorder import GREETING, Recorder

EVENT = Block(b"Event: Hold\r\nUniqueid: 1")
ANSWER = Block(b"Response: Success\r\nActionID: 7")
ITEM = Block(b"Event: QueueMember\r\nActionID: 7\r\nQueue: orders")


def test_events_are_written_and_answers_to_our_actions_are_not() -> None:
    file = io.BytesIO()
    recorder = Recorder(file)
    recorder.take([ANSWER, EVENT, ITEM, EVENT])
    assert recorder.events == 2
    assert AmiReader().feed(file.getvalue()) == [EVENT, EVENT]


def test_a_full_recording_ends_at_a_whole_event() -> None:
    file = io.BytesIO()
    recorder = Recorder(file, limit_bytes=len(GREETING) + 2 * (len(EVENT) + 4) + 3)
    for _ in range(5):
        recorder.take([EVENT])
    assert (recorder.is_full, recorder.events) == (True, 2)
    assert AmiReader().feed(file.getvalue()) == [EVENT, EVENT]

"""Records what a PBX sends into a file that a test or a replay reads back.

The file is an AMI stream: a greeting, then blocks with an empty line between
them. Each connection begins with the answers to the list actions, which tell
what was live; their ActionIDs become ``snapshot-<connection>-<answer>``.
Other answers to our own actions are left out, and the sign-in with them. A
block without a ``Timestamp`` gets that of its arrival, and the loss of the
connection is written as ``Event: SourceLost``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import BinaryIO

from cti_bridge.calls.events import CallEvent, SourceLost
from cti_bridge.calls.snapshot import Snapshot
from cti_bridge.clock import Clock
from cti_bridge.errors import Unavailable
from cti_bridge.pbx.ami_client import AmiSource
from cti_bridge.pbx.ami_message import Block, event_name, read_headers
from cti_bridge.pbx.ami_snapshot import is_list_end
from cti_bridge.pbx.anonymise import Anonymiser

GREETING = b"Asterisk Call Manager/0.0.0\r\n"
LOST = b"SourceLost"
SNAPSHOT = "snapshot-"
ACTION_ID = b"\r\nActionID: "
TIMESTAMP = b"\r\nTimestamp: "
_SIGNED_IN = "Authentication accepted"


def as_it_is(block: Block) -> Block:
    """Keep callers' numbers and names."""
    return block


class Recorder:
    """Writes to ``file`` until ``limit_bytes``; then ``is_full`` and no more is written.

    ``anonymise`` changes each block before it is written.

    Raises:
        Unavailable: the file cannot be written to.

    """

    def __init__(
        self,
        file: BinaryIO,
        anonymise: Callable[[Block], Block] | None = None,
        clock: Clock | None = None,
        limit_bytes: int = 1 << 30,
    ) -> None:
        self._file = file
        self._anonymise = anonymise or Anonymiser().block
        self._clock = clock or Clock()
        self._left_bytes = limit_bytes - len(GREETING)
        self._connections = self._lists = 0
        self._prefix = ""
        self._answers: dict[bytes, bytes] = {}
        self._is_signing_in = self._is_followed = False
        self.is_full = False
        self.events = 0
        file.write(GREETING)

    def take(self, blocks: list[Block]) -> None:
        """Write what one read brought."""
        for block in blocks:
            name = event_name(block)
            if name is None:
                self._take_response(block)
                continue
            action_id = _action_id(block)
            answer = self._answers.get(action_id)
            if answer is not None:
                item = Block(block.replace(ACTION_ID + action_id, b"", 1))
                self._put(self._anonymise(item) + ACTION_ID + answer)
                if is_list_end(read_headers(block)[0]):
                    del self._answers[action_id]
            elif name != LOST and not self._is_signing_in:
                self._put(self._anonymise(block))
                self.events += not self.is_full
        self._file.flush()

    def hear(self, events: Sequence[CallEvent]) -> None:
        """Learn what the source made of the connection: when its snapshot stood, and when it was lost."""
        for event in events:
            if isinstance(event, Snapshot):
                self._is_followed = True
            elif isinstance(event, SourceLost):
                self._is_followed = False
                self._put(b"Event: %s\r\nTimestamp: %.6f" % (LOST, event.at_s))

    def _take_response(self, block: Block) -> None:
        """Keep the answers to the list actions. Nothing else that is asked can fail or has a list.

        While events are followed nobody signs in: what looks so then is text that a caller chose.
        """
        headers, _ = read_headers(block)
        action_id = headers.get("ActionID", "")
        if headers.get("Message") == _SIGNED_IN and not self._is_followed:
            self._connections += 1
            self._prefix, self._answers, self._lists = action_id.rpartition("-")[0] + "-", {}, 0
            self._is_signing_in = True  # what comes from here to the lists is in the lists
        elif self._prefix and action_id.startswith(self._prefix):
            is_list = headers.get("EventList") == "start"
            if is_list or headers["Response"] == "Error":
                self._is_signing_in = False
                self._lists += 1
                answer = f"{SNAPSHOT}{self._connections}-{self._lists}".encode()
                if is_list:
                    self._answers[action_id.encode()] = answer
                line = b"Response: Success\r\nEventList: start" if is_list else b"Response: Error"
                self._put(line + ACTION_ID + answer)

    def _put(self, block: bytes) -> None:
        if TIMESTAMP not in block:
            block += b"%s%.6f" % (TIMESTAMP, self._clock.now_s())
        if self._left_bytes < len(block) + 4:
            self.is_full = True
        if not self.is_full:
            self._left_bytes -= len(block) + 4
            self._file.write(block + b"\r\n\r\n")


async def record(source: AmiSource, recorder: Recorder, stop: asyncio.Event) -> None:
    """Write what ``source`` hears until ``stop`` is set or the recorder is full.

    Raises:
        Refused: the PBX refuses user or secret.
        Unavailable: the file cannot be written to.

    """
    faults: list[OSError] = []

    def take(blocks: list[Block]) -> None:
        try:
            recorder.take(blocks)
        except OSError as error:
            faults.append(error)
        if recorder.is_full or faults:
            source.record_with(None)
            stop.set()

    source.record_with(take)
    following = asyncio.create_task(source.run(lambda events, read_ns: recorder.hear(events)))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([stopping, following], return_when=asyncio.FIRST_COMPLETED)
    source.record_with(None)
    for task in (stopping, following):
        task.cancel()
    with suppress(asyncio.CancelledError):
        await following
    if faults:
        raise Unavailable("recording", faults[0].strerror or str(faults[0]))


def _action_id(block: Block) -> bytes:
    begin = block.find(ACTION_ID)
    if begin < 0:
        return b""
    begin += len(ACTION_ID)
    end = block.find(b"\r", begin)
    return block[begin:] if end < 0 else block[begin:end]

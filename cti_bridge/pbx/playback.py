"""Reads a recording back: a file's bytes in, the neutral events the bridge would have seen out.

Made for what ``recorder`` writes; any AMI stream will do, a capture that
began with no snapshot too.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field

from cti_bridge.calls.events import CallEvent, SourceLost
from cti_bridge.calls.ids import PbxId
from cti_bridge.pbx.ami_message import AmiReader, Block, Headers, event_name, read_headers
from cti_bridge.pbx.ami_overlay import overlaid
from cti_bridge.pbx.ami_snapshot import LISTS, is_list_end, is_list_flawed, snapshot
from cti_bridge.pbx.ami_translate import AmiTranslator
from cti_bridge.pbx.recorder import ACTION_ID, LOST, SNAPSHOT, TIMESTAMP

_ANSWER = re.compile(rf"{SNAPSHOT}([0-9]+)-[0-9]+")


@dataclass(slots=True)
class _Lists:
    """The answers that make one snapshot, and the events that came since they began."""

    connection: str
    items: dict[str, list[Headers]] = field(default_factory=dict)
    complete: dict[str, list[Headers]] = field(default_factory=dict)
    refused: int = 0
    is_partial: bool = False
    since: list[CallEvent] = field(default_factory=list)


class Playback:
    """Neutral events from the bytes of one recording.

    ``size_bytes`` and ``blocks`` count what was read.
    """

    def __init__(self, pbx: PbxId) -> None:
        self._pbx = pbx
        self._reader = AmiReader()
        self._translator = AmiTranslator(pbx)
        self._lists: _Lists | None = None
        self._is_synced = False
        self._dropped: Counter[str] = Counter()
        self._tail = b""
        self._at_s = 0.0
        self.size_bytes = self.blocks = 0

    @property
    def has_greeted(self) -> bool:
        """Whether the stream began as AMI does."""
        return self._reader.version is not None

    @property
    def is_whole(self) -> bool:
        """Whether the last block read was whole, and no snapshot is under way."""
        return self._lists is None and self._tail.endswith(b"\n\r\n")

    @property
    def skipped(self) -> Counter[str]:
        """What was thrown away or not trusted, by reason."""
        return self._reader.skipped + self._translator.rejected + self._dropped

    def feed(self, data: bytes) -> list[CallEvent]:
        """The events that ``data`` completes, in order.

        Raises:
            PeerError: the stream does not begin as AMI does.

        """
        self.size_bytes += len(data)
        self._tail = (self._tail + data)[-3:]
        events: list[CallEvent] = []
        for block in self._reader.feed(data):
            self.blocks += 1
            events += self._take(block)
        return events

    def end(self) -> list[CallEvent]:
        """The events that still waited for a snapshot when the recording ended."""
        return self._lists.since if self._lists is not None and not self._is_synced else []

    def _take(self, block: Block) -> list[CallEvent]:
        arrived_at_s = _timestamp(block)
        if arrived_at_s is None:
            arrived_at_s = self._at_s
        if block.find(ACTION_ID) >= 0:
            headers, flaw = read_headers(block)
            headers.pop("Timestamp", None)  # the recorder's: Asterisk gives answers none
            answer = _ANSWER.fullmatch(headers.get("ActionID", ""))
            if answer is not None and flaw is None and not is_list_flawed(headers):
                return self._take_answer(headers, answer[1], arrived_at_s)
        lists = self._lists
        if lists is not None and lists.items:
            # Asterisk puts nothing between the items of a list: this is a half of a broken one.
            lists.is_partial = True
            self._dropped["in_list"] += 1
            return []
        if event_name(block) == LOST:
            self._at_s, self._lists, self._is_synced = arrived_at_s, None, False
            return [SourceLost(self._pbx, arrived_at_s, "the recording says so")]
        event = self._translator.translate(block, arrived_at_s)
        if event is None:
            return []
        self._at_s = event.at_s
        if lists is not None:
            lists.since.append(event)
        return [event] if lists is None or self._is_synced else []

    def _take_answer(self, headers: Headers, connection: str, arrived_at_s: float) -> list[CallEvent]:
        lists = self._lists
        if lists is None or lists.connection != connection:
            lists = self._lists = _Lists(connection)
        answer = headers["ActionID"]
        if "Response" in headers:
            if headers.get("EventList") == "start":
                lists.items[answer] = []
            else:
                lists.refused += 1
        elif is_list_end(headers):
            lists.complete[headers["Event"].removesuffix("Complete")] = lists.items.pop(answer, [])
        else:
            lists.items.setdefault(answer, []).append(headers)
        if len(lists.complete) + lists.refused < len(LISTS):
            return []
        self._at_s, self._lists = arrived_at_s, None
        is_partial = lists.is_partial or lists.refused > 0
        items = (lists.complete.get(name, []) for name in LISTS)
        shot = snapshot(self._pbx, arrived_at_s, *items, is_partial=is_partial)
        if self._is_synced:
            return [overlaid(shot, lists.since)]
        self._is_synced = True
        return [shot, *lists.since]


def _timestamp(block: Block) -> float | None:
    """When the block came, as it says itself."""
    begin = block.find(TIMESTAMP)
    if begin < 0:
        return None
    try:
        at_s = float(block[begin + len(TIMESTAMP) :].split(b"\r", 1)[0])
    except ValueError:
        return None
    return at_s if math.isfinite(at_s) and 0 <= at_s < 1e11 else None

"""What an Asterisk says on one connection: answers to whoever asked, events handed on, doubts noted.

An event is translated and handed on in the callback that read its bytes: a
pop waits for no task switch, nor for a snapshot that is being taken. Only
before the first snapshot of a connection do events wait.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TypeAlias

import structlog

from cti_bridge.calls.events import CallEvent
from cti_bridge.calls.ids import PbxId
from cti_bridge.pbx.ami_actions import AmiActions
from cti_bridge.pbx.ami_message import Block, event_name, read_headers
from cti_bridge.pbx.ami_snapshot import is_list_end, is_list_flawed
from cti_bridge.pbx.ami_translate import AmiTranslator
from cti_bridge.telemetry import Telemetry

# While a snapshot is taken events are remembered; a PBX with 200 calls a second sends 16,000 in a second.
MAX_REMEMBERED = 100_000
_ACTION_ID = b"\r\nActionID: "

log = structlog.get_logger(__name__)

# PBX, reason, blocks.
OnSkipped: TypeAlias = Callable[[PbxId, str, int], None]


class AmiStream:
    """The ``Listener`` of one link.

    ``is_flowing``: events are handed on as they come; else they are only
    remembered. ``is_booted`` is set once Asterisk said so, ``is_doubted`` when
    the state may no longer be what Asterisk's is. ``has_bad_items``: a list
    that was read since ``remember`` had items that could not be.
    """

    def __init__(
        self,
        pbx: PbxId,
        actions: AmiActions,
        telemetry: Telemetry,
        hand_on: Callable[[CallEvent, int], None],
        tap: Callable[[list[Block]], None],
        on_skipped: OnSkipped,
    ) -> None:
        self.is_flowing = False
        self.is_booted = asyncio.Event()
        self.is_doubted = asyncio.Event()
        self.has_bad_items = False
        self._pbx = pbx
        self._actions = actions
        self._skipped = telemetry.source_skipped
        # Looking labels up costs as much as reading a block's headers.
        self._bytes = telemetry.source_bytes.labels(pbx)
        self._blocks = telemetry.source_blocks.labels(pbx)
        self._hand_on = hand_on
        self._tap = tap
        self._on_skipped = on_skipped
        self._translator = AmiTranslator(pbx)
        self._open_list: str | None = None
        self._remembered: list[tuple[CallEvent, int]] | None = None
        self._is_torn = False

    # --- what a snapshot needs ------------------------------------------------------------------------------

    def remember(self) -> None:
        """Keep what is said from now on, with the time it was read."""
        self._remembered = []
        self._is_torn = self.has_bad_items = False

    def remembered(self) -> list[tuple[CallEvent, int]] | None:
        """What was said since ``remember``, and no longer keep it; None when some of it is not known."""
        said, self._remembered = self._remembered, None
        return None if self._is_torn else said

    def give_up_list(self) -> None:
        """Nobody waits any more for the end of the list that is being read, if one is."""
        self._open_list = None

    # --- what the link calls --------------------------------------------------------------------------------

    def read(self, blocks: list[Block], size_bytes: int, skipped: Counter[str]) -> None:
        """Count and record what was read just now."""
        self._bytes.inc(size_bytes)
        self._blocks.inc(len(blocks))
        self._tap(blocks)
        if skipped:
            if self._remembered is None:
                self.is_doubted.set()
            else:
                self.has_bad_items = True  # perhaps the second half of one
            self._count(skipped)

    def take(self, block: Block, read_at_s: float, read_ns: int) -> None:
        """One block: an answer, or an event to hand on at once."""
        if block.find(_ACTION_ID) >= 0 and self._take_answer(block):
            return
        if self._open_list is not None:
            # Asterisk puts nothing between the items of a list: this is a half of a broken one.
            self.has_bad_items = True
            self._count(Counter(in_list=1))
            return
        if event_name(block) == b"FullyBooted":
            if self.is_booted.is_set():
                self.is_doubted.set()
            self.is_booted.set()
            return
        event = self._translator.translate(block, read_at_s)
        if self._translator.rejected:
            self.is_doubted.set()
            self._count(self._translator.rejected)
        if event is None:
            return
        if self._remembered is not None:
            self._remembered.append((event, read_ns))
            if len(self._remembered) > MAX_REMEMBERED:
                self._tear()
        if self.is_flowing:
            self._hand_on(event, read_ns)

    def overrun(self, blocks: Iterator[Block]) -> None:
        """Too much waited: answers are taken all the same, for the events a snapshot must stand in."""
        dropped = sum(1 for block in blocks if block.find(_ACTION_ID) < 0 or not self._take_answer(block))
        self._count(Counter(overrun=dropped))
        log.warning("pbx_overrun", pbx=self._pbx, dropped=dropped)
        self._tear()
        self.is_doubted.set()

    def _tear(self) -> None:
        """What was said meanwhile is not all known."""
        self._is_torn = True
        if self._remembered is not None:
            self._remembered.clear()

    def _take_answer(self, block: Block) -> bool:
        headers, flaw = read_headers(block)
        if flaw is not None or is_list_flawed(headers):
            return False
        if is_list_end(headers) and headers.get("ActionID") == self._open_list:
            self._open_list = None
        if not self._actions.take(headers):
            return False
        if headers.get("EventList") == "start":
            self._open_list = headers["ActionID"]
        return True

    def _count(self, reasons: Counter[str]) -> None:
        for reason, count in reasons.items():
            self._skipped.labels(self._pbx, reason).inc(count)
            self._on_skipped(self._pbx, reason, count)
        reasons.clear()

"""Records what a PBX sends, block by block, into a file that a test or a replay can read back.

The file is the AMI stream itself: a greeting, then blocks with an empty line
between them. Answers to our own actions are left out, and the sign-in with them.
"""

from __future__ import annotations

from typing import BinaryIO

from cti_bridge.pbx.ami_message import Block, event_name

GREETING = b"Asterisk Call Manager/0.0.0\r\n"


class Recorder:
    """Writes events to ``file`` until ``limit_bytes``; then ``is_full`` and no more is written."""

    def __init__(self, file: BinaryIO, limit_bytes: int = 1 << 30) -> None:
        self._file = file
        self._left_bytes = limit_bytes - len(GREETING)
        self.is_full = False
        self.events = 0
        file.write(GREETING)

    def take(self, blocks: list[Block]) -> None:
        """Write what one read brought."""
        for block in blocks:
            if event_name(block) is None or block.find(b"\r\nActionID: ") >= 0:
                continue
            if self._left_bytes < len(block) + 4:
                self.is_full = True
                return
            self._left_bytes -= len(block) + 4
            self._file.write(block + b"\r\n\r\n")
            self.events += 1
        self._file.flush()

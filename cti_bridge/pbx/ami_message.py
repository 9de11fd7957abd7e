r"""AMI on the wire, without I/O: bytes in, blocks out.

A block is everything up to an empty line; its lines end in CR LF. What does
not look like a block is skipped and counted, never raised: the stream carries
text that callers chose. Measured oddities that are part of the protocol: a
block may end in a bare LF before the empty line (``Park``), and an extra
empty line may stand between blocks (``TestEvent``).

Source: Asterisk 22, "The Asterisk Manager TCP/IP API"; captures in tests/golden.
"""

from __future__ import annotations

from collections import Counter
from typing import NewType, TypeAlias

from cti_bridge.errors import PeerError

Block = NewType("Block", bytes)
Headers: TypeAlias = dict[str, str]

# Genuine events measured at most 2 KB; a block this long is not one.
MAX_BLOCK_BYTES = 65_536
_GREETING = b"Asterisk Call Manager/"
_MAX_GREETING_BYTES = 128
_END = b"\n\r\n"
_STARTS = (b"Event: ", b"Response: ")
_MAY_REPEAT = frozenset({"ChanVariable", "DestChanVariable", "Variable", "Output"})


class AmiReader:
    """Cuts the byte stream of one connection into blocks.

    ``version`` is the protocol's version once the greeting was read;
    ``skipped`` counts what was thrown away, by reason.
    """

    __slots__ = ("_buffer", "_overlong", "skipped", "version")

    def __init__(self) -> None:
        self._buffer = b""
        self._overlong = False
        self.version: str | None = None
        self.skipped: Counter[str] = Counter()

    def feed(self, data: bytes) -> list[Block]:
        """The blocks that ``data`` completes, in order.

        Raises:
            PeerError: the other side did not greet as an Asterisk manager.

        """
        data = self._buffer + data
        if self.version is None:
            greeted = self._greet(data)
            if greeted is None:
                self._buffer = data
                return []
            data = greeted
        parts = data.split(_END)
        rest = parts.pop()
        blocks: list[Block] = []
        for part in parts:
            block = part.strip(b"\r\n")
            if self._overlong:
                self._overlong = False
            elif block.startswith(_STARTS) and len(block) <= MAX_BLOCK_BYTES:
                blocks.append(Block(block))
            elif block:
                self.skipped["garbage" if len(block) <= MAX_BLOCK_BYTES else "overlong"] += 1
        if len(rest) > MAX_BLOCK_BYTES:
            # Keep what may be the beginning of the end mark, drop the rest.
            rest = rest[-2:]
            if not self._overlong:
                self.skipped["overlong"] += 1
                self._overlong = True
        self._buffer = rest
        return blocks

    def _greet(self, data: bytes) -> bytes | None:
        """Take the greeting, the only line that no empty line follows, off the front; None if unfinished."""
        line, end, rest = data.partition(b"\r\n")
        if not _GREETING.startswith(line[: len(_GREETING)]) or len(line) > _MAX_GREETING_BYTES:
            raise PeerError(f"is not an Asterisk manager: it greets with {line[:40]!r}")
        if not end:
            return None
        self.version = line[len(_GREETING) :].decode("ascii", "replace")
        return rest


def event_name(block: Block) -> bytes | None:
    """The event's name, or None for a response; reads no other header."""
    if not block.startswith(b"Event: "):
        return None
    end = block.find(b"\r", 7)
    return block[7:] if end < 0 else block[7:end]


def read_headers(block: Block) -> tuple[Headers, str | None]:
    """All headers of a block, and what is wrong with it: ``no_colon``, ``repeated_header`` or None.

    Values are decoded as UTF-8 with U+FFFD for bad bytes. Of a repeated header
    the first value stands; a repeat is a flaw because a caller's number with a
    line break in it can add one.
    """
    lines = block.decode("utf-8", "replace").split("\r\n")
    try:
        headers = dict([line.split(": ", 1) for line in lines])
    except ValueError:
        return _read_flawed(lines)
    return (headers, None) if len(headers) == len(lines) else _read_flawed(lines)


def _read_flawed(lines: list[str]) -> tuple[Headers, str | None]:
    """The same, line by line: half as fast, and exact about what is wrong."""
    headers: Headers = {}
    flaw: str | None = None
    for line in lines:
        key, colon, value = line.partition(":")
        if not colon:
            flaw = "no_colon"
        elif key not in headers:
            headers[key] = value.removeprefix(" ")
        elif key not in _MAY_REPEAT:
            flaw = "repeated_header"
    return headers, flaw

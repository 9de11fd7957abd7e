"""The events of a simulated PBX in the order in which they happened, each with its time."""

from __future__ import annotations

from typing import NamedTuple

from cti_bridge.simulator.blocks import Head

# Asterisk stamps in microseconds; no two events of ours bear the same one.
_SECOND_US = 1_000_000


class Happened(NamedTuple):
    """One event: its class and its whole block."""

    kind: int
    block: bytes


class Journal:
    """Collects events until they are taken. Time never runs backwards in it."""

    __slots__ = ("_at_us", "_events")

    def __init__(self) -> None:
        self._at_us = 0
        self._events: list[Happened] = []

    def begin(self, at_s: float) -> None:
        """What is added from here on happens at ``at_s`` and the microseconds after it."""
        self._at_us = max(int(at_s * _SECOND_US), self._at_us)

    def add(self, head: Head, *parts: bytes) -> None:
        """One event: ``parts`` are whole header lines."""
        self._at_us += 1
        stamp = b"Timestamp: %d.%06d\r\n" % divmod(self._at_us, _SECOND_US)
        self._events.append(Happened(head.kind, b"".join((head.text, stamp, *parts, b"\r\n"))))

    def take(self) -> list[Happened]:
        """All events since the last time, oldest first."""
        events, self._events = self._events, []
        return events

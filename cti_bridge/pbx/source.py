"""The port every PBX source fills: bytes of some vendor in, neutral call events out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cti_bridge.calls.events import CallEvent
from cti_bridge.calls.ids import PbxId


class Sink(Protocol):
    """Takes events in the order they happened, at once and without waiting.

    ``read_ns`` is the monotonic time at which their bytes were read: the
    start of the measured pop latency.
    """

    def __call__(self, events: Sequence[CallEvent], read_ns: int) -> None:
        """Apply the events."""


class Source(Protocol):
    """One PBX. Every (re)connection begins with a ``Snapshot``; a loss sends ``SourceLost``."""

    @property
    def pbx(self) -> PbxId:
        """The name of the PBX in the settings."""
        ...

    async def run(self, sink: Sink) -> None:
        """Stay connected until cancelled.

        Raises:
            Refused: the PBX does not accept our credentials at the first sign-in.

        """
        ...

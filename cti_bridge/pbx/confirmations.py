"""Confirmations: the events that tell whether what a PBX was asked to do has happened."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from cti_bridge.calls.commands import Result
from cti_bridge.calls.events import CallEvent
from cti_bridge.pbx.verdicts import Judge


class Confirmations:
    """Gives every event of one PBX to whoever waits for one. Costs a look while nobody does."""

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Future[Result], Judge] = {}

    def take(self, events: Sequence[CallEvent]) -> None:
        """Give events, after the live tables have them: who is told then sees what was confirmed."""
        if not self._waiting:
            return
        for event in events:
            for confirmed, judge in list(self._waiting.items()):
                if not confirmed.done():
                    result = judge(event)
                    if result is not None:
                        confirmed.set_result(result)

    @contextmanager
    def waiting(self, judge: Judge) -> Iterator[asyncio.Future[Result]]:
        """A future of what ``judge`` will say. Begin to wait before the PBX is asked."""
        confirmed: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting[confirmed] = judge
        try:
            yield confirmed
        finally:
            del self._waiting[confirmed]
            confirmed.cancel()

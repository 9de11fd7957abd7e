"""What a simulated PBX has still to do, in order of time: ringings that end, callers who try again."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from typing import TypeAlias

Deed: TypeAlias = Callable[[float], None]


class Agenda:
    """Deeds by due time.

    A deed gets the time at which it was due; whether it is still wanted it sees for itself.
    """

    __slots__ = ("_counter", "_deeds")

    def __init__(self) -> None:
        self._deeds: list[tuple[float, int, Deed]] = []
        self._counter = itertools.count()

    def at(self, due_s: float, deed: Deed) -> None:
        """Do ``deed`` at ``due_s``, after those that were put down for the same moment before."""
        heapq.heappush(self._deeds, (due_s, next(self._counter), deed))

    @property
    def next_due_s(self) -> float | None:
        """When the next deed is due, None when there is none."""
        return self._deeds[0][0] if self._deeds else None

    def run(self, until_s: float) -> None:
        """Do all that is due until then, also what that puts down anew."""
        while self._deeds and self._deeds[0][0] <= until_s:
            due_s, _, deed = heapq.heappop(self._deeds)
            deed(due_s)

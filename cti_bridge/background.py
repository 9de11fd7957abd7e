"""Background tasks: what runs beside the bridge until it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Background:
    """The tasks of one group, so that they can be ended when it is time."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self._group = group
        self._running: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """A task of the group; while the group ends, one that is cancelled before it begins.

        A group that is ending takes no task, and a look-up that is asked for
        in that moment is no fault: without this it would hide the real one.
        """
        try:
            task = self._group.create_task(work)
        except RuntimeError:
            work.close()
            never: asyncio.Task[Any] = asyncio.get_running_loop().create_task(asyncio.sleep(0))
            never.cancel()
            return never
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def begin(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Run one of the bridge's own loops."""
        self._running.add(self._group.create_task(work, name=name))

    def end(self) -> None:
        """Cancel whatever still runs: a store that is away is asked until it answers, which may be never."""
        for task in list(self._running):
            task.cancel()

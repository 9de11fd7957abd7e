"""Waits no longer than it says, even for work that takes its time to be cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Protocol, TypeVar

_T = TypeVar("_T")


class Spawn(Protocol):
    """Runs a coroutine in the background, in the bridge's task group."""

    def __call__(self, coro: Coroutine[Any, Any, None], /) -> asyncio.Task[None]:
        """As ``asyncio.TaskGroup.create_task``."""


async def bounded(work: Coroutine[Any, Any, _T], timeout_s: float, spawn: Spawn) -> _T:
    """What ``work`` returns or raises. After ``timeout_s`` it is cancelled, and may end in the background.

    ``asyncio.timeout`` waits until the cancelled work has ended. asyncpg then
    waits for PostgreSQL to confirm; one that hangs kept a look-up of 1 s for 11 s.

    Raises: TimeoutError, or whatever ``work`` raises.
    """
    outcome: asyncio.Future[_T] = asyncio.get_running_loop().create_future()

    async def run() -> None:
        try:
            result = await work
        except asyncio.CancelledError:
            outcome.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - handed to who waits; nobody does any more once it is done
            if not outcome.done():
                outcome.set_exception(error)
        else:
            if not outcome.done():
                outcome.set_result(result)

    task = spawn(run())
    try:
        async with asyncio.timeout(timeout_s):
            return await outcome
    finally:
        task.cancel()

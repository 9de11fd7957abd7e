"""Sees that an embedded server comes up, and comes up again whenever it dies."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

import structlog

from cti_bridge.errors import Unavailable
from cti_bridge.storage.child import Child, log_tail

_log = structlog.get_logger(__name__)

# Crash recovery of a folder that took heavy writes before a power cut can take a minute.
START_TIMEOUT_S = 120.0
ASK_EVERY_S = 0.02


class Server(Protocol):
    """What ``watch`` needs of an embedded server."""

    @property
    def name(self) -> str:
        """For the log."""

    async def wait_dead(self) -> int:
        """Return the exit status once the running server has died."""

    async def launch(self) -> None:
        """Start the server again. Raises: Unavailable."""


async def watch(server: Server, *, first_delay_s: float = 0.2, max_delay_s: float = 10.0) -> None:
    """Start ``server`` again whenever it dies, with growing pauses; runs until cancelled.

    Cancel it before ``stop``, or it takes the stop for a death.
    """
    while True:
        status = await server.wait_dead()
        _log.error("embedded_server_died", server=server.name, exit_status=status)
        delay_s = first_delay_s
        while True:
            await asyncio.sleep(delay_s * random.uniform(0.8, 1.2))
            try:
                await server.launch()
                break
            except Unavailable as error:
                delay_s = min(delay_s * 2, max_delay_s)
                _log.error("embedded_server_not_started", server=server.name, cause=error.cause)
        _log.warning("embedded_server_restarted", server=server.name)


async def until_answering(
    child: Child, answers: Callable[[], Awaitable[bool]], log_path: Path, setting: str
) -> None:
    """Wait until ``answers``. Raises: Unavailable, with the log's last words, when it does not come to it."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + START_TIMEOUT_S
    while child.is_running and loop.time() < deadline:
        if await answers():
            return
        await asyncio.sleep(ASK_EVERY_S)
    raise Unavailable(setting, f"the embedded server does not start: {log_tail(log_path)}")

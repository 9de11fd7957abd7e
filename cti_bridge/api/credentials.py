"""Credentials: whose login and password these are."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Protocol

from cti_bridge.agents.roster import Agent, Language
from cti_bridge.calls.ids import AgentId
from cti_bridge.errors import Unavailable

# A check takes some 30 ms of a core, 64 MiB and a thread of the loop's pool, which also reads files: a shift
# that begins is let in four by four, a flood is told to come back.
CHECKS_AT_ONCE = 4
CHECKS_WAITING = 64


class Roster(Protocol):
    """The active agents. Every method raises :class:`Unavailable` when it cannot tell."""

    async def by_login(self, login: str) -> Agent | None:
        """The active agent of that login."""

    async def by_id(self, agent_id: AgentId) -> Agent | None:
        """The active agent of that id."""

    async def set_language(self, agent_id: AgentId, language: Language) -> None:
        """Remember which language the agent reads."""

    async def sign_out(self, agent_id: AgentId, at: datetime) -> None:
        """Sessions of the agent begun until ``at`` are over."""


class VerifyPassword(Protocol):
    """Checks a password off the loop."""

    async def __call__(self, password_hash: str | None, password: str) -> bool:
        """Whether it is right. Without a hash it is not, which takes as long to say."""


class Credentials:
    """Checks logins and passwords, few at a time."""

    def __init__(self, roster: Roster, verify_password: VerifyPassword) -> None:
        self._roster = roster
        self._verify_password = verify_password
        self._slots = asyncio.Semaphore(CHECKS_AT_ONCE)
        self._pending = 0

    async def check(self, login: str, password: str) -> Agent | None:
        """The active agent of this login and password; None, as slowly, for any other.

        Raises:
            Unavailable: when the roster cannot be asked, or too many wait for a check.
        """
        # PostgreSQL's text holds no NUL; asked for one it fails as if it were away.
        agent = None if "\0" in login else await self._roster.by_login(login)
        if self._pending >= CHECKS_AT_ONCE + CHECKS_WAITING:
            raise Unavailable("http", "too many sign-ins at once")
        self._pending += 1
        try:
            async with self._slots:
                is_right = await self._verify_password(agent.password_hash if agent else None, password)
        finally:
            self._pending -= 1
        return agent if is_right else None

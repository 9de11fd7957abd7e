"""The throttle: how often signing in may fail before whoever tries is told to wait.

A login has a budget of failures, and so has the address they come from. A
browser from which that login was signed in before is known by a cookie and
has a budget of its own there: whoever tries passwords from outside, or from
behind the address the whole centre shares, locks nobody out of the own desk.

Redis counts each try before it is judged, so that many at once count too, and
forgets what succeeds. Losing Redis' data costs the budgets and the knowing.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from redis.asyncio import Redis

from cti_bridge.settings import SessionSettings
from cti_bridge.storage import redis as redis_store

# In the browsers from which somebody signed in; sent to /api/session alone.
COOKIE: Final = "cti_browser"
KNOWN_S: Final = 180 * 86_400
TIMEOUT_S: Final = 1.0
_ID_BYTES = 24
_LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try. ``browser``: the cookie's value, empty where there is none; ``address``: an IP address."""

    login: str
    browser: str
    address: str


@dataclass(frozen=True, slots=True)
class _Budget:
    name: str
    failures: int


class Throttle:
    """Budgets of failures, kept in Redis. Every method raises Unavailable within ``TIMEOUT_S``."""

    def __init__(self, redis: Redis, settings: SessionSettings) -> None:
        self._redis = redis
        self._settings = settings

    async def wait_s(self, attempt: Attempt) -> int:
        """Count a try; 0 when it may go on, else the seconds until it may."""
        budgets = await self._budgets(attempt)
        async with redis_store.within(TIMEOUT_S):
            async with self._redis.pipeline(transaction=False) as pipeline:
                for budget in budgets:
                    pipeline.incr(budget.name)
                    pipeline.expire(budget.name, self._settings.failures_window_s, nx=True)
                    pipeline.ttl(budget.name)
                answers = await pipeline.execute()
        spent = zip(budgets, answers[0::3], answers[2::3], strict=True)
        return max((max(left_s, 1) for budget, tries, left_s in spent if tries > budget.failures), default=0)

    async def succeeded(self, attempt: Attempt) -> str:
        """The try was right: it counts no more, and its browser is known from now on by the id returned."""
        budgets = await self._budgets(attempt)
        browser = attempt.browser if _is_id(attempt.browser) else secrets.token_urlsafe(_ID_BYTES)
        known = _known(browser)
        async with redis_store.within(TIMEOUT_S):
            async with self._redis.pipeline(transaction=False) as pipeline:
                pipeline.delete(budgets[0].name)
                for budget in budgets[1:]:
                    pipeline.decr(budget.name)
                pipeline.sadd(known, _digest(attempt.login))
                pipeline.expire(known, KNOWN_S)
                await pipeline.execute()
        return browser

    async def _budgets(self, attempt: Attempt) -> Sequence[_Budget]:
        """Those a try is counted against; the first is of the login alone."""
        login, each = _digest(attempt.login), self._settings.failures_per_login
        if _is_id(attempt.browser):
            async with redis_store.within(TIMEOUT_S):
                if await self._redis.sismember(_known(attempt.browser), login):
                    return [_Budget(f"failed:{_digest(attempt.browser)}:{login}", each)]
        address = _Budget(f"failed:{_network(attempt.address)}", self._settings.failures_per_address)
        return [_Budget(f"failed:{login}", each), address]


def _known(browser: str) -> str:
    return f"known_browser:{_digest(browser)}"


def _is_id(browser: str) -> bool:
    return 0 < len(browser) <= _LONGEST_ID and browser.isascii()


def _digest(text: str) -> str:
    # What a person typed may hold anything, lone surrogates too.
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:32]


def _network(address: str) -> str:
    """Whoever has one address of IPv6 has its whole /64."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((ip, 64), strict=False)) if ip.version == 6 else str(ip)

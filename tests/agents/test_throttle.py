"""Budgets of failures: what counts together, what never does, and when it is over."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from redis.asyncio import Redis

from cti_bridge.agents.throttle import Attempt, Throttle
from cti_bridge.errors import Unavailable
from cti_bridge.settings import SessionSettings
from cti_bridge.storage import redis
from tests.loopback import free_port

SETTINGS = SessionSettings(failures_per_login=2, failures_per_address=4, failures_window_s=600)
HANAKO = Attempt("hanako", "", "192.0.2.1")


@pytest.fixture
def throttle(valkey: Redis) -> Throttle:
    return Throttle(valkey, SETTINGS)


async def waits(throttle: Throttle, *attempts: Attempt) -> list[bool]:
    return [await throttle.wait_s(attempt) > 0 for attempt in attempts]


async def test_a_login_has_its_failures_wherever_they_come_from(throttle: Throttle) -> None:
    others = [replace(HANAKO, address=f"192.0.2.{n}") for n in range(2, 5)]
    assert await waits(throttle, HANAKO, *others) == [False, False, True, True]
    assert await throttle.wait_s(replace(HANAKO, login="taro")) == 0


async def test_an_address_has_its_failures_whatever_the_login(throttle: Throttle) -> None:
    attempts = [replace(HANAKO, login=f"agent{n}") for n in range(6)]
    assert await waits(throttle, *attempts) == [False] * 4 + [True] * 2
    assert await throttle.wait_s(replace(HANAKO, address="192.0.2.2")) == 0


async def test_of_ipv6_the_network_counts(throttle: Throttle) -> None:
    attempts = [replace(HANAKO, login=f"agent{n}", address=f"2001:db8::{n:x}:1") for n in range(5)]
    assert (await waits(throttle, *attempts))[-1]
    assert await throttle.wait_s(replace(HANAKO, address="2001:db8:0:1::1")) == 0


async def test_many_at_once_are_counted_each(throttle: Throttle) -> None:
    waited = await asyncio.gather(*(throttle.wait_s(HANAKO) for _ in range(20)))
    assert sum(wait_s == 0 for wait_s in waited) == 2


async def test_it_is_over_when_the_window_is(throttle: Throttle, valkey: Redis) -> None:
    await waits(throttle, HANAKO, HANAKO)
    assert 590 < await throttle.wait_s(HANAKO) <= 600
    for name in await valkey.keys("failed:*"):
        assert 590 < await valkey.ttl(name) <= 600  # trying on does not make it longer
        await valkey.expire(name, 0)
    assert await throttle.wait_s(HANAKO) == 0


async def test_success_is_forgotten_and_its_browser_known(throttle: Throttle) -> None:
    await throttle.wait_s(HANAKO)
    await throttle.wait_s(HANAKO)
    browser = await throttle.succeeded(HANAKO)
    at_home = replace(HANAKO, browser=browser)
    assert await waits(throttle, HANAKO, HANAKO, HANAKO, at_home, at_home, at_home) == [
        *(False, False, True),
        *(False, False, True),
    ]
    assert await throttle.succeeded(replace(at_home, login="taro")) == browser
    assert await waits(throttle, at_home, replace(at_home, login="taro")) == [True, False]


@pytest.mark.parametrize("browser", ["made up", "x" * 65, "\ud800", "ア"])
async def test_a_made_up_browser_is_known_to_nobody(throttle: Throttle, browser: str) -> None:
    await throttle.succeeded(HANAKO)
    forged = replace(HANAKO, browser=browser)
    assert await waits(throttle, HANAKO, HANAKO, forged) == [False, False, True]


@pytest.mark.parametrize("address", ["", "unix", "\ud800", "1.2.3.4.5"])
async def test_odd_text_is_counted_too(throttle: Throttle, address: str) -> None:
    odd = Attempt("\0\ud800", "", address)
    assert await waits(throttle, odd, odd, odd) == [False, False, True]


async def test_without_redis_it_is_said_why() -> None:
    away = redis.connect(f"redis://127.0.0.1:{free_port()}")
    throttle = Throttle(away, SETTINGS)
    with pytest.raises(Unavailable, match="redis_url"):
        await throttle.wait_s(HANAKO)
    with pytest.raises(Unavailable, match="redis_url"):
        await throttle.succeeded(HANAKO)
    await away.aclose()

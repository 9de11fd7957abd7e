"""Codes that are good once, and grants that end (C10)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import asyncpg
import pytest

from cti_bridge.calls.ids import AgentId, CallId
from cti_bridge.clock import Clock
from cti_bridge.customers.proxy_login import Grant, ProxyLogins
from cti_bridge.settings import ProxyLoginSettings
from tests.conftest import Database

ANNA, CALL = AgentId("anna"), CallId("main~1")
NOW_S = 1_775_600_000.0


@dataclass
class Shop:
    pool: asyncpg.Pool
    now_s: float = NOW_S

    def __post_init__(self) -> None:
        settings = ProxyLoginSettings(shop_url="https://shop.example.jp/in", code_s=60, grant_s=3600)
        self.logins = ProxyLogins(self.pool, settings, Clock(now_s=lambda: self.now_s))

    async def code(self) -> str:
        code = await self.logins.issue(ANNA, 1, CALL)
        assert code is not None
        return code

    async def grant(self) -> Grant:
        grant = await self.logins.redeem(await self.code(), "shop")
        assert grant is not None
        return grant

    async def state(self, grant: Grant) -> str | None:
        found = await self.logins.grant(grant.grant_id, "shop")
        assert found is not None
        assert (found.ended_at is None) == (found.end_reason is None)
        return found.end_reason


@pytest.fixture
async def shop(database: Database) -> Shop:
    await database.pool.execute("insert into customer (code, name) values ('C1', '佐藤 花子')")
    await database.pool.execute(
        "insert into agent (agent_id, login, name, role) values ('anna', 'anna', '担当 杏奈', 'agent')"
    )
    return Shop(database.pool)


async def test_a_code_becomes_a_grant_once(shop: Shop) -> None:
    code = await shop.code()
    assert code not in str(await shop.pool.fetch("select * from proxy_login"))
    grant = await shop.logins.redeem(code, "shop")
    assert grant is not None
    assert (grant.agent_id, grant.agent_name, grant.customer_code) == ("anna", "担当 杏奈", "C1")
    assert (grant.call_id, grant.ended_at) == (CALL, None)
    assert await shop.logins.redeem(code, "shop") is None
    assert await shop.logins.grant(grant.grant_id, "another") is None


async def test_of_many_at_once_one_gets_it(shop: Shop) -> None:
    code = await shop.code()
    got = await asyncio.gather(*(shop.logins.redeem(code, "shop") for _ in range(8)))
    assert sum(grant is not None for grant in got) == 1


async def test_a_code_is_good_for_a_minute(shop: Shop) -> None:
    old, late = await shop.code(), await shop.code()
    shop.now_s += 59.9
    assert await shop.logins.redeem(late, "shop") is not None
    shop.now_s += 0.1
    assert await shop.logins.redeem(old, "shop") is None


@pytest.mark.parametrize("code", ["", "made-up", "x" * 5000, "\0", "\ud800", "日本"])
async def test_a_made_up_code_is_worth_nothing(shop: Shop, code: str) -> None:
    await shop.code()
    assert await shop.logins.redeem(code, "shop") is None


async def test_the_end_of_the_call_ends_codes_and_grants(shop: Shop) -> None:
    code, grant = await shop.code(), await shop.grant()
    await shop.logins.end_call(CALL, AgentId("bert"))
    await shop.logins.end_call(CallId("main~2"), ANNA)
    assert await shop.state(grant) is None
    await shop.logins.end_call(CALL, ANNA)
    assert await shop.state(grant) == "call_ended"
    assert await shop.logins.redeem(code, "shop") is None


async def test_a_grant_ends_in_time_and_by_the_shop(shop: Shop) -> None:
    long, short = await shop.grant(), await shop.grant()
    await shop.logins.end(short.grant_id, "signed_out")
    await shop.logins.end(short.grant_id, "call_ended")
    assert await shop.state(short) == "signed_out"
    shop.now_s += 3599
    assert await shop.state(long) is None
    shop.now_s += 1
    assert await shop.state(long) == "too_old"


async def test_nobody_and_whoever_is_forgotten(shop: Shop) -> None:
    assert await shop.logins.issue(ANNA, 99, CALL) is None
    grant = await shop.grant()
    await shop.pool.execute("delete from customer")
    assert await shop.logins.grant(grant.grant_id, "shop") is None

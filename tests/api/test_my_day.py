"""The agent's own day (A7, V5): what was sold on suggestion, and praise, of today and of nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from cti_bridge.agents.my_day import Days
from cti_bridge.agents.sessions import Sessions
from cti_bridge.api.my_day import MyDayApi
from cti_bridge.http import http_server
from cti_bridge.settings import HttpSettings, Settings
from cti_bridge.telemetry import Telemetry
from tests.api.asking import Ask
from tests.conftest import Database
from tests.loopback import free_port


@pytest.fixture
async def ask(database: Database, sessions: Sessions, tmp_path: Path) -> AsyncIterator[Ask]:
    settings = Settings(http=HttpSettings(port=free_port()))
    api = MyDayApi(sessions, Days(database.pool))
    async with http_server(settings, api.endpoints(), Telemetry(), tmp_path):
        yield Ask(f"http://127.0.0.1:{settings.http.port}", sessions)


async def fill(pool: asyncpg.Pool) -> None:
    await pool.execute("insert into customer (code, name) values ('C1', 'a')")
    await pool.execute("insert into agent (agent_id, login, name, role) values ('a1', 'a1', 'A', 'agent')")
    await pool.execute("insert into product (sku, name, category, price_minor) values ('S', 's', 's', 1)")
    await pool.execute(
        """
        insert into suggestion_outcome (customer_id, product_id, outcome, amount_minor, agent_id, at)
        select 1, 1, outcome, amount, agent, current_date + since
        from (values
            ('accepted', 1980, 'a1', interval '0'), ('accepted', 3960, 'a1', interval '1 s'),
            ('accepted', null, 'a1', interval '2 s'), ('accepted', 500, 'a1', interval '-1 s'),
            ('declined', null, 'a1', interval '0'), ('accepted', 700, 'a2', interval '0')
        ) as told (outcome, amount, agent, since)
        """
    )
    await pool.execute(
        """
        insert into contact (customer_id, channel, direction, occurred_at, kind, agent_id)
        values (1, 'call', 'in', current_date, 'praise', 'a1'),
               (1, 'call', 'in', current_date, 'other', 'a1'),
               (1, 'letter', 'in', current_date - interval '1 s', 'praise', 'a1'),
               (1, 'letter', 'in', current_date, 'praise', null)
        """
    )


async def test_of_today_and_of_me(ask: Ask, database: Database) -> None:
    assert await ask("GET", "/api/me/day") == (200, {"sold_minor": 0, "accepted": 0, "praise": 0})
    await fill(database.pool)
    assert await ask("GET", "/api/me/day") == (200, {"sold_minor": 5940, "accepted": 3, "praise": 1})
    assert (await ask("GET", "/api/me/day", agent="a2"))[1]["sold_minor"] == 700
    assert (await ask("GET", "/api/me/day", agent=None))[0] == 401

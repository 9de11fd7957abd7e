"""What is left of a call (P7, records): written once though PostgreSQL was away, explained on the board."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import pytest
from playwright.async_api import expect

from tests.journeys.centre import Centre
from tests.journeys.test_first_ring import ORDERS, expect_offer
from tests.rig.asterisk import AsteriskRig
from tests.rig.caller import SASAKI, YAMADA, Caller
from tests.rig.phone_shop import PhoneShop
from tests.rig.sipp import Sipp

pytestmark = [pytest.mark.asterisk, pytest.mark.browser, pytest.mark.timeout(180)]

_CALLS = """
    select c.caller_e164 as caller, c.outcome, s.agent_id, s.answered_at is not null as answered, s.end_reason
    from call c left join call_stint s using (call_id)
    where c.ended_at is not null order by c.started_at, s.agent_id
"""


async def test_calls_made_while_postgres_is_away_are_written_once(
    centre: Centre, asterisk: AsteriskRig, phones: PhoneShop, tmp_path: Path
) -> None:
    page, board = await centre.sign_in("1001"), await centre.sign_in("2001", 1920, 1080)
    [first] = await phones.agents("1001")

    async def call(who: Caller) -> None:
        async with Sipp.caller(asterisk, tmp_path, ORDERS, who, talk_ms=300) as caller:
            ring = await first.ringing()
            await ring.answer()
            await expect_offer(page, "talking")
            (await caller.finished()).check()
        await expect_offer(page, "ended")

    await call(YAMADA)
    await centre.stores.kill_postgres()
    await call(SASAKI)
    await call(YAMADA)
    await centre.stores.postgres.launch()
    dsn = centre.stores.postgres.dsn
    async with asyncio.timeout(30):
        while len(rows := await _rows(dsn)) < 3:
            await asyncio.sleep(0.1)
    assert [(row["caller"], row["agent_id"], row["outcome"], row["end_reason"]) for row in rows] == [
        (number, "a1001", "completed", "completed")
        for number in ("+819012345678", "+81312349999", "+819012345678")
    ]
    assert all(row["answered"] for row in rows)

    # Why it popped, as a supervisor reads it afterwards.
    await board.keyboard.press("r")
    await expect(board.get_by_test_id("recent-row")).to_have_count(3)
    await board.get_by_test_id("recent-row").first.get_by_test_id("why-link").click()
    await expect(board.get_by_test_id("why")).to_be_visible()
    await expect(board.locator('[data-testid="verdict"]').first).to_contain_text("画面")


async def _rows(dsn: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetch(_CALLS)
    finally:
        await connection.close()

"""The whole road (P1 P2 P3 V1): a real call at a real Asterisk, seen in a real browser before the answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.journeys.centre import Centre
from tests.rig.asterisk import AsteriskRig
from tests.rig.caller import WITHHELD, YAMADA, Caller
from tests.rig.phone_shop import PhoneShop
from tests.rig.sipp import Sipp

pytestmark = [pytest.mark.asterisk, pytest.mark.browser, pytest.mark.timeout(180)]

ORDERS = "0312345678"
NOBODY = Caller("08019998877")


async def expect_offer(page: Page, state: str) -> None:
    await expect(page.locator(f'[data-testid="offer"][data-state="{state}"]')).to_have_count(1)


async def expect_no_live_offer(page: Page) -> None:
    await expect(page.locator('[data-testid="offer"][data-state="ringing"]')).to_have_count(0)


async def expect_board(page: Page, state: str) -> None:
    await expect(page.locator(f'[data-testid="call-row"][data-state="{state}"]')).to_have_count(1)


@pytest.mark.parametrize("dies", [None, "valkey", "postgres"])
async def test_a_known_customer_from_the_first_ring_to_the_end(
    centre: Centre, asterisk: AsteriskRig, phones: PhoneShop, tmp_path: Path, dies: str | None
) -> None:
    winner, loser = await centre.sign_in("1002"), await centre.sign_in("1001")
    board = await centre.sign_in("2001", 1920, 1080)
    first, second, _third = await phones.agents("1001", "1002", "1003")
    if dies == "valkey":
        await centre.stores.kill_valkey()
    async with Sipp.caller(asterisk, tmp_path, ORDERS, YAMADA, talk_ms=6000) as caller:
        ring = await second.ringing()
        for page in (winner, loser):
            await expect(page.get_by_test_id("customer-name")).to_contain_text("山田 太郎")
            await expect_offer(page, "ringing")
        await expect_board(board, "ringing")
        assert ring.state == "ringing", "the name was there before the answer"
        if dies == "postgres":
            await centre.stores.kill_postgres()
        lost = await first.ringing()
        await ring.answer()
        await expect_offer(winner, "talking")
        await lost.reached("cancelled", "ended")
        await expect_no_live_offer(loser)
        await expect_board(board, "talking")
        await ring.hold()
        await expect_offer(winner, "held")
        await expect_board(board, "held")
        await ring.resume()
        await expect_offer(winner, "talking")
        (await caller.finished()).check()
    await expect_offer(winner, "ended")
    await expect(board.get_by_test_id("call-row")).to_have_count(0)
    metrics = await centre.metrics()
    assert 'cti_pop_seconds_count{hop="total"}' in metrics, "the browsers acknowledged their paint"
    assert 'cti_pop_seconds_count{hop="total"} 0.0' not in metrics


@pytest.mark.parametrize(
    ("who", "lookup", "number"), [(NOBODY, "unknown", "080-1999-8877"), (WITHHELD, "withheld", None)]
)
async def test_a_caller_without_a_card_is_told_for_what_it_is(
    centre: Centre,
    asterisk: AsteriskRig,
    phones: PhoneShop,
    tmp_path: Path,
    who: Caller,
    lookup: str,
    number: str | None,
) -> None:
    page, board = await centre.sign_in("1001"), await centre.sign_in("2001", 1920, 1080)
    first, _second, _third = await phones.agents("1001", "1002", "1003")
    async with Sipp.caller(asterisk, tmp_path, ORDERS, who, talk_ms=500) as caller:
        ring = await first.ringing()
        shown = page.locator(f'[data-testid="offer"][data-state="ringing"][data-lookup="{lookup}"]')
        await expect(shown).to_have_count(1)
        await expect(page.get_by_test_id("lookup-note")).to_be_visible()
        await expect(page.get_by_test_id("customer-name")).to_have_count(0)
        if number is None:
            await expect(page.locator("body")).not_to_contain_text("1234-5678")
        else:
            await expect(page.get_by_test_id("caller-display")).to_contain_text(number)
        await expect_board(board, "ringing")
        assert ring.state == "ringing"
        await ring.answer()
        await expect_offer(page, "talking")
        await expect_board(board, "talking")
        (await caller.finished()).check()
    await expect(board.get_by_test_id("call-row")).to_have_count(0)


async def test_the_caller_gives_up(
    centre: Centre, asterisk: AsteriskRig, phones: PhoneShop, tmp_path: Path
) -> None:
    page, board = await centre.sign_in("1001"), await centre.sign_in("2001", 1920, 1080)
    await phones.agents("1001", "1002", "1003")
    async with Sipp.caller(
        asterisk, tmp_path, ORDERS, YAMADA, scenario="caller_gives_up", ring_ms=3000
    ) as caller:
        await expect_offer(page, "ringing")
        (await caller.finished()).check()
    await expect_no_live_offer(page)
    await expect(page.get_by_test_id("missed")).to_have_attribute("data-reason", "abandoned")
    await expect(board.get_by_test_id("call-row")).to_have_count(0)
    await expect(board.get_by_test_id("tile-abandoned")).to_contain_text("1")


async def test_stores_that_die_cost_the_card_never_the_ring(
    centre: Centre, asterisk: AsteriskRig, phones: PhoneShop, tmp_path: Path
) -> None:
    page = await centre.sign_in("1001")
    first, _second, _third = await phones.agents("1001", "1002", "1003")

    async def pop(name: str | None) -> None:
        """One call: rings, shows ``name`` or says that no record can be had, is answered."""
        async with Sipp.caller(asterisk, tmp_path, ORDERS, YAMADA, talk_ms=200) as caller:
            ring = await first.ringing()
            await expect_offer(page, "ringing")
            if name is not None:
                await expect(page.get_by_test_id("customer-name")).to_contain_text(name)
            else:
                await expect(page.locator('[data-testid="offer"][data-lookup="unavailable"]')).to_have_count(
                    1
                )
                await expect(page.get_by_test_id("caller-display")).to_contain_text("090-1234-5678")
                await expect(page.get_by_test_id("lookup-note")).to_be_visible()
            assert ring.state == "ringing"
            await ring.answer()
            await expect_offer(page, "talking")
            (await caller.finished()).check()
        await expect_offer(page, "ended")

    await pop("山田 太郎")
    await centre.stores.kill_postgres()
    await pop("山田 太郎")  # from the cache
    await centre.stores.kill_valkey()
    await pop(None)
    await centre.stores.postgres.launch()
    async with Sipp.caller(asterisk, tmp_path, ORDERS, YAMADA, talk_ms=200) as caller:
        ring = await first.ringing()
        # Whether it rings bare or not, the card comes by itself once PostgreSQL answers again.
        await expect(page.get_by_test_id("customer-name")).to_contain_text("山田 太郎")
        await ring.answer()
        (await caller.finished()).check()
    await centre.stores.valkey.launch()
    await pop("山田 太郎")

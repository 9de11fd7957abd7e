"""Saying who calls (P3 C1 C3): a household by one key, a stranger written down, a masked card."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from cti_bridge.demo.known import KAZUKO_SUZUKI, MASAO_SUZUKI
from tests.journeys.centre import Centre
from tests.journeys.test_first_ring import ORDERS, expect_offer
from tests.rig.asterisk import AsteriskRig
from tests.rig.caller import YAMADA, Caller
from tests.rig.phone_shop import PhoneShop
from tests.rig.sipp import Sipp

pytestmark = [pytest.mark.asterisk, pytest.mark.browser, pytest.mark.timeout(180)]

HOUSEHOLD = Caller("0451234567", "鈴木")
NOBODY = Caller("08019998877")
MASKED = '[privacy]\nringing_card = "masked"\n'


async def expect_name(page: Page, name: str) -> None:
    await expect(page.get_by_test_id("customer-name")).to_have_text(name)


async def test_a_member_of_the_household_is_chosen_by_one_key_and_remembered(
    centre: Centre, asterisk: AsteriskRig, phones: PhoneShop, tmp_path: Path
) -> None:
    page, other = await centre.sign_in("1001"), await centre.sign_in("1002")
    first, _second = await phones.agents("1001", "1002")
    async with Sipp.caller(asterisk, tmp_path, ORDERS, HOUSEHOLD, talk_ms=2500) as caller:
        ring = await first.ringing()
        # An order under way speaks for her; the others stand by, each with a key of its own.
        for one in (page, other):
            await expect_name(one, KAZUKO_SUZUKI.name)
            await expect(one.get_by_test_id("household-choice")).to_have_count(2)
        await expect(page.locator('[data-testid="household-choice"][data-key="h"]')).to_contain_text(
            MASAO_SUZUKI.name
        )
        await page.keyboard.press("h")
        for one in (page, other):
            await expect_name(one, MASAO_SUZUKI.name)
        assert ring.state == "ringing", "nobody had to answer for it"
        await ring.answer()
        await expect_offer(page, "talking")
        await expect_name(page, MASAO_SUZUKI.name)
        (await caller.finished()).check()
    # The number calls again: who it was last is shown first now, and "none of these" leads to a search.
    async with Sipp.caller(asterisk, tmp_path, ORDERS, HOUSEHOLD, talk_ms=500) as caller:
        ring = await first.ringing()
        await expect_offer(page, "ringing")
        await expect_name(page, MASAO_SUZUKI.name)
        await page.keyboard.press("x")
        await expect(page.get_by_test_id("lookup-note")).to_be_visible()
        await page.keyboard.press("f")
        await page.keyboard.type("やまだ たろう")
        await expect(page.get_by_test_id("search-hit").first).to_contain_text("山田 太郎")
        await page.keyboard.press("Enter")
        await expect_name(page, "山田 太郎")
        await ring.answer()
        (await caller.finished()).check()
    chosen = await centre.pool.fetch(
        "select name from call_customer join customer using (customer_id) order by chosen_at"
    )
    assert [row["name"] for row in chosen] == [MASAO_SUZUKI.name, "山田 太郎"]


async def test_a_stranger_is_written_down_and_known_at_the_next_call(
    centre: Centre, asterisk: AsteriskRig, phones: PhoneShop, tmp_path: Path
) -> None:
    page = await centre.sign_in("1001")
    [first] = await phones.agents("1001")
    async with Sipp.caller(asterisk, tmp_path, ORDERS, NOBODY, talk_ms=6000) as caller:
        ring = await first.ringing()
        await expect(page.get_by_test_id("lookup-note")).to_be_visible()
        await ring.answer()
        await expect_offer(page, "talking")
        await page.keyboard.press("m")
        assert await page.get_by_test_id("new-customer-number").input_value() == "080-1999-8877"
        await page.keyboard.type("架空 はじめ")
        await page.keyboard.press("Tab")
        await page.keyboard.type("カクウ ハジメ")
        await page.keyboard.press("Enter")
        await expect_name(page, "架空 はじめ")
        (await caller.finished()).check()
    async with Sipp.caller(asterisk, tmp_path, ORDERS, NOBODY, talk_ms=300) as caller:
        ring = await first.ringing()
        await expect_offer(page, "ringing")
        await expect_name(page, "架空 はじめ")
        await ring.answer()
        (await caller.finished()).check()
    saved = await centre.pool.fetchrow(
        "select name, reading, e164 from customer join customer_number using (customer_id)"
        " where name like '架空%'"
    )
    assert tuple(saved) == ("架空 はじめ", "カクウ ハジメ", "+818019998877")


@pytest.mark.more_settings(MASKED)
async def test_a_card_is_masked_until_its_agent_answers(
    centre: Centre, asterisk: AsteriskRig, phones: PhoneShop, tmp_path: Path
) -> None:
    winner, loser = await centre.sign_in("1001"), await centre.sign_in("1002")
    first, second = await phones.agents("1001", "1002")
    received = {page: _frames(page) for page in (winner, loser)}
    for page in received:
        # The socket that was there before the listener: a new one brings every frame before the listener.
        await page.reload()
        await expect(page.get_by_test_id("idle")).to_be_visible()
    async with Sipp.caller(asterisk, tmp_path, ORDERS, YAMADA, talk_ms=2500) as caller:
        ring = await first.ringing()
        for page in (winner, loser):
            await expect_name(page, "山＊ ＊＊")
            await expect(page.get_by_test_id("veiled")).to_be_visible()
            await expect(page.get_by_test_id("order-line")).to_have_count(0)
        for frames in received.values():
            assert frames, "the frames were heard"
            assert not any("大阪府" in frame or "COF-005" in frame for frame in frames)
        lost = await second.ringing()
        await ring.answer()
        await expect_offer(winner, "talking")
        await expect_name(winner, "山田 太郎")
        await expect(winner.get_by_test_id("veiled")).to_have_count(0)
        await expect(winner.locator("body")).to_contain_text("朝日台1丁目")
        await lost.reached("cancelled", "ended")
        (await caller.finished()).check()
    assert not any("大阪府" in frame for frame in received[loser]), "who lost the race never got it"
    seen = await centre.pool.fetch("select agent_id, reason from card_view order by at")
    assert {row["agent_id"] for row in seen} == {"a1001", "a1002"}


def _frames(page: Page) -> list[str]:
    """What the page's sockets get from here on, as text."""
    heard: list[str] = []
    page.on(
        "websocket",
        lambda socket: socket.on(
            "framereceived",
            lambda data: heard.append(data if isinstance(data, str) else data.decode(errors="replace")),
        ),
    )
    return heard

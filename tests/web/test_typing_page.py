"""Nothing that comes takes the place of what somebody is typing."""

from __future__ import annotations

import msgspec
import pytest
from playwright.async_api import Page, expect

from cti_bridge.lookup.card import Card, Lookup
from cti_bridge.push.envelope import CardResolved
from tests.web.cards import hanako, household
from tests.web.conftest import Stage
from tests.web.fake_bridge import Person
from tests.web.odd_cards import somebody
from tests.web.scenes import KYOTO, offer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FOCUSED = "document.activeElement.dataset.testid"


def resolved(card: Card, offer_id: str = "o1") -> CardResolved:
    return CardResolved(offer_id=offer_id, lookup=Lookup.FOUND, card=card)


async def _type_note(stage: Stage, scene: str) -> tuple[Page, Person]:
    page, person = await stage.play(scene)
    await page.keyboard.press("w")
    await page.keyboard.type("x1 土曜")
    return page, person


async def _still_typing(page: Page) -> None:
    await page.keyboard.type("に")
    assert await page.evaluate(FOCUSED) == "note-text"
    await expect(page.get_by_test_id("note-text")).to_have_value("x1 土曜に")


async def test_a_fresh_card_leaves_typed_words_and_focus(stage: Stage) -> None:
    page, person = await _type_note(stage, "talking")
    card = hanako()
    fresh = msgspec.structs.replace(card, cautions=[], suggestions=card.suggestions[:1])
    await person.send("card.resolved", resolved(fresh))
    await expect(page.get_by_test_id("suggestion")).to_have_count(1)
    await _still_typing(page)
    await expect(page.get_by_test_id("waiting-card")).to_have_count(0)


async def test_another_customers_card_waits_until_the_note_is_written(stage: Stage) -> None:
    page, person = await _type_note(stage, "talking")
    await person.send("card.resolved", resolved(somebody(6840)))
    await expect(page.get_by_test_id("waiting-card")).to_contain_text("長谷川 みどり")
    await _still_typing(page)
    await expect(page.get_by_test_id("customer-name")).to_have_text("佐藤 花子")
    await page.get_by_test_id("note-save").click()
    await expect(page.get_by_test_id("customer-name")).to_have_text("長谷川 みどり")
    assert [path for _, path, _ in person.wrote] == ["/api/customers/4021/notes"]


async def test_a_ring_waits_until_the_note_of_the_call_before_is_written(stage: Stage) -> None:
    page, person = await _type_note(stage, "ended")
    await person.send("call.offered", offer(KYOTO, Lookup.FOUND, household(), offer_id="o2"))
    await expect(page.get_by_test_id("waiting-card")).to_contain_text("長谷川 節子")
    await expect(page.locator("[data-testid=offer][data-state=ringing]")).to_have_count(1)
    await expect(page.get_by_test_id("announcement")).to_contain_text("長谷川 節子")
    await _still_typing(page)
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("customer-name")).to_have_text("長谷川 節子")
    await expect(page.get_by_test_id("waiting-card")).to_have_count(0)


async def test_a_late_card_waits_for_who_writes_a_customer_down(stage: Stage) -> None:
    page, person = await stage.play("no_records")
    await page.keyboard.press("m")
    await page.keyboard.type("山田")
    await person.send("card.resolved", resolved(hanako()))
    await expect(page.get_by_test_id("waiting-card")).to_contain_text("佐藤 花子")
    await page.keyboard.press("Tab")
    await page.keyboard.type("ヤマダ")
    await expect(page.get_by_test_id("new-customer-reading")).to_have_value("ヤマダ")
    await page.get_by_test_id("show-now").click()
    await expect(page.get_by_test_id("customer-name")).to_have_text("佐藤 花子")


async def test_a_note_begun_for_one_is_not_anothers(stage: Stage) -> None:
    page, person = await _type_note(stage, "household")
    await page.keyboard.press("Escape")
    await page.get_by_test_id("household-choice").first.click()
    await expect(page.get_by_test_id("customer-name")).to_have_text("長谷川 義男")
    await expect(page.get_by_test_id("note-text")).to_have_value("")
    await person.send("card.resolved", resolved(household()))
    await expect(page.get_by_test_id("note-text")).to_have_value("x1 土曜")

"""Saying who calls: the household, a search, somebody new (C1, C2)."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from cti_bridge.lookup.card import Card, Lookup
from cti_bridge.push.envelope import CardResolved
from tests.web.conftest import Stage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FOCUSED = "document.activeElement.dataset.testid"


def resolved(card: Card, offer_id: str = "o1") -> CardResolved:
    return CardResolved(offer_id=offer_id, lookup=Lookup.FOUND, card=card)


async def test_a_member_of_the_household_is_one_key_away(stage: Stage) -> None:
    page, person = await stage.play("household")
    choice = page.get_by_test_id("household-choice")
    await expect(choice.nth(0)).to_contain_text("手配中の注文")
    await expect(choice.nth(1)).to_contain_text("電話 3日前")
    assert [await choice.nth(n).get_attribute("data-key") for n in (0, 1)] == ["h", "j"]
    person.may_answer.clear()
    await page.keyboard.press("j")
    await expect(choice.nth(1)).to_have_attribute("aria-busy", "true")
    await expect(page.get_by_test_id("customer-name")).to_have_text("長谷川 節子")
    person.may_answer.set()
    await expect(page.get_by_test_id("customer-name")).to_have_text("長谷川 みどり")
    assert person.wrote == [("POST", "/api/calls/call-o1/customer", {"customer_id": 6840})]
    assert stage.complaints == []


async def test_a_choice_that_is_refused_says_why(stage: Stage) -> None:
    page, person = await stage.play("household")
    person.refuses = True
    await page.keyboard.press("h")
    await expect(page.get_by_role("alert")).to_contain_text("切り替えられませんでした")
    await expect(page.get_by_role("alert")).to_contain_text("ほかの担当者")
    await expect(page.get_by_test_id("household-choice").first).to_have_attribute("aria-busy", "false")
    await expect(page.get_by_test_id("customer-name")).to_have_text("長谷川 節子")


async def test_none_of_them_asks_who_it_is_and_goes_back_to_the_number(stage: Stage) -> None:
    page, person = await stage.play("household")
    await page.keyboard.press("x")
    await expect(page.get_by_test_id("lookup-note")).to_be_visible()
    await page.get_by_test_id("household-back").click()
    await expect(page.get_by_test_id("customer-name")).to_be_visible()
    assert [(method, body) for method, _, body in person.wrote] == [
        ("POST", {"customer_id": None}),
        ("DELETE", None),
    ]


async def test_somebody_is_found_while_typing_and_chosen_by_keys(stage: Stage) -> None:
    page, person = await stage.play("unknown")
    await page.keyboard.press("f")
    assert await page.evaluate(FOCUSED) == "search-input"
    await page.keyboard.type("神")
    hits = page.get_by_test_id("search-hit")
    await expect(hits).to_have_count(2)
    await expect(hits.first).to_contain_text("カナガワ イチロウ")
    await expect(hits.first).to_contain_text("シルバー")
    await expect(hits.first).to_contain_text("〒231-0001 神奈川県横浜市")
    await expect(hits.first.locator("mark")).to_have_text("神")
    await page.keyboard.press("ArrowDown")
    await expect(hits.nth(1)).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("customer-name")).to_be_visible()
    assert person.wrote == [("POST", "/api/calls/call-o1/customer", {"customer_id": 9003})]


@pytest.mark.parametrize(
    ("words", "by", "part"),
    [("4567", "電話番号", "4567"), ("w-77", "注文番号", "W-77"), ("かな", "", "カナ")],
)
async def test_a_hit_shows_what_it_was_found_by(stage: Stage, words: str, by: str, part: str) -> None:
    page, _ = await stage.play("private")
    await page.get_by_test_id("search-input").fill(words)
    hit = page.get_by_test_id("search-hit")
    await expect(hit).to_contain_text(by)
    await expect(hit.locator("mark")).to_have_text(part)


async def test_who_types_fast_asks_once(stage: Stage) -> None:
    page, person = await stage.play("unknown")
    await page.get_by_test_id("search-input").press_sequentially("4567", delay=10)
    await expect(page.get_by_test_id("search-hit")).to_have_count(1)
    assert person.looked_for == ["4567"]


async def test_somebody_else_is_looked_for_from_a_card(stage: Stage) -> None:
    page, person = await stage.play("talking")
    await page.keyboard.press("f")
    assert await page.evaluate(FOCUSED) == "search-input"
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("search-input")).to_have_count(0)
    await page.keyboard.press("f")
    await page.keyboard.type("4567")
    await expect(page.get_by_test_id("search-hit")).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("customer-name")).to_have_text("神奈川 一郎")
    assert person.wrote[0][2] == {"customer_id": 9001}


async def test_a_new_customer_is_saved_and_the_card_pops(stage: Stage) -> None:
    page, person = await stage.play("unknown")
    await page.keyboard.press("m")
    assert await page.evaluate(FOCUSED) == "new-customer-name"
    assert await page.get_by_test_id("new-customer-number").input_value() == "090-8765-4321"
    await page.get_by_test_id("new-customer-save").click()
    await expect(page.get_by_test_id("fault-name")).to_be_visible()
    await expect(page.get_by_test_id("fault-reading")).to_be_visible()
    await page.get_by_test_id("new-customer-name").fill("山田 太郎")
    await page.get_by_test_id("new-customer-reading").fill("ヤマダ タロウ")
    await page.get_by_test_id("new-customer-number").fill("なし")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("fault-number")).to_have_text("正しい形ではありません")
    await page.get_by_test_id("new-customer-number").fill("090-8765-4321")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("customer-name")).to_be_visible()
    assert person.wrote[-2:] == [
        (
            "POST",
            "/api/customers",
            {
                "name": "山田 太郎",
                "reading": "ヤマダ タロウ",
                "postcode": "",
                "address": "",
                "email": "",
                "numbers": ["090-8765-4321"],
                "confirm": False,
            },
        ),
        ("POST", "/api/calls/call-o1/customer", {"customer_id": 9002}),
    ]


async def test_who_may_be_the_same_is_named_before_somebody_is_made_twice(stage: Stage) -> None:
    page, person = await stage.play("unknown")
    await page.keyboard.press("m")
    await page.get_by_test_id("new-customer-name").fill("神奈川 一郎")
    await page.get_by_test_id("new-customer-reading").fill("カナガワ イチロウ")
    await page.get_by_test_id("new-customer-save").click()
    alike = page.get_by_test_id("duplicates")
    await expect(alike.get_by_test_id("search-hit")).to_contain_text("神奈川 一郎")
    await page.get_by_test_id("new-customer-confirm").click()
    await expect(page.get_by_test_id("customer-name")).to_be_visible()
    assert [body["confirm"] for _, path, body in person.wrote if path == "/api/customers"] == [False, True]

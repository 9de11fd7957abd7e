"""What an agent does on a card: look at the past, offer, write down (C3–C9, S1–S4, P3)."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from playwright.async_api import expect

from cti_bridge.lookup.card import Card, Lookup
from cti_bridge.push.envelope import CallAnswered, CardResolved
from tests.web.cards import hanako, household
from tests.web.conftest import Stage
from tests.web.test_agent_page import OVERFLOW, until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FOCUSED = "document.activeElement.dataset.testid"


def resolved(card: Card, offer_id: str = "o1") -> CardResolved:
    return CardResolved(offer_id=offer_id, lookup=Lookup.FOUND, card=card)


async def test_what_happened_is_paged_through_and_opened(stage: Stage) -> None:
    page, _ = await stage.play("talking")
    await page.keyboard.press("o")
    orders = page.get_by_test_id("order")
    await expect(orders).to_have_count(5)
    await expect(orders.nth(3)).to_contain_text("入金 ¥5,000 · 受付元 futureshop")
    await expect(orders.nth(2)).to_contain_text("返品 ¥4,580")
    for more in (5, 10):
        await page.get_by_test_id("load-more").click()
        await expect(orders).to_have_count(more)
    await expect(page.get_by_test_id("load-more")).to_have_count(0)
    await orders.first.locator("summary").click()
    await expect(orders.first.get_by_test_id("order-line").first).to_be_visible()
    await expect(orders.first.get_by_test_id("order-line")).to_have_count(3)

    await page.keyboard.press("c")
    contacts = page.get_by_test_id("contact")
    await contacts.first.locator("summary").click()
    await expect(contacts.first.get_by_test_id("contact-body")).to_have_text(
        "土曜の午前に変えてほしいとのこと。"
    )
    await expect(contacts.nth(1)).to_contain_text("お礼")

    await page.keyboard.press("g")
    share = page.get_by_test_id("product-share").first
    await expect(share).to_contain_text("21回 · 42点")
    await expect(share).to_contain_text("全体の40%")
    await expect(share.get_by_role("meter")).to_have_attribute("value", "40")
    assert stage.complaints == []


async def test_an_open_complaint_stands_in_place_of_suggestions(stage: Stage) -> None:
    page, _ = await stage.play("complaint")
    await expect(page.get_by_test_id("stop")).to_have_attribute("data-code", "open_complaint")
    await expect(page.get_by_test_id("stop")).to_contain_text("お詫び")
    await expect(page.get_by_test_id("suggestion")).to_have_count(0)
    await expect(page.locator("[data-testid=contact][data-open=true]")).to_contain_text("お叱り · 未解決")


async def test_before_there_is_trust_only_what_runs_out_is_offered(stage: Stage) -> None:
    page, _ = await stage.play("household")
    await expect(page.get_by_test_id("stop")).to_contain_text("1/3回")
    await expect(page.get_by_test_id("suggestion")).to_have_count(1)
    await expect(page.get_by_test_id("suggestion")).to_contain_text("そろそろなくなる頃です")


async def test_what_is_due_and_where_the_customer_stands(stage: Stage) -> None:
    page, _ = await stage.play("talking")
    await expect(page.get_by_test_id("due")).to_contain_text("4日過ぎています")
    await expect(page.get_by_test_id("stage")).to_have_attribute("data-stage", "repeater")
    rfm = page.get_by_test_id("rfm")
    await expect(rfm).to_have_text("R5 F4 M5")
    await expect(rfm).to_have_attribute("title", "RFM(5が最も良い): 最近 5・回数 4・金額 5")


async def test_what_became_of_a_suggestion_is_one_key_and_stays_marked(stage: Stage) -> None:
    page, person = await stage.play("talking")
    told = page.get_by_test_id("suggestion")
    await page.keyboard.press("2")
    await expect(page.get_by_test_id("suggestion-amount")).to_have_value("1980")
    await page.get_by_test_id("suggestion-amount").fill("たくさん")
    await page.get_by_test_id("suggestion-outcome-accepted").click()
    assert person.wrote == []
    await page.get_by_test_id("suggestion-amount").fill("3,960")
    await page.get_by_test_id("suggestion-outcome-accepted").click()
    await expect(told.nth(1)).to_have_attribute("data-outcome", "accepted")
    await page.keyboard.press("1")
    await page.keyboard.press("d")
    await expect(told.nth(0)).to_contain_text("見送り")
    assert [(path, body) for _, path, body in person.wrote] == [
        (
            "/api/customers/4021/suggestions/SK-2210/outcome",
            {"outcome": "accepted", "call_id": "call-o1", "amount_minor": 3960},
        ),
        (
            "/api/customers/4021/suggestions/CF-0700/outcome",
            {"outcome": "declined", "call_id": "call-o1", "amount_minor": None},
        ),
    ]
    await person.send("card.resolved", resolved(household()))
    await expect(page.get_by_test_id("customer-name")).to_have_text("長谷川 節子")
    await person.send("card.resolved", resolved(hanako()))
    await expect(told.nth(1)).to_have_attribute("data-outcome", "accepted")


async def test_a_note_is_kept_until_it_is_saved(stage: Stage) -> None:
    page, person = await stage.play("talking")
    await page.keyboard.press("w")
    assert await page.evaluate(FOCUSED) == "note-text"
    await page.keyboard.type("y1 土曜に折り返し")
    await page.reload()
    field = page.get_by_test_id("note-text")
    await expect(field).to_have_value("y1 土曜に折り返し")
    person.refuses = True
    await field.press("Control+Enter")
    await expect(page.get_by_role("alert")).to_contain_text("書いた内容は残っています")
    await expect(field).to_have_value("y1 土曜に折り返し")
    person.refuses = False
    await page.get_by_test_id("note-handover").check()
    await page.get_by_test_id("note-save").click()
    await expect(page.get_by_test_id("note-state")).to_have_text("保存しました")
    await expect(field).to_have_value("")
    [(method, path, body)] = person.wrote
    assert (method, path) == ("POST", "/api/customers/4021/notes")
    assert body.pop("key")
    assert body == {
        "text": "y1 土曜に折り返し",
        "kind": "handover",
        "is_pinned": False,
        "call_id": "call-o1",
    }
    await page.reload()
    await expect(page.get_by_test_id("note-text")).to_have_value("")


async def test_a_note_is_edited_where_it_stands(stage: Stage) -> None:
    page, person = await stage.play("talking")
    note = page.get_by_test_id("karte-note").first
    await note.get_by_test_id("note-edit").click()
    await note.get_by_test_id("note-edit-text").fill("猫の話題は避ける。")
    await note.get_by_test_id("note-edit-pin").check()
    await note.get_by_test_id("note-edit-save").click()
    await expect(page.get_by_test_id("note-edit-form")).to_have_count(0)
    change = {"text": "猫の話題は避ける。", "is_pinned": True}
    assert person.wrote == [("PATCH", "/api/notes/77", change)]


async def test_what_was_handed_over_stands_above_the_name(stage: Stage) -> None:
    page, person = await stage.play("talking")
    card = hanako()
    notes = [
        msgspec.structs.replace(one, kind="handover" if one.note_id == 77 else "note") for one in card.notes
    ]
    await person.send("card.resolved", resolved(msgspec.structs.replace(card, notes=notes)))
    handed = page.locator("[data-testid=pinned-note][data-kind=handover]")
    await expect(handed).to_contain_text("猫の話題は避ける")
    await expect(page.get_by_test_id("karte-note")).to_have_count(2)


async def test_a_caution_is_written_and_ended(stage: Stage) -> None:
    page, person = await stage.play("talking")
    await page.keyboard.press("t")
    assert await page.evaluate(FOCUSED) == "caution-text"
    await page.keyboard.type("犬が苦手")
    await page.get_by_test_id("caution-severity").select_option("notice")
    await page.get_by_test_id("caution-save").click()
    await expect(page.get_by_test_id("caution-text")).to_have_count(0)
    end = page.get_by_test_id("caution-end").first
    await end.focus()
    await page.keyboard.press("Enter")
    await page.get_by_test_id("caution-end-now").click()
    await until(page, lambda: len(person.wrote) == 2)
    assert person.wrote == [
        ("POST", "/api/customers/4021/cautions", {"severity": "notice", "text": "犬が苦手"}),
        ("DELETE", "/api/cautions/1", None),
    ]


async def test_counselling_is_told_in_words_and_answered_in_place(stage: Stage) -> None:
    page, person = await stage.play("talking")
    counselling = page.get_by_test_id("counselling")
    await expect(counselling).to_contain_text("お肌の悩み")
    await expect(counselling).to_contain_text("乾燥")
    await page.get_by_test_id("counselling-ask").click()
    await counselling.get_by_label("乾燥").uncheck()
    await counselling.get_by_label("はい").check()
    words = page.get_by_test_id("answer-words")
    await words.fill("3杯")
    await words.press("Enter")
    await expect(counselling).to_contain_text("数字で入力してください")
    await words.fill("３")
    await words.press("Enter")
    await until(page, lambda: len(person.wrote) == 3)
    assert [body for _, _, body in person.wrote] == [
        {"question": "skin", "answer": None},
        {"question": "gifts", "answer": True},
        {"question": "cups", "answer": 3},
    ]


async def test_a_covered_card_says_when_it_is_shown_in_full(stage: Stage) -> None:
    page, person = await stage.play("masked")
    await expect(page.get_by_test_id("veiled")).to_have_text("応答すると、すべて表示されます")
    await expect(page.get_by_test_id("customer-name")).to_have_text("佐＊ ＊＊")
    await expect(page.get_by_text("まだやり取りの記録がありません")).to_have_count(0)
    await person.send("call.answered", CallAnswered(offer_id="o1", answered_at=datetime.now(UTC)))
    await person.send("card.resolved", resolved(hanako()))
    await expect(page.get_by_test_id("veiled")).to_have_count(0)
    await expect(page.get_by_test_id("customer-name")).to_have_text("佐藤 花子")


async def test_an_open_card_has_no_cover(stage: Stage) -> None:
    page, _ = await stage.play("ringing")
    await expect(page.get_by_test_id("customer-name")).to_have_text("佐藤 花子")
    await expect(page.get_by_test_id("veiled")).to_have_count(0)


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1024, 768), (400, 800)])
async def test_what_is_opened_fits(stage: Stage, language: str, width: int, height: int) -> None:
    page = await stage.page(width=width, height=height, language=language)
    for scene, keys in (
        ("talking", ["2", "w"]),
        ("talking", ["f", "神"]),
        ("household", ["x", "m"]),
        ("talking", ["g"]),
        ("talking", ["t"]),
    ):
        await stage.play(scene, page, language)
        for key in keys:
            await page.keyboard.type(key)
            await page.evaluate("() => new Promise(requestAnimationFrame)")
        across, down = await page.evaluate(OVERFLOW)
        assert across <= 0, (scene, keys)
        assert down <= 0 or width < 1280, (scene, keys)
    assert stage.complaints == []


async def test_in_three_seconds_everything_needed_is_in_sight(stage: Stage) -> None:
    page, _ = await stage.play("ringing")
    for name in ("cautions", "pinned-note", "customer-name", "stage", "due", "suggestion", "note-text"):
        for one in await page.get_by_test_id(name).all():
            box = await one.bounding_box()
            assert box is not None, name
            assert box["y"] + box["height"] <= 720, name

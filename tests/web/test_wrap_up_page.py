"""After-call work on the page (A1): by keyboard alone, required fields, drafts, the clock, done, what waits."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from playwright.async_api import Page, expect

from cti_bridge.calls.outcomes import PartReason
from cti_bridge.calls.views import AgentState, OfferState
from cti_bridge.lookup.card import Lookup
from cti_bridge.push.envelope import CallAnswered, CallEnded
from tests.web.cards import hanako, household
from tests.web.conftest import Stage
from tests.web.fake_bridge import Person
from tests.web.people import ago
from tests.web.scenes import KYOTO, desk, offer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PATH = "/api/calls/call-o1/disposition"


async def expect_words(page: Page, words: str) -> None:
    await expect(page.get_by_test_id("wrap-up-pick")).to_contain_text(words)


async def press(page: Page, keys: str) -> None:
    """Digits of the lists, one after the other."""
    for key in keys:
        if key == "8":
            # It does something only while what it opens is there.
            await expect(page.get_by_test_id("wrap-up-pick").last).to_be_visible()
        await page.keyboard.press(key)
        if key == "8":
            await expect(page.get_by_test_id("disposition-picker")).to_be_visible()


def said(person: Person) -> list[tuple[str, Any]]:
    return [(path, body) for method, path, body in person.wrote if method in ("PUT", "POST")]


async def test_an_order_by_keyboard_alone(stage: Stage) -> None:
    page, person = await stage.play("wrap_up")
    await expect(page.get_by_test_id("wrap-up-clock")).to_contain_text("残り 0:3")
    await press(page, "8")
    await expect(page.get_by_test_id("disposition-category").first).to_be_focused()
    await page.keyboard.press("1")
    await expect(page.get_by_test_id("disposition-choice").first).to_be_focused()
    await page.keyboard.press("1")
    await expect_words(page, "ご注文 › ご注文を承った")
    await expect(page.get_by_test_id("wrap-up-amount")).to_be_focused()
    await expect(page.get_by_test_id("wrap-up-missing")).to_have_text("未入力の必須項目：金額")
    await page.keyboard.type("５，４００")
    await page.keyboard.press("Enter")
    await page.keyboard.press("9")
    await expect(page.get_by_test_id("agent-state")).to_have_attribute("data-state", "ready")
    wanted = {
        "category": "order",
        "disposition": "taken",
        "amount_minor": 5400,
        "follow_up_on": None,
        "customer_id": hanako().profile.customer_id,
    }
    assert said(person) == [(PATH, wanted), ("/api/wrap-up/done", None)]
    await expect(page.get_by_test_id("wrap-up-done")).to_have_count(0)
    await expect(page.get_by_test_id("wrap-up-state")).to_have_text("保存しました")


async def test_done_is_refused_in_words_while_something_is_missing(stage: Stage) -> None:
    page, person = await stage.play("wrap_up")
    await expect(page.get_by_test_id("wrap-up-done")).to_be_visible()
    await page.keyboard.press("9")
    refused = page.get_by_test_id("wrap-up-refused")
    await expect(refused).to_have_text("対応区分を選んでください。")
    await press(page, "835")  # an inquiry: call back promised
    await expect(page.get_by_test_id("wrap-up-follow-up")).to_be_focused()
    await page.keyboard.press("Escape")
    await page.keyboard.press("9")
    await expect(refused).to_have_text("未入力の必須項目：次のご連絡日、メモ")
    await page.get_by_test_id("wrap-up-follow-up").fill("2030-04-08")
    await page.keyboard.press("Escape")
    await page.keyboard.press("w")
    await page.keyboard.type("土曜の午前に折り返し")
    await page.keyboard.press("Escape")
    await page.keyboard.press("9")
    await expect(page.get_by_test_id("agent-state")).to_have_attribute("data-state", "ready")
    paths = [path for path, _ in said(person)]
    assert [path.rpartition("/")[2] for path in paths] == ["notes", "disposition", "done"]
    assert said(person)[1][1]["follow_up_on"] == "2030-04-08"


async def test_it_is_saved_as_one_with_the_note_while_talking(stage: Stage) -> None:
    page, person = await stage.play("talking")
    await expect(page.get_by_test_id("wrap-up-done")).to_have_count(0)
    await page.keyboard.press("9")
    await press(page, "862")  # praise, which requires a note
    await expect(page.get_by_test_id("wrap-up-pick")).to_be_focused()
    await page.keyboard.press("w")
    await page.keyboard.type("対応が丁寧とお褒めいただいた")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_test_id("wrap-up-state")).to_have_text("保存しました")
    await expect(page.get_by_test_id("note-state")).to_have_text("保存しました")
    assert [path.rpartition("/")[2] for path, _ in said(person)] == ["notes", "disposition"]
    # Said once, it is sent again only when it changes.
    await page.keyboard.type("追記")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_test_id("note-text")).to_have_value("")
    assert [path.rpartition("/")[2] for path, _ in said(person)] == ["notes", "disposition", "notes"]


async def test_the_lists_are_searched_by_typing_and_walked_by_arrows(stage: Stage) -> None:
    page, _ = await stage.play("talking", language="en")
    await press(page, "8")
    await page.keyboard.type("wrong")
    await expect(page.get_by_test_id("disposition-hit")).to_have_text(["1Other › Wrong number"])
    await page.keyboard.press("Enter")
    await expect_words(page, "Other › Wrong number")
    await press(page, "8")
    chosen = page.locator("[data-testid=disposition-category][aria-pressed=true]")
    await expect(chosen).to_be_focused()
    await expect(chosen).to_contain_text("Other")
    await page.keyboard.press("ArrowUp")
    await expect(chosen).to_contain_text("Thanks and praise")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await expect_words(page, "Thanks and praise › Thank-you call")
    await press(page, "8")
    await page.keyboard.type("zzz")
    await expect(page.get_by_test_id("disposition-picker")).to_contain_text("Nothing like that")
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("disposition-picker")).to_have_count(0)
    await expect(page.get_by_test_id("wrap-up-pick")).to_be_focused()


async def test_keys_of_the_page_do_nothing_while_the_lists_are_open(stage: Stage) -> None:
    page, _ = await stage.play("wrap_up")
    await press(page, "8")
    await page.keyboard.press("9")
    await page.keyboard.press("p")
    await expect(page.get_by_test_id("wrap-up-refused")).to_have_count(0)
    await expect(page.get_by_test_id("disposition-search")).to_have_value("p")
    await expect(page.get_by_test_id("customer-name")).to_be_visible()


async def test_digits_choose_with_an_input_method_on_too(stage: Stage) -> None:
    page, _ = await stage.play("wrap_up")
    await press(page, "8")
    for place in ("Digit7", "Numpad3"):
        # As Chromium tells it: the key is the input method's, only its place is known.
        await page.evaluate(
            "(code) => document.activeElement.dispatchEvent("
            "new KeyboardEvent('keydown', { key: 'Process', code, bubbles: true, cancelable: true }))",
            place,
        )
    await expect_words(page, "その他 › 営業電話")


async def test_a_key_pressed_while_somebody_types_does_nothing(stage: Stage) -> None:
    page, person = await stage.play("wrap_up")
    await page.keyboard.press("w")
    await page.keyboard.type("8と9")
    await expect(page.get_by_test_id("note-text")).to_have_value("8と9")
    await expect(page.get_by_test_id("disposition-picker")).to_have_count(0)
    assert person.wrote == []


async def test_what_was_typed_is_there_after_a_reload(stage: Stage) -> None:
    page, _ = await stage.play("wrap_up")
    await press(page, "811")
    await expect(page.get_by_test_id("wrap-up-amount")).to_be_focused()
    await page.keyboard.type("12a")
    await expect(page.get_by_test_id("wrap-up-amount")).to_have_attribute("aria-invalid", "true")
    await page.reload()
    await expect_words(page, "ご注文 › ご注文を承った")
    await expect(page.get_by_test_id("wrap-up-amount")).to_have_value("12a")
    kept = await page.evaluate("Object.keys(localStorage)")
    assert "cti-bridge.wrap-up.a1001" in kept, "it is this agent's alone"


async def test_what_the_server_refuses_stays_and_is_told(stage: Stage) -> None:
    page, person = await stage.play("wrap_up")
    person.refuses = True
    await press(page, "833")
    await page.get_by_test_id("wrap-up-save").click()
    fault = page.locator(".wrap-up [role=alert]")
    await expect(fault).to_contain_text("対応区分を保存できませんでした")
    await page.keyboard.press("9")
    await expect(page.get_by_test_id("agent-state")).to_have_attribute("data-state", "wrap_up")
    await expect_words(page, "お問い合わせ › お支払い・ご請求")
    person.refuses = False
    await page.keyboard.press("9")
    await expect(page.get_by_test_id("agent-state")).to_have_attribute("data-state", "ready")


async def test_more_time_once(stage: Stage) -> None:
    page, person = await stage.play("wrap_up")
    await page.get_by_test_id("wrap-up-more").click()
    await expect(page.get_by_test_id("wrap-up-clock")).to_contain_text("1:2")
    await expect(page.get_by_test_id("wrap-up-more")).to_have_count(0)
    await page.reload()
    person.refuses = True
    await page.get_by_test_id("wrap-up-more").click()
    await expect(page.locator(".wrap-up [role=alert]")).to_contain_text("これ以上は延長できません")


async def test_the_next_call_shows_and_what_waits_is_offered_afterwards(stage: Stage) -> None:
    page, person = await stage.play("wrap_up")
    await press(page, "811")
    await page.keyboard.type("980")
    await page.keyboard.press("Enter")
    ringing = offer(KYOTO, Lookup.FOUND, household(), offer_id="o2")
    await person.send("call.offered", ringing)
    await expect(page.get_by_test_id("customer-name")).to_have_text(household().profile.name)
    await expect(page.get_by_test_id("waiting-wrap-up")).to_have_count(0)
    await person.send("call.answered", CallAnswered(offer_id="o2", answered_at=ago(seconds=0)))
    await expect_words(page, "対応区分を選ぶ")
    await person.send(
        "call.ended", CallEnded(offer_id="o2", ended_at=ago(seconds=0), reason=PartReason.COMPLETED)
    )
    await expect(page.get_by_test_id("waiting-wrap-up")).to_contain_text("の対応区分が未入力です")
    await page.get_by_test_id("waiting-wrap-up-open").click()
    panel = page.locator(".waiting-wrap-up")
    await expect(panel.get_by_test_id("wrap-up-amount")).to_have_value("980")
    await panel.get_by_test_id("wrap-up-save").click()
    await expect(page.get_by_test_id("waiting-wrap-up")).to_have_count(0)
    assert said(person)[-1][0] == PATH
    assert said(person)[-1][1]["amount_minor"] == 980


async def test_between_calls_what_waits_is_offered_and_done_is_refused_until_it_is_said(stage: Stage) -> None:
    page, person = await stage.play("wrap_up")
    await page.keyboard.press("p")
    await expect(page.get_by_test_id("idle")).to_be_visible()
    await expect(page.get_by_test_id("wrap-up-done")).to_be_visible()
    await page.keyboard.press("9")
    await expect(page.get_by_test_id("wrap-up-refused")).to_have_text("区分が未入力の通話が残っています。")
    await page.keyboard.press("8")
    await press(page, "8")
    assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    await press(page, "73")
    await expect_words(page, "その他 › 営業電話")
    await page.get_by_test_id("wrap-up-save").click()
    await expect(page.get_by_test_id("waiting-wrap-up")).to_have_count(0)
    await page.keyboard.press("9")
    await expect(page.get_by_test_id("agent-state")).to_have_attribute("data-state", "ready")
    assert [path.rpartition("/")[2] for path, _ in said(person)] == ["disposition", "done"]


async def test_what_nobody_will_say_is_dropped(stage: Stage) -> None:
    page, person = await stage.play("wrap_up")
    await page.keyboard.press("p")
    await page.get_by_test_id("waiting-wrap-up-drop").click()
    await expect(page.get_by_test_id("waiting-wrap-up")).to_have_count(0)
    assert person.wrote == []


async def test_of_a_stranger_something_is_said_too(stage: Stage) -> None:
    page, person = await stage.play("unknown")
    await expect(page.get_by_test_id("wrap-up")).not_to_be_visible()
    await person.send("call.answered", CallAnswered(offer_id="o1", answered_at=ago(seconds=0)))
    await expect(page.get_by_test_id("wrap-up-pick")).to_be_in_viewport()
    await press(page, "811")
    await page.keyboard.type("100")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_test_id("wrap-up-refused")).to_have_text("未入力の必須項目：お客様")
    await press(page, "871")
    await page.get_by_test_id("wrap-up-save").click()
    await expect(page.get_by_test_id("wrap-up-state")).to_have_text("保存しました")
    assert said(person)[-1][1]["customer_id"] is None


async def test_nothing_is_asked_while_it_rings_or_where_the_centre_asks_nothing(stage: Stage) -> None:
    page, person = await stage.play("ringing")
    await expect(page.get_by_test_id("note-text")).to_be_visible()
    await expect(page.get_by_test_id("wrap-up-pick")).to_have_count(0)
    person.asks_dispositions = False
    await page.reload()
    shown = offer(KYOTO, Lookup.FOUND, household(), state=OfferState.TALKING, offer_id="o3")
    await person.send("call.offered", shown)
    await page.keyboard.press("s")
    await expect(page.get_by_test_id("wrap-up-pick")).to_have_count(0)
    await person.send("agent.state", msgspec.structs.replace(desk(AgentState.WRAP_UP)))


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize(("width", "height"), [(1280, 720), (400, 800)])
async def test_everything_is_on_the_page(stage: Stage, language: str, width: int, height: int) -> None:
    page = await stage.page(width, height, language)
    await stage.play("wrap_up", page, language)
    await press(page, "852")  # to be looked into: a date, a note
    await page.keyboard.press("Escape")
    await page.keyboard.press("9")
    await expect(page.get_by_test_id("wrap-up-refused")).to_be_visible()
    wide, high = await page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    )
    assert wide <= width
    if width == 1280:
        assert high <= height
    for part in ("wrap-up-pick", "wrap-up-follow-up", "wrap-up-done", "note-text"):
        box = await page.get_by_test_id(part).bounding_box()
        assert box is not None
        assert 0 <= box["x"] and box["x"] + box["width"] <= width
        # Where the page scrolls as a whole, the column may begin below the fold.
        assert width < 1280 or (0 <= box["y"] and box["y"] + box["height"] <= height)
    await press(page, "8")
    picker = await page.get_by_test_id("disposition-picker").bounding_box()
    assert picker is not None
    assert picker["x"] >= 0 and picker["x"] + picker["width"] <= width
    assert picker["y"] >= 0 and picker["y"] + picker["height"] <= height
    assert stage.complaints == []

"""Whom to transfer to and whom to call, in a real browser: found by name, reading and number."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.async_api import Page, expect

from cti_bridge.calls.commands import RefusalCode
from cti_bridge.calls.outcomes import PartReason
from cti_bridge.lookup.card import Lookup
from cti_bridge.push import command_bodies as ask
from cti_bridge.push.envelope import CallEnded, CallResumed
from tests.web.cards import household
from tests.web.conftest import Stage
from tests.web.scenes import KYOTO, offer
from tests.web.test_controls_page import CALL, expect_state, until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FOCUSED = "document.activeElement.dataset.testid"
OVERFLOW = "document.documentElement.scrollWidth - innerWidth"


async def type_target(page: Page, words: str) -> None:
    await page.keyboard.press("u")
    await expect(page.locator("[data-testid$=-input]")).to_be_focused()
    await expect(page.get_by_test_id("colleague").first).to_be_visible()
    await page.keyboard.type(words)


@pytest.mark.parametrize("words", ["高橋", "タカハシ", "たかはし", "ﾀｶﾊｼ", "1002", "１００２"])
async def test_a_colleague_is_found_by_name_by_reading_and_by_number(stage: Stage, words: str) -> None:
    page, person = await stage.play("talking")
    await type_target(page, words)
    first = page.get_by_test_id("colleague").first
    await expect(first).to_have_attribute("data-agent", "a1002")
    await expect(first).to_have_attribute("aria-selected", "true")
    await expect(first).to_contain_text("受付可")
    await page.get_by_test_id("transfer-blind").click()
    await expect_state(page, "ended")
    await expect(page.get_by_test_id("transfer-panel")).to_have_count(0)
    assert person.desk.done == [ask.BlindTransferRequest(CALL, "1002")]


async def test_by_keyboard_alone_a_word_first_then_joining_both(stage: Stage) -> None:
    page, person = await stage.play("talking")
    await type_target(page, "a")
    await page.keyboard.press("Backspace")
    # Nobody is meant by nothing.
    await expect(page.get_by_test_id("transfer-why")).to_have_text("相手を選ぶか、番号を入力してください。")
    await page.keyboard.press("Enter")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowUp")
    chosen = page.locator("[data-testid=colleague][aria-selected=true]")
    await expect(chosen).to_have_count(1)
    await expect(chosen).to_contain_text("アベ シズカ")
    await page.keyboard.press("Enter")
    assert await page.evaluate(FOCUSED) == "transfer-consult"
    await page.keyboard.press("Enter")
    await expect_state(page, "held")
    await expect(page.get_by_test_id("control-note")).to_contain_text("阿部 静香 さんと相談中です")
    await expect(page.get_by_test_id("control-hold")).to_have_attribute("aria-disabled", "true")
    # Hanging up would join the two: that must be meant.
    await page.keyboard.press("b")
    await expect(page.get_by_test_id("control-note")).to_contain_text("「つなぐ」か「戻る」")
    await page.keyboard.press("u")
    await expect_state(page, "ended")
    assert person.desk.done == [
        ask.BeginTransferRequest(CALL, "1023"),
        ask.CompleteTransferRequest(CALL),
    ]


async def test_going_back_to_the_customer(stage: Stage) -> None:
    page, person = await stage.play("talking")
    await type_target(page, "1002")
    await page.get_by_test_id("transfer-consult").click()
    await expect(page.get_by_test_id("control-complete")).to_be_visible()
    await expect_state(page, "held")
    await page.keyboard.press("v")
    await expect_state(page, "talking")
    await expect(page.get_by_test_id("control-transfer")).to_be_visible()
    await expect(page.get_by_test_id("control-note")).to_be_empty()
    assert person.desk.done[-1] == ask.CancelTransferRequest(CALL)


async def test_a_target_that_hangs_up_gives_the_customer_back(stage: Stage) -> None:
    page, person = await stage.play("talking")
    await type_target(page, "1002")
    await page.get_by_test_id("transfer-consult").click()
    await expect(page.get_by_test_id("control-complete")).to_be_visible()
    await person.send("call.resumed", CallResumed(offer_id="o1"))
    await expect(page.get_by_test_id("control-transfer")).to_be_visible()
    await expect(page.get_by_test_id("control-complete")).to_have_count(0)


async def test_a_consultation_that_is_no_more_is_forgotten(stage: Stage) -> None:
    page, person = await stage.play("talking")
    await type_target(page, "1002")
    await page.get_by_test_id("transfer-consult").click()
    await expect(page.get_by_test_id("control-complete")).to_be_visible()
    person.desk.refuse(RefusalCode.WRONG_STATE)
    await page.keyboard.press("u")
    await expect(page.get_by_test_id("control-trouble")).to_contain_text("つなげませんでした")
    await expect(page.get_by_test_id("control-transfer")).to_be_visible()


async def test_a_loaded_page_still_knows_of_the_consultation(stage: Stage) -> None:
    page, _ = await stage.play("held")
    await page.evaluate(
        """sessionStorage.setItem('cti-bridge.consulting',
           JSON.stringify({offerId: 'o1', who: '高橋 由美 さん', isHeld: true}))"""
    )
    await page.reload()
    await expect(page.get_by_test_id("control-complete")).to_be_visible()
    await expect(page.get_by_test_id("control-note")).to_contain_text("高橋 由美 さんと相談中です")


@pytest.mark.parametrize(("agent", "words", "why"), [
    ("a1003", "1003", "田中 健一さんは通話中のため、いま電話を取れません。"),
    ("a1024", "石川", "この方の電話番号が登録されていません。"),
])  # fmt: skip
async def test_who_cannot_take_it_is_shown_and_not_asked(
    stage: Stage, agent: str, words: str, why: str
) -> None:
    page, person = await stage.play("talking")
    await type_target(page, words)
    first = page.get_by_test_id("colleague").first
    await expect(first).to_have_attribute("data-agent", agent)
    for action in ("consult", "blind"):
        button = page.get_by_test_id(f"transfer-{action}")
        await expect(button).to_have_attribute("aria-disabled", "true")
        await button.click(force=True)
    await expect(page.get_by_test_id("transfer-why")).to_have_text(why)
    assert person.desk.sent == []


async def test_any_number_can_be_typed(stage: Stage) -> None:
    page, person = await stage.play("talking")
    await type_target(page, "０３-1111-2222")
    number = page.get_by_test_id("number")
    await expect(number).to_have_attribute("aria-selected", "true")
    await expect(number).to_contain_text("0311112222入力した番号")
    await page.get_by_test_id("transfer-consult").click()
    await expect(page.get_by_test_id("control-note")).to_contain_text("0311112222と相談中です")
    assert person.desk.done == [ask.BeginTransferRequest(CALL, "0311112222")]


async def test_a_refusal_is_told_in_the_panel_which_stays(stage: Stage) -> None:
    page, person = await stage.play("talking")
    person.desk.refuse(RefusalCode.NOT_FOUND)
    await type_target(page, "9999")
    await page.get_by_test_id("transfer-blind").click()
    await expect(page.get_by_test_id("transfer-why")).to_contain_text(
        "転送できませんでした。 相手の番号や通話が見つかりません。"
    )
    await expect(page.get_by_test_id("transfer-input")).to_have_value("9999")
    await expect_state(page, "talking")
    await page.get_by_test_id("transfer-input").press("Escape")
    await expect(page.get_by_test_id("transfer-panel")).to_have_count(0)


async def test_without_the_list_a_number_still_does(stage: Stage) -> None:
    page, person = await stage.play("talking")
    person.desk.has_colleagues = False
    await page.keyboard.press("u")
    panel = page.get_by_test_id("transfer-panel")
    await expect(panel).to_contain_text("同僚の一覧を読み込めませんでした")
    await page.keyboard.type("1002")
    await page.get_by_test_id("transfer-blind").click()
    await expect_state(page, "ended")
    assert person.desk.done == [ask.BlindTransferRequest(CALL, "1002")]


async def test_what_is_typed_is_not_taken_away_when_the_call_ends_or_another_rings(stage: Stage) -> None:
    page, person = await stage.play("talking")
    await type_target(page, "た")
    over = CallEnded(offer_id="o1", ended_at=datetime.now(UTC), reason=PartReason.COMPLETED)
    await person.send("call.ended", over)
    await expect(page.get_by_test_id("transfer-why")).to_have_text("この通話は終わりました。")
    await person.send("call.offered", offer(KYOTO, Lookup.FOUND, household(), offer_id="o2"))
    await expect(page.get_by_test_id("customer-name")).to_have_text("長谷川 節子")
    await page.keyboard.type("かはしx1")
    await expect(page.get_by_test_id("transfer-input")).to_have_value("たかはしx1")
    await page.keyboard.press("Enter")
    await page.get_by_test_id("transfer-close").click()
    await expect(page.get_by_test_id("transfer-panel")).to_have_count(0)
    assert person.desk.sent == []
    assert [path for _, path, _ in person.wrote] == []


async def test_the_dialler_between_calls(stage: Stage) -> None:
    page, person = await stage.play("idle")
    await type_target(page, "090-8765-4321")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("dial-panel")).to_have_count(0)
    assert person.desk.done == [ask.OriginateRequest("09087654321")]
    await page.get_by_test_id("dial-open").click()
    await page.get_by_test_id("dial-input").fill("いとう")
    await page.get_by_test_id("dial-call").click()
    await until(page, lambda: len(person.desk.done) == 2)
    assert person.desk.done[1] == ask.OriginateRequest("1004", "伊藤 真理")


async def test_a_ring_does_not_take_the_dialler_from_who_types(stage: Stage) -> None:
    page, person = await stage.play("idle")
    await type_target(page, "0312")
    await person.send("call.offered", offer(KYOTO, Lookup.FOUND, household(), offer_id="o2"))
    await expect(page.get_by_test_id("customer-name")).to_have_text("長谷川 節子")
    await page.keyboard.type("3")
    assert await page.evaluate(FOCUSED) == "dial-input"
    await expect(page.get_by_test_id("dial-input")).to_have_value("03123")
    await expect(page.get_by_test_id("dial-why")).to_contain_text("通話中は発信できません")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("dial-panel")).to_have_count(0)
    assert person.desk.sent == []


async def test_a_number_on_the_card_is_called_by_a_press(stage: Stage) -> None:
    page, person = await stage.play("ended")
    numbers = page.get_by_test_id("call-number")
    await numbers.nth(1).dblclick()
    await until(page, lambda: len(person.desk.done) == 1)
    assert person.desk.done == [ask.OriginateRequest("+819012345678", "佐藤 花子")]
    person.desk.refuse(RefusalCode.UNREACHABLE)
    await numbers.nth(0).click()
    await expect(page.get_by_test_id("control-trouble")).to_contain_text(
        "発信できませんでした。 電話機が応答しません。"
    )


async def test_in_a_call_no_number_is_called_and_why_is_said(stage: Stage) -> None:
    page, person = await stage.play("talking")
    number = page.get_by_test_id("call-number").first
    await expect(number).to_have_attribute("aria-disabled", "true")
    await number.click(force=True)
    await expect(page.get_by_test_id("control-note")).to_contain_text("通話中は発信できません")
    assert person.desk.sent == []


async def test_the_strangers_number_can_be_called_back(stage: Stage) -> None:
    page, person = await stage.play("unknown")
    over = CallEnded(offer_id="o1", ended_at=datetime.now(UTC), reason=PartReason.COMPLETED)
    await person.send("call.ended", over)
    await page.get_by_test_id("call-number").click()
    await until(page, lambda: person.desk.done == [ask.OriginateRequest("090-8765-4321", "KANAGAWA")])


@pytest.mark.parametrize("width", [400, 760, 1024, 1280])
@pytest.mark.parametrize("scene", ["recorded", "idle"])
async def test_the_panel_fits(stage: Stage, scene: str, width: int) -> None:
    page = await stage.page(width=width)
    await stage.play(scene, page)
    await type_target(page, "")
    assert await page.evaluate(OVERFLOW) <= 0
    panel = page.locator("[data-testid$=-panel]")
    buttons = panel.get_by_role("button")
    assert await buttons.count() >= 2
    why = await panel.locator(".directory-why").bounding_box()
    tools = await panel.locator(".directory-tools button").last.bounding_box()
    assert why is not None
    assert tools is not None
    assert tools["y"] + tools["height"] <= why["y"]
    if width == 1280:
        assert why["y"] + why["height"] <= 720

"""The agent's controls in a real browser: what each asks for, when it may not, what is said of it."""

from __future__ import annotations

import asyncio

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.async_api import Page, expect

from cti_bridge.calls.commands import RefusalCode
from cti_bridge.calls.ids import CallId
from cti_bridge.calls.outcomes import PartReason
from cti_bridge.lookup.card import Lookup
from cti_bridge.push import command_bodies as ask
from cti_bridge.push.envelope import CallAnswered, CallEnded, CallHeld, CallRecording, CallResumed
from tests.web.cards import household
from tests.web.conftest import Stage
from tests.web.fake_desk import SLOT
from tests.web.scenes import KYOTO, offer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

CALL = CallId("call-o1")
STATE = "[data-testid=offer][data-state={}]"
# Where everything stands that must not move.
PLACES = """() => [...document.querySelectorAll('[data-testid^=control-]:not([data-testid=control-note] *), '
    + '.card > .panel, .strip-number')].map((one) => [one.dataset.testid ?? one.className,
    one.getBoundingClientRect().toJSON()])"""


async def expect_state(page: Page, state: str) -> None:
    await expect(page.locator(STATE.format(state))).to_have_count(1)


@pytest.mark.parametrize("by", ["key", "click"])
async def test_hold_and_taking_back(stage: Stage, by: str) -> None:
    page, person = await stage.play("talking")
    hold = page.get_by_test_id("control-hold")

    async def press() -> None:
        await (page.keyboard.press("q") if by == "key" else hold.click())

    await expect(hold).to_have_text("Q保留")
    await press()
    await expect_state(page, "held")
    await expect(hold).to_have_text("Q保留解除")
    await press()
    await expect_state(page, "talking")
    assert person.desk.done == [ask.HoldRequest(CALL, True), ask.HoldRequest(CALL, False)]
    assert len({body.key for body in person.desk.sent}) == 2


async def test_nothing_is_shown_as_done_before_the_pbx_says_so(stage: Stage) -> None:
    page, person = await stage.play("talking")
    person.desk.is_silent = True
    person.desk.may_answer.clear()
    hold = page.get_by_test_id("control-hold")
    await page.keyboard.press("q")
    await expect(hold).to_have_attribute("aria-busy", "true")
    await expect(hold).to_have_text("Q依頼中…")
    await expect_state(page, "talking")
    # Meanwhile the others wait, and say so.
    await page.keyboard.press("v")
    await expect(page.get_by_test_id("control-note")).to_have_text("電話交換機の返事を待っています。")
    person.desk.may_answer.set()
    await expect(hold).to_have_text("Q保留")
    await expect_state(page, "talking")
    await person.send("call.held", CallHeld(offer_id="o1", held_at=datetime.now(UTC)))
    await expect(hold).to_have_text("Q保留解除")
    assert person.desk.done == [ask.HoldRequest(CALL, True)]


async def test_pressed_twice_is_one_wish(stage: Stage) -> None:
    page, person = await stage.play("talking")
    person.desk.may_answer.clear()
    hold = page.get_by_test_id("control-hold")
    await hold.dblclick()
    await page.keyboard.press("q")
    await expect(hold).to_have_attribute("aria-busy", "true")
    person.desk.may_answer.set()
    await expect_state(page, "held")
    assert len(person.desk.sent) == 1


async def test_a_lost_answer_is_asked_for_again_under_the_same_key(stage: Stage) -> None:
    page, person = await stage.play("talking")
    person.desk.drops = 2
    person.desk.is_silent = True
    await page.keyboard.press("q")
    await expect(page.get_by_test_id("control-hold")).to_have_attribute("aria-busy", "false")
    await expect(page.get_by_test_id("control-trouble")).to_have_count(0)
    first, second, third = person.desk.sent
    assert first == second == third
    assert person.desk.done == [ask.HoldRequest(CALL, True)]


async def test_when_no_answer_comes_the_same_wish_can_be_sent_again(stage: Stage) -> None:
    page, person = await stage.play("talking")
    person.desk.drops = 3
    await page.keyboard.press("q")
    trouble = page.get_by_test_id("control-trouble")
    await expect(trouble).to_contain_text("サーバーから返事がなく")
    await page.get_by_test_id("control-again").click()
    await expect(trouble).to_have_count(0)
    await until(page, lambda: len(person.desk.sent) == 4)
    assert len({body.key for body in person.desk.sent}) == 1
    assert person.desk.done == [ask.HoldRequest(CALL, True)]
    # A new wish has a key of its own.
    async with asyncio.timeout(10):
        while len(person.desk.sent) < 5:  # while the answer to the old one is on its way, it is the old one
            await page.keyboard.press("q")
            await asyncio.sleep(0.1)
    assert person.desk.sent[-1].key != person.desk.sent[0].key


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_every_refusal_is_said_in_words(stage: Stage, language: str) -> None:
    page, person = await stage.play("talking", await stage.page(language=language), language)
    trouble = page.get_by_test_id("control-trouble")
    said = set()
    for code in RefusalCode:
        person.desk.refuse(code)
        await page.keyboard.press("v")
        await until(page, lambda: len(person.desk.sent) == len(said) + 1)
        await expect(page.get_by_test_id("control-park")).to_have_attribute("aria-busy", "false")
        words = await trouble.inner_text()
        assert code not in words.replace(" ", "_").lower().split("_")
        assert "developers" not in words
        said.add(words)
    assert len(said) == len(RefusalCode)
    await expect_state(page, "talking")


async def test_what_was_not_confirmed_is_said_for_what_it_is(stage: Stage) -> None:
    page, person = await stage.play("talking")
    person.desk.keep_silent()
    await page.keyboard.press("v")
    trouble = page.get_by_test_id("control-trouble")
    await expect(trouble).to_have_text(
        "電話交換機から確認がありません。通話の様子を確かめてから操作してください。"
    )
    await expect(page.get_by_test_id("control-again")).to_have_count(0)
    await expect_state(page, "talking")


async def test_a_refusal_is_forgotten_when_the_next_wish_is_granted(stage: Stage) -> None:
    page, person = await stage.play("talking")
    person.desk.refuse(RefusalCode.NOT_SUPPORTED)
    await page.keyboard.press("q")
    await expect(page.get_by_test_id("control-trouble")).to_contain_text("電話機の保留ボタン")
    person.desk.relent()
    await page.keyboard.press("q")
    await expect_state(page, "held")
    await expect(page.get_by_test_id("control-trouble")).to_have_count(0)


async def test_parking_says_where_and_it_is_still_said_between_calls(stage: Stage) -> None:
    page, person = await stage.play("talking")
    await page.keyboard.press("v")
    await expect_state(page, "ended")
    await expect(page.get_by_test_id("control-note")).to_contain_text(f"パーク{SLOT}番")
    await page.keyboard.press("p")
    await expect(page.get_by_test_id("parked")).to_contain_text(f"{SLOT}にかけると取り戻せます")
    assert person.desk.done == [ask.ParkRequest(CALL)]


async def test_hanging_up_needs_a_second_press(stage: Stage) -> None:
    page, person = await stage.play("talking")
    hang_up = page.get_by_test_id("control-hang-up")
    await page.keyboard.press("b")
    await expect(hang_up).to_have_text("Bもう一度")
    await expect(page.get_by_test_id("control-note")).to_contain_text("もう一度押すと、通話を切ります")
    # Holding in between takes the first press back.
    await page.keyboard.press("q")
    await expect_state(page, "held")
    await expect(hang_up).to_have_text("B切る")
    assert person.desk.done == [ask.HoldRequest(CALL, True)]
    await page.keyboard.press("b")
    await expect(hang_up).to_have_text("Bもう一度")
    await page.keyboard.press("b")
    await expect_state(page, "ended")
    assert person.desk.done[1:] == [ask.HangUpRequest(CALL)]


async def test_a_first_press_of_hang_up_is_forgotten(stage: Stage) -> None:
    page, person = await stage.play("talking", await _with_clock(stage))
    await page.keyboard.press("b")
    await expect(page.get_by_test_id("control-hang-up")).to_have_text("Bもう一度")
    await page.clock.run_for(5_000)
    await expect(page.get_by_test_id("control-hang-up")).to_have_text("B切る")
    assert person.desk.sent == []


async def _with_clock(stage: Stage) -> Page:
    page = await stage.page()
    await page.clock.install()
    return page


async def test_while_it_rings_it_can_be_refused_and_nothing_else(stage: Stage) -> None:
    page, person = await stage.play("ringing")
    note = page.get_by_test_id("control-note")
    await expect(note).to_have_text("応答すると、保留や転送が使えます。")
    for name, key in (("hold", "q"), ("transfer", "u"), ("park", "v")):
        control = page.get_by_test_id(f"control-{name}")
        await expect(control).to_have_attribute("aria-disabled", "true")
        await expect(control).to_have_attribute("title", "応答してからお使いください。")
        await page.keyboard.press(key)
        await expect(note).to_have_text("応答してからお使いください。")
    await expect(page.get_by_test_id("transfer-panel")).to_have_count(0)
    hang_up = page.get_by_test_id("control-hang-up")
    await expect(hang_up).to_have_text("B断る")
    await hang_up.click()
    await expect(note).to_have_text("もう一度押すと、着信を断ります")
    await hang_up.click()
    await until(page, lambda: person.desk.done == [ask.HangUpRequest(CALL)])


async def test_nothing_moves_when_the_state_changes(stage: Stage) -> None:
    page, person = await stage.play("ringing")
    before = await page.evaluate(PLACES)
    assert len(before) >= 8
    await person.send("call.answered", CallAnswered(offer_id="o1", answered_at=datetime.now(UTC)))
    await expect_state(page, "talking")
    assert await page.evaluate(PLACES) == before
    person.desk.refuse(RefusalCode.NOT_PERMITTED_AT_PBX)
    await page.keyboard.press("q")
    await expect(page.get_by_test_id("control-trouble")).to_be_visible()
    assert await page.evaluate(PLACES) == before
    await person.send("call.held", CallHeld(offer_id="o1", held_at=datetime.now(UTC)))
    await expect_state(page, "held")
    assert await page.evaluate(PLACES) == before
    person.desk.may_answer.clear()
    await page.keyboard.press("q")
    await expect(page.get_by_test_id("control-hold")).to_have_attribute("aria-busy", "true")
    assert await page.evaluate(PLACES) == before
    await page.keyboard.press("b")
    assert await page.evaluate(PLACES) == before
    panels = [place for place in before if "panel" in place[0]]
    ended = CallEnded(offer_id="o1", ended_at=datetime.now(UTC), reason=PartReason.COMPLETED)
    await person.send("call.ended", ended)
    await expect_state(page, "ended")
    assert [place for place in await page.evaluate(PLACES) if "panel" in place[0]] == panels


async def test_what_the_recording_hears(stage: Stage) -> None:
    page, person = await stage.play("talking")
    mute = page.get_by_test_id("control-mute")
    await expect(mute).to_have_count(0)
    begun = CallRecording(offer_id="o1", is_recorded=True, is_recording_muted=False)
    await person.send("call.recording", begun)
    await expect(mute).to_have_text("0録音停止")
    await page.keyboard.press("0")
    await expect(mute).to_have_text("0録音再開")
    await expect(page.get_by_test_id("control-note")).to_have_text("録音を止めています。")
    await page.keyboard.press("0")
    await expect(mute).to_have_text("0録音停止")
    assert person.desk.done == [ask.MuteRecordingRequest(CALL, True), ask.MuteRecordingRequest(CALL, False)]


async def test_keys_do_nothing_while_somebody_types(stage: Stage) -> None:
    page, person = await stage.play("recorded")
    await page.keyboard.press("w")
    await page.keyboard.type("quvbb0i")
    await expect(page.get_by_test_id("note-text")).to_have_value("quvbb0i")
    await person.send("call.held", CallHeld(offer_id="o1", held_at=datetime.now(UTC)))
    await expect_state(page, "held")
    await person.send("call.resumed", CallResumed(offer_id="o1"))
    await expect_state(page, "talking")
    assert await page.evaluate("document.activeElement.dataset.testid") == "note-text"
    await expect(page.get_by_test_id("transfer-panel")).to_have_count(0)
    await expect(page.get_by_test_id("pause-menu")).to_be_hidden()
    assert person.desk.sent == []


async def test_another_call_has_controls_of_its_own(stage: Stage) -> None:
    page, person = await stage.play("talking")
    await person.send("call.offered", offer(KYOTO, Lookup.FOUND, household(), offer_id="o2"))
    await expect(page.get_by_test_id("offer")).to_have_count(2)
    await page.keyboard.press("b")
    await page.keyboard.press("s")
    await expect(page.get_by_test_id("customer-name")).to_have_text("長谷川 節子")
    await expect(page.get_by_test_id("control-hang-up")).to_have_text("B断る")
    await page.keyboard.press("b")
    await page.keyboard.press("b")
    await until(page, lambda: person.desk.done == [ask.HangUpRequest(CallId("call-o2"))])


async def until(page: Page, is_so: Callable[[], bool]) -> None:
    """Waits for what only the server sees."""
    for _ in range(150):
        if is_so():
            return
        await page.wait_for_timeout(20)
    raise AssertionError("did not come to pass within 3 s")

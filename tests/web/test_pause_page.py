"""Pausing with a reason and coming back, in a real browser."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from cti_bridge.calls.commands import RefusalCode
from cti_bridge.calls.views import AgentState, AgentStatus
from cti_bridge.push import command_bodies as ask
from tests.web.conftest import Stage
from tests.web.scenes import desk
from tests.web.test_controls_page import until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_pausing_by_key_with_a_reason_and_back(stage: Stage) -> None:
    page, person = await stage.play("idle")
    state = page.get_by_test_id("agent-state")
    await page.keyboard.press("i")
    await page.keyboard.press("i")
    reasons = page.get_by_test_id("pause-reason")
    await expect(reasons).to_have_text(["休憩", "昼休み", "研修"])
    await expect(reasons.nth(0)).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(reasons.nth(1)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(state).to_contain_text("離席中昼休み")
    await expect(page.get_by_test_id("pause-menu")).to_be_hidden()
    await page.keyboard.press("i")
    await expect(state).to_contain_text("受付可")
    assert person.desk.done == [ask.PauseRequest(True, "昼休み"), ask.PauseRequest(False)]


async def test_a_pause_that_was_refused_is_told_where_it_was_asked_for(stage: Stage) -> None:
    page, person = await stage.play("paused")
    person.desk.refuse(RefusalCode.WRONG_STATE)
    await page.get_by_test_id("pause-end").click()
    trouble = page.get_by_test_id("pause-menu").get_by_test_id("control-trouble")
    await expect(trouble).to_have_text("受付に戻れませんでした。 いまの状態ではできません。")
    await expect(page.get_by_test_id("agent-state")).to_contain_text("離席中")
    person.desk.relent()
    await page.keyboard.press("Escape")
    await page.keyboard.press("i")
    await expect(page.get_by_test_id("agent-state")).to_contain_text("受付可")


async def test_a_pause_in_a_call_stands_beside_it(stage: Stage) -> None:
    page, person = await stage.play("talking")
    person.desk.is_silent = True
    await page.get_by_test_id("pause-open").click()
    await page.get_by_test_id("pause-reason").filter(has_text="休憩").first.click()
    await until(page, lambda: person.desk.done == [ask.PauseRequest(True, "休憩")])
    await expect(page.get_by_test_id("agent-state")).to_contain_text("通話中")
    await person.send("agent.state", desk(AgentState.TALKING, status=AgentStatus.PAUSED))
    await expect(page.get_by_test_id("pause-end")).to_be_visible()
    await expect(page.get_by_test_id("status")).to_have_text("離席")

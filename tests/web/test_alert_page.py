"""A ring nobody looks at (P5): notification and tone, from one of several tabs, taken back with the offer."""

from __future__ import annotations

import asyncio
import json
from typing import Literal

import pytest
from playwright.async_api import BrowserContext, Page, expect

from cti_bridge.calls.outcomes import WithdrawReason
from cti_bridge.lookup.card import Lookup
from cti_bridge.push.envelope import CallWithdrawn
from tests.web.cards import hanako
from tests.web.conftest import Stage
from tests.web.fake_bridge import Person
from tests.web.scenes import HOME, offer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# Notes what the real Notification and the real oscillators were asked for, and lets a test hide the tab.
# Both stand on <html>: the notifications that are open, and for each tone how often it was told to stop.
# A tone planned to its end is told once, one cut short twice.
NOTED = """
window.told = [];
window.tones = [];
const write = () => {
  const html = document.documentElement.dataset;
  html.told = JSON.stringify(told.filter((each) => !each.isClosed).map((each) => [each.title, each.body]));
  html.tones = JSON.stringify(tones.map((each) => each.stops));
};
window.Notification = class extends Notification {
  constructor(title, options) {
    super(title, options);
    told.push({ title, ...options, one: this });
    write();
  }
  close() {
    told.find((each) => each.one === this).isClosed = true;
    super.close();
    write();
  }
};
const [start, stop] = [OscillatorNode.prototype.start, OscillatorNode.prototype.stop];
OscillatorNode.prototype.start = function (at) {
  if (this.frequency.value > 100) tones.push({ one: this, stops: 0 });
  start.call(this, at);
};
OscillatorNode.prototype.stop = function (at) {
  const noted = tones.find((each) => each.one === this);
  if (noted) noted.stops += 1;
  stop.call(this, at);
  write();
};
window.hide = (isHidden) => {
  Object.defineProperty(document, 'hidden', { get: () => isHidden, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
};
addEventListener('DOMContentLoaded', write);
"""
TOLD = [[f"☎ {hanako().profile.name} 様 — 受注窓口", HOME.display]]


async def agent(stage: Stage, **options: str) -> tuple[Page, Person]:
    page = await stage.page(**options)
    await page.context.grant_permissions(["notifications"])
    await page.add_init_script(NOTED)
    return await stage.play("idle", page)


async def second_tab(stage: Stage, context: BrowserContext) -> Page:
    page = await context.new_page()
    await page.add_init_script(NOTED)
    await page.goto(stage.origin)
    await page.wait_for_selector("[data-live=true] [data-testid=agent-state]")
    return page


async def ring(person: Person) -> None:
    await person.send("call.offered", offer(HOME, Lookup.FOUND, hanako(), offer_id="r1"))


async def withdraw(person: Person) -> None:
    await person.send("call.withdrawn", CallWithdrawn(offer_id="r1", reason=WithdrawReason.ABANDONED))


async def has(page: Page, what: Literal["told", "tones"], value: object) -> None:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    await expect(page.locator("html")).to_have_attribute(f"data-{what}", text)


async def one_of(page: Page, other: Page, what: Literal["told", "tones"], value: object) -> tuple[Page, Page]:
    """The tab that has it, and the other."""
    tabs = {asyncio.create_task(has(tab, what, value)): tab for tab in (page, other)}
    done, pending = await asyncio.wait(tabs, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    (found,) = done
    await found
    return tabs[found], other if tabs[found] is page else page


async def test_a_hidden_tab_notifies_until_the_offer_is_withdrawn(stage: Stage) -> None:
    page, person = await agent(stage)
    await page.evaluate("hide(true)")
    await ring(person)
    await has(page, "told", TOLD)
    await withdraw(person)
    await has(page, "told", [])
    await expect(page.get_by_test_id("missed")).to_be_visible()


async def test_who_comes_to_look_need_not_be_told(stage: Stage) -> None:
    page, person = await agent(stage)
    await ring(person)
    await expect(page.get_by_test_id("customer-name")).to_be_visible()
    await has(page, "told", [])
    await page.evaluate("hide(true)")
    await has(page, "told", TOLD)
    await page.evaluate("hide(false)")
    await has(page, "told", [])


async def test_a_click_goes_to_the_tab(stage: Stage) -> None:
    page, person = await agent(stage)
    await page.evaluate("hide(true); window.focus = () => { window.wasFocused = true; }")
    await ring(person)
    await has(page, "told", TOLD)
    await page.evaluate("told[0].one.dispatchEvent(new Event('click'))")
    assert await page.evaluate("window.wasFocused")
    await has(page, "told", [])


async def test_of_two_hidden_tabs_one_notifies_and_of_a_hidden_and_a_seen_one_none(stage: Stage) -> None:
    page, person = await agent(stage)
    other = await second_tab(stage, page.context)
    await page.evaluate("hide(true)")
    await ring(person)
    await expect(other.get_by_test_id("customer-name")).to_be_visible()
    await has(page, "told", [])
    await withdraw(person)
    await expect(page.get_by_test_id("missed")).to_be_visible()
    await other.evaluate("hide(true)")
    await ring(person)
    told, quiet = await one_of(page, other, "told", TOLD)
    await expect(quiet.get_by_test_id("customer-name")).to_be_visible()
    await has(quiet, "told", [])
    await told.close()
    await has(quiet, "told", TOLD)


async def test_nobody_is_asked_without_a_press(stage: Stage) -> None:
    page = await stage.page()
    await page.add_init_script(
        """Object.defineProperty(Notification, 'permission', { get: () => 'default' });
           Notification.requestPermission = async () => { window.asked = true; return 'granted'; };"""
    )
    await stage.play("ringing", page)
    assert await page.evaluate("window.asked") is None
    await page.get_by_test_id("display").click()
    await page.get_by_test_id("ask-notification").click()
    await expect(page.get_by_test_id("ring-notification")).to_be_visible()
    assert await page.evaluate("window.asked")
    assert stage.complaints == []


async def test_a_refused_permission_is_explained(stage: Stage) -> None:
    page = await stage.page()
    await page.add_init_script("Object.defineProperty(Notification, 'permission', { get: () => 'denied' });")
    await stage.play("idle", page)
    await page.get_by_test_id("display").click()
    await expect(page.get_by_test_id("no-notification")).to_be_visible()


async def test_the_tone_rings_once_allowed_in_one_tab_and_ends_with_the_offer(stage: Stage) -> None:
    page, person = await agent(stage)
    other = await second_tab(stage, page.context)
    await ring(person)
    await expect(page.get_by_test_id("customer-name")).to_be_visible()
    await has(page, "tones", [])  # off until chosen
    await withdraw(person)
    for tab in (page, other):
        await tab.get_by_test_id("display").click()
        await tab.get_by_test_id("ring-tone").locator("[value=soft]").click()
        # What was chosen is played, and the browser lets the page sound from now on.
        await has(tab, "tones", [1])
        await expect(tab.get_by_test_id("ring-tone-blocked")).to_have_count(0)
        await tab.keyboard.press("Escape")
    await ring(person)
    rang, quiet = await one_of(page, other, "tones", [1, 1])
    await expect(quiet.get_by_test_id("customer-name")).to_be_visible()
    await withdraw(person)
    await has(rang, "tones", [1, 2])
    await has(quiet, "tones", [1])
    assert stage.complaints == []


async def test_a_page_that_may_not_sound_yet_says_so_and_a_key_allows_it(stage: Stage) -> None:
    page, person = await agent(stage, ring_tone="loud")
    await page.get_by_test_id("display").focus()
    await page.evaluate("document.querySelector('[data-testid=display]').popoverTargetElement.showPopover()")
    await expect(page.get_by_test_id("ring-tone-blocked")).to_be_visible()
    await ring(person)
    await expect(page.get_by_test_id("customer-name")).to_be_visible()
    await has(page, "tones", [])
    await withdraw(person)
    await page.keyboard.press("Shift")
    await page.keyboard.press("s")
    await expect(page.get_by_test_id("ring-tone-blocked")).to_have_count(0)
    await ring(person)
    await has(page, "tones", [1])


async def test_a_link_without_beats_is_told_and_comes_back(stage: Stage) -> None:
    page, person = await agent(stage)
    person.is_silent = True
    # 8 s; where timers come late, one beat more.
    await expect(page.get_by_test_id("link-lost")).to_be_visible(timeout=20_000)
    person.is_silent = False
    await expect(page.get_by_test_id("link-lost")).to_have_count(0, timeout=10_000)

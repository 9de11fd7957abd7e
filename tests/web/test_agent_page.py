"""The agent's page in a real browser, against the fake bridge."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.async_api import Page, expect

from cti_bridge.calls.effects import AgentState, WithdrawReason
from cti_bridge.lookup.card import Lookup
from cti_bridge.push.envelope import CallAnswered, CallEnded, CallWithdrawn, CardResolved
from tests.web.cards import hanako, household
from tests.web.conftest import Stage
from tests.web.scenes import AGENT_SCENES, HOME, KYOTO, desk, offer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# Every element that bears text of its own and can be seen, with the size it is written in.
TEXT_SIZES = """() => {
  const sizes = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const box = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !box.checkVisibility({ visibilityProperty: true })) continue;
    if (box.closest('.visually-hidden')) continue;
    sizes.push([parseFloat(getComputedStyle(box).fontSize), walker.currentNode.data]);
  }
  return sizes;
}"""
# By how much the page is wider and higher than the window.
OVERFLOW = """() => {
  const page = document.documentElement;
  return [page.scrollWidth - innerWidth, page.scrollHeight - innerHeight];
}"""
COLUMNS = """() => [...document.querySelectorAll('.card > .panel')]
  .map((column) => column.getBoundingClientRect().toJSON())"""


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_every_scene_fits_and_is_readable(stage: Stage, language: str) -> None:
    page = await stage.page(language=language)
    for scene in AGENT_SCENES:
        await stage.play(scene, page, language)
        assert await page.evaluate(OVERFLOW) == [0, 0], scene
        small = [text for size, text in await page.evaluate(TEXT_SIZES) if size < 18]
        assert small == [], scene
    assert stage.complaints == []


@pytest.mark.parametrize("width", [400, 760, 1024])
async def test_narrow_pages_scroll_only_downwards(stage: Stage, width: int) -> None:
    page = await stage.page(width=width)
    for scene in ("idle", "ringing", "household", "unknown", "several", "pending", "extreme"):
        await stage.play(scene, page)
        assert (await page.evaluate(OVERFLOW))[0] <= 0, scene


async def test_large_text_reflows_instead_of_overflowing(stage: Stage) -> None:
    page = await stage.page(text_size="large")
    await stage.play("ringing", page)
    assert (await page.evaluate(OVERFLOW))[0] <= 0
    name = page.get_by_test_id("customer-name")
    assert await name.evaluate("(name) => name.getBoundingClientRect().height") >= 40


async def test_cautions_come_first_then_the_note_then_the_name(stage: Stage) -> None:
    page, _ = await stage.play("ringing")
    order = await page.evaluate(
        """() => [...document.querySelectorAll('[data-testid]')].map((one) => one.dataset.testid)
             .filter((id) => ['cautions', 'pinned-note', 'customer-reading', 'customer-name'].includes(id))"""
    )
    assert order == ["cautions", "pinned-note", "customer-reading", "customer-name"]
    name = page.get_by_test_id("customer-name")
    assert await name.evaluate("(name) => parseFloat(getComputedStyle(name).fontSize)") >= 28
    first = page.get_by_test_id("cautions").locator("li").first
    await expect(first).to_contain_text("重要")


async def test_a_ring_is_announced_and_written_in_the_title(stage: Stage) -> None:
    page, person = await stage.play("idle")
    await expect(page).to_have_title("応対画面 — CTI Bridge")
    await person.send("call.offered", offer(HOME, Lookup.FOUND, hanako()))
    await expect(page).to_have_title("☎ 佐藤 花子 様 — 受注窓口")
    said = page.get_by_test_id("announcement")
    await expect(said).to_contain_text("佐藤 花子")
    await expect(said).to_have_attribute("aria-live", "polite")
    await person.send("call.answered", CallAnswered(offer_id="o1", answered_at=datetime.now(UTC)))
    await expect(page).to_have_title("応対画面 — CTI Bridge")
    await expect(said).to_be_empty()


async def test_a_ring_takes_neither_focus_nor_keys_from_who_is_typing(stage: Stage) -> None:
    page, person = await stage.play("ended")
    await page.evaluate(
        "() => { const field = document.createElement('input'); field.id = 'field';"
        " document.querySelector('header').append(field); field.focus(); }"
    )
    await person.send("call.offered", offer(KYOTO, Lookup.FOUND, household(), offer_id="o2"))
    await expect(page.get_by_test_id("customer-name")).to_have_text("長谷川 節子")
    await page.keyboard.type("pson123")
    assert await page.evaluate("document.activeElement.id") == "field"
    assert await page.locator("#field").input_value() == "pson123"
    await expect(page.get_by_test_id("suggestion").first).to_have_attribute("aria-expanded", "false")


async def test_everything_goes_by_key(stage: Stage) -> None:
    page, person = await stage.play("several")
    name = page.get_by_test_id("customer-name")
    await expect(name).to_have_text("佐藤 花子")
    await page.keyboard.press("2")
    await expect(page.get_by_test_id("suggestion").nth(1)).to_have_attribute("aria-expanded", "true")
    await page.keyboard.press("c")
    await expect(page.get_by_test_id("order")).to_have_count(0)
    await expect(page.get_by_test_id("contact")).to_have_count(5)
    await page.keyboard.press("s")
    await expect(name).to_have_text("長谷川 節子")
    for offer_id in ("o2", "o3"):
        gone = CallWithdrawn(offer_id=offer_id, reason=WithdrawReason.ANSWERED_ELSEWHERE)
        await person.send("call.withdrawn", gone)
    await person.send("call.ended", CallEnded(offer_id="o1", ended_at=datetime.now(UTC)))
    await expect(page.locator("[data-testid=offer][data-state=ended]")).to_have_count(1)
    await expect(name).to_have_text("佐藤 花子")
    await page.keyboard.press("p")
    await expect(page.get_by_test_id("idle")).to_be_visible()
    await expect(page.get_by_test_id("missed")).to_contain_text("ほかの担当者が応答しました")
    await page.keyboard.press("r")
    await expect(name).to_have_text("佐藤 花子")


async def test_keys_can_be_turned_off(stage: Stage) -> None:
    page, _ = await stage.play("ended")
    await page.get_by_test_id("display").click()
    await page.get_by_label("使わない").check()
    await page.keyboard.press("Escape")
    await page.locator("body").press("p")
    await expect(page.get_by_test_id("offer")).to_have_count(1)
    await expect(page.locator(".keycap")).to_have_count(0)


async def test_a_ring_does_not_take_the_card_of_a_talk_away(stage: Stage) -> None:
    page, person = await stage.play("talking")
    await person.send("call.offered", offer(KYOTO, Lookup.FOUND, household(), offer_id="o2"))
    await expect(page.get_by_test_id("offer")).to_have_count(2)
    await expect(page.get_by_test_id("customer-name")).to_have_text("佐藤 花子")


async def test_a_late_card_moves_nothing(stage: Stage) -> None:
    page, person = await stage.play("pending")
    before = await page.evaluate(COLUMNS)
    hidden = await page.locator(".skeleton-lines").first.evaluate(
        "(one) => getComputedStyle(one).animationDelay"
    )
    assert hidden == "0.15s"
    card = hanako()
    await person.send("card.resolved", CardResolved(offer_id="o1", lookup=Lookup.FOUND, card=card))
    await expect(page.get_by_test_id("customer-name")).to_have_text("佐藤 花子")
    assert await page.evaluate(COLUMNS) == before


@pytest.mark.parametrize(
    ("scene", "words"),
    [
        ("unknown", "この番号のお客様は登録がありません"),
        ("private", "非通知"),
        ("pay_phone", "公衆電話"),
        ("out_of_area", "番号を通知できない"),
        ("no_records", "お客様の情報を取得できません"),
    ],
)
async def test_why_there_is_no_card(stage: Stage, scene: str, words: str) -> None:
    page, _ = await stage.play(scene)
    await expect(page.get_by_test_id("lookup-note")).to_contain_text(words)
    await expect(page.get_by_role("checkbox").first).to_be_visible()


async def test_a_lost_link_is_said_and_comes_back_where_it_was(stage: Stage) -> None:
    page, person = await stage.play("talking")
    await expect(page.get_by_test_id("customer-name")).to_be_visible()
    await person.cut()
    lost = page.get_by_test_id("link-lost")
    await expect(lost).to_contain_text("接続が切れています")
    await expect(page.get_by_test_id("customer-name")).to_be_visible()
    person.is_cut = False
    await lost.get_by_role("button").click()
    await expect(lost).to_have_count(0)
    await person.send("agent.state", desk(AgentState.TALKING, waiting=7))
    await expect(page.locator(".desk-figures")).to_contain_text("7人")


async def test_what_was_painted_is_acknowledged(stage: Stage) -> None:
    page, person = await stage.play("idle")
    await person.send("call.offered", offer(HOME, Lookup.FOUND, hanako()))
    await expect(page.get_by_test_id("customer-name")).to_be_visible()
    await _until(page, lambda: person.acks == [1, 2])


async def test_the_language_is_kept(stage: Stage) -> None:
    page, person = await stage.play("ringing")
    await page.get_by_test_id("language").click()
    await expect(page.get_by_test_id("agent-state")).to_contain_text("Ringing")
    assert await page.evaluate("document.documentElement.lang") == "en"
    await _until(page, lambda: person.language == "en")
    await page.reload()
    await expect(page.get_by_test_id("agent-state")).to_contain_text("Ringing")


async def _until(page: Page, is_so: object) -> None:
    """Waits for what only the server sees."""
    assert callable(is_so)
    for _ in range(100):
        if is_so():
            return
        await page.wait_for_timeout(20)
    raise AssertionError("did not come to pass within 2 s")

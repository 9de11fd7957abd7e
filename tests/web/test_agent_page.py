"""The agent's page in a real browser, against the fake bridge."""

from __future__ import annotations

import asyncio

from datetime import UTC, datetime

import pytest
from playwright.async_api import Page, expect

from cti_bridge.calls.outcomes import PartReason, WithdrawReason
from cti_bridge.calls.views import AgentState, Direction, OfferState
from cti_bridge.lookup.card import Lookup
from cti_bridge.push.envelope import CallAnswered, CallEnded, CallWithdrawn, CardResolved
from tests.web.cards import hanako, household
from tests.web.conftest import Stage
from tests.web.scenes import AGENT_SCENES, HOME, INSIDE, KYOTO, desk, offer

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
    await person.send("call.ended", ended("o1", PartReason.COMPLETED))
    await expect(page.locator("[data-testid=offer][data-state=ended]")).to_have_count(1)
    await expect(name).to_have_text("佐藤 花子")
    await page.keyboard.press("p")
    await expect(page.get_by_test_id("idle")).to_be_visible()
    await expect(page.get_by_test_id("missed")).to_contain_text("ほかの担当者が応答しました")
    await page.keyboard.press("r")
    await expect(name).to_have_text("佐藤 花子")


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (PartReason.COMPLETED, "通話終了"),
        (PartReason.TRANSFERRED, "転送しました"),
        (PartReason.PARKED, "パークに置きました"),
        (PartReason.LOST, "終わりを確認できません"),
    ],
)
async def test_how_a_call_ended_is_said(stage: Stage, reason: PartReason, words: str) -> None:
    page, person = await stage.play("talking")
    await person.send("call.ended", ended("o1", reason))
    await expect(page.locator("[data-testid=offer][data-state=ended]")).to_contain_text(words)


async def test_a_transfer_says_who_passed_it_on_and_whose_call_it_is_now(stage: Stage) -> None:
    page, person = await stage.play("idle")
    colleague = offer(INSIDE, Lookup.INTERNAL, state=OfferState.TALKING, direction=Direction.INTERNAL)
    await person.send("call.offered", colleague)
    await expect(page.get_by_test_id("lookup-note")).to_contain_text("内線")
    passed_on = offer(KYOTO, Lookup.FOUND, household(), state=OfferState.TALKING, transferred_by="山本 浩二")
    await person.send("call.transferred", passed_on)
    await expect(page.get_by_test_id("customer-name")).to_have_text("長谷川 節子")
    await expect(page.get_by_test_id("transferred-by")).to_have_text("山本 浩二 さんから転送")
    await expect(page.get_by_test_id("became")).to_have_text("いまは 長谷川 節子 様 の通話です")
    await expect(page.get_by_test_id("announcement")).to_contain_text("長谷川 節子")
    await expect(page).to_have_title("応対画面 — CTI Bridge")


async def test_a_call_out_is_shown_from_the_first_and_told_when_nobody_answers(stage: Stage) -> None:
    page, person = await stage.play("dialling")
    strip = page.locator("[data-testid=offer][data-state=dialling]")
    await expect(strip).to_contain_text("発信中")
    await expect(page.get_by_test_id("announcement")).to_be_empty()
    gone = CallWithdrawn(offer_id="o1", reason=WithdrawReason.NOT_REACHED)
    await person.send("call.withdrawn", gone)
    await expect(page.get_by_test_id("missed")).to_contain_text("相手の方が出ませんでした")
    await expect(page.get_by_test_id("missed")).to_contain_text("直前の発信")


async def test_wrap_up_counts_down(stage: Stage) -> None:
    page, _ = await stage.play("wrap_up")
    left = page.get_by_test_id("wrap-up-left")
    await expect(left).to_contain_text("残り 0:3")
    await expect(left).not_to_have_text(await left.inner_text())


async def test_a_pause_that_waits_for_the_end_of_a_call_is_shown_beside_it(stage: Stage) -> None:
    page, _ = await stage.play("transferred")
    await expect(page.get_by_test_id("status")).to_have_text("離席")
    await stage.play("ringing", page)
    await expect(page.get_by_test_id("status")).to_have_count(0)


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
    # While it is still cut: afterwards the page may be faster than the hand.
    await lost.get_by_role("button").click()
    person.is_cut = False
    await expect(lost).to_have_count(0)
    # What is said while the page still takes its snapshot is in no snapshot of this play: said until it shows.
    async with asyncio.timeout(10):
        while "7人" not in await page.locator(".desk-figures").inner_text():
            await person.send("agent.state", desk(AgentState.TALKING, waiting=7))
            await asyncio.sleep(0.1)


async def test_what_was_painted_is_acknowledged(stage: Stage) -> None:
    page, person = await stage.play("idle")
    await person.send("call.offered", offer(HOME, Lookup.FOUND, hanako()))
    await expect(page.get_by_test_id("customer-name")).to_be_visible()
    await until(page, lambda: person.acks == [1, 2])


async def test_the_language_is_kept(stage: Stage) -> None:
    page, person = await stage.play("ringing")
    await page.get_by_test_id("language").click()
    await expect(page.get_by_test_id("agent-state")).to_contain_text("Ringing")
    assert await page.evaluate("document.documentElement.lang") == "en"
    await until(page, lambda: person.language == "en")
    await page.reload()
    await expect(page.get_by_test_id("agent-state")).to_contain_text("Ringing")


def ended(offer_id: str, reason: PartReason) -> CallEnded:
    return CallEnded(offer_id=offer_id, ended_at=datetime.now(UTC), reason=reason)


async def until(page: Page, is_so: object) -> None:
    """Waits for what only the server sees."""
    assert callable(is_so)
    for _ in range(100):
        if is_so():
            return
        await page.wait_for_timeout(20)
    raise AssertionError("did not come to pass within 2 s")

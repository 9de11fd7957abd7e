"""Recent calls, and why each popped or did not, in a real browser against the fake bridge."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.web import histories
from tests.web.conftest import Stage
from tests.web.histories import LIVE, MISSED
from tests.web.test_agent_page import OVERFLOW, TEXT_SIZES

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def opened(stage: Stage, call_id: str, page: Page | None = None, language: str = "ja") -> Page:
    page, _ = await stage.play("board", page or await stage.page(1920, 1080), language)
    await page.evaluate("(id) => { location.hash = '#why/' + encodeURIComponent(id); }", call_id)
    await expect(page.get_by_test_id("why")).to_be_visible()
    return page


def codes(call_id: str) -> list[str]:
    found = histories.why(call_id)
    assert found is not None
    return [verdict.code for verdict in found.verdicts]


async def told(page: Page) -> list[str]:
    await page.get_by_test_id("verdict").first.wait_for()
    return await page.get_by_test_id("verdict").evaluate_all("(all) => all.map((one) => one.dataset.code)")


async def test_from_the_board_to_the_answer_and_back_by_keyboard(stage: Stage) -> None:
    page, _ = await stage.play("board", await stage.page(1920, 1080))
    await page.keyboard.press("r")
    await expect(page.get_by_test_id("recent-row")).to_have_count(len(histories.recent()))
    link = page.locator(f"[data-call-id='{MISSED}']").get_by_test_id("why-link")
    assert await link.get_attribute("aria-label") == "経緯を見る: 090-8765-4321"
    await link.focus()
    await page.keyboard.press("Enter")
    assert await told(page) == codes(MISSED)
    await expect(page.get_by_role("heading", level=1)).to_be_focused()
    await expect(page).to_have_title("着信表示の経緯 — CTI Bridge")
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("why")).to_have_count(0)
    await expect(page.get_by_test_id("recent-row")).to_have_count(len(histories.recent()))
    await page.go_back()
    assert await told(page) == codes(MISSED)
    assert stage.complaints == []


async def test_every_live_row_leads_to_its_history(stage: Stage) -> None:
    page, _ = await stage.play("board", await stage.page(1920, 1080))
    rows, links = page.get_by_test_id("call-row"), page.get_by_test_id("why-link")
    assert await rows.count() == await links.count()
    call_id = await rows.first.get_attribute("data-call-id")
    assert await links.first.get_attribute("href") == f"#why/{call_id}"


async def test_calls_are_found_by_the_end_of_the_number_and_by_outcome(stage: Stage) -> None:
    page, _ = await stage.play("board", await stage.page(1920, 1080))
    await page.keyboard.press("r")
    rows = page.get_by_test_id("recent-row")
    await page.get_by_test_id("recent-number").fill("4321")
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("090-8765-4321")
    await page.get_by_test_id("recent-outcome").select_option("completed")
    await expect(rows).to_have_count(0)
    await expect(page.get_by_text("あてはまる通話はありません")).to_be_visible()
    await page.get_by_test_id("recent-number").fill("")
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("応対済")
    # Letters typed into the search are no shortcuts.
    await page.get_by_test_id("recent-number").press("l")
    await expect(page.get_by_test_id("recent-number")).to_be_visible()


async def test_the_answer_comes_before_the_steps_and_raw_data_is_folded_away(stage: Stage) -> None:
    page = await opened(stage, LIVE)
    verdict = page.locator("[data-testid=verdict][data-code=painted]")
    await expect(verdict).to_contain_text("鈴木 恵子 さんの画面に 32 ms で表示されました(カードあり)")
    steps = page.get_by_test_id("step")
    telling = await steps.count()
    assert await page.evaluate(
        "document.querySelector('[data-testid=verdict]').compareDocumentPosition("
        "document.querySelector('[data-testid=step]')) === Node.DOCUMENT_POSITION_FOLLOWING"
    )
    await page.get_by_test_id("why-all").check()
    found = histories.why(LIVE)
    assert found is not None
    await expect(steps).to_have_count(len(found.steps))
    assert telling < len(found.steps)
    rang = page.locator("[data-what=telephone_rang]").first
    await expect(rang.locator("dl")).to_have_count(0)
    fold = rang.get_by_role("button")
    await fold.press("Enter")
    await expect(rang.locator("dl")).to_contain_text("endpoint PJSIP/1001")
    await expect(fold).to_have_attribute("aria-expanded", "true")


async def test_a_live_call_is_followed(stage: Stage) -> None:
    page = await stage.page(1920, 1080)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/why") else None)
    await opened(stage, LIVE, page)
    await expect(page.get_by_text("自動で更新します")).to_be_visible()
    async with page.expect_response("**/why"):
        pass
    assert len(asked) >= 2
    await page.evaluate("(id) => { location.hash = '#why/' + id; }", MISSED)
    await expect(page.get_by_text("自動で更新します")).to_have_count(0)


async def test_what_is_no_longer_kept_is_said(stage: Stage) -> None:
    page = await opened(stage, "nobody")
    await expect(page.get_by_test_id("why-trouble")).to_contain_text("残っていません")
    stage.complaints.clear()  # the browser's own line about a 404


async def test_without_records_live_calls_are_still_listed(stage: Stage) -> None:
    page, _ = await stage.play("board_no_records", await stage.page(1920, 1080))
    await page.keyboard.press("r")
    await expect(page.get_by_test_id("recent-partial")).to_be_visible()
    await expect(page.get_by_test_id("recent-row")).to_have_count(1)
    await page.evaluate("location.hash = '#why/x'")
    await expect(page.get_by_test_id("why-trouble")).to_contain_text("いまは経緯を読み出せません")
    await expect(page.get_by_test_id("why-trouble").get_by_role("button")).to_be_visible()
    stage.complaints.clear()  # the browser's own line about a 503


async def test_an_address_opened_directly_shows_the_history_and_survives_a_sign_in(stage: Stage) -> None:
    page = await stage.page(1920, 1080)
    await page.goto(f"{stage.origin}/board#why/{MISSED}")
    await page.get_by_test_id("signin-login").fill("s1")
    await page.get_by_test_id("signin-password").fill("demo")
    await page.get_by_test_id("signin-submit").click()
    assert await told(page) == codes(MISSED)
    await expect(page).to_have_url(f"{stage.origin}/board#why/{MISSED}")


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720), (400, 800)])
async def test_it_never_scrolls_sideways_and_is_readable(
    stage: Stage, size: tuple[int, int], language: str
) -> None:
    page = await stage.page(*size, language=language)
    for call_id in (LIVE, MISSED):
        await opened(stage, call_id, page, language)
        await page.get_by_test_id("verdict").first.wait_for()
        await page.get_by_test_id("why-all").check()
        await page.locator("[data-testid=step] button").first.click()
        assert (await page.evaluate(OVERFLOW))[0] <= 0, call_id
        small = [text for points, text in await page.evaluate(TEXT_SIZES) if points < 18]
        assert small == [], call_id
        await page.get_by_test_id("why-back").click()
        # The list that was open stays open: the key is for when it was not.
        await page.locator("[data-testid=call-row], [data-testid=recent-row]").first.wait_for()
        await page.keyboard.press("r")
        await page.get_by_test_id("recent-row").first.wait_for()
        assert (await page.evaluate(OVERFLOW))[0] <= 0


async def test_a_gap_is_told_on_the_board_for_some_minutes(stage: Stage) -> None:
    page = await stage.page(1920, 1080)
    await page.clock.install()
    await stage.play("board", page)
    gap = page.get_by_test_id("source-gap")
    await expect(gap).to_contain_text("asterisk-1")
    await expect(gap).to_contain_text("12秒")
    await page.clock.fast_forward(8 * 60_000)
    await expect(gap).to_have_count(0)


async def test_the_board_shows_telephones_wrap_up_and_parked_calls(stage: Stage) -> None:
    page, _ = await stage.play("board", await stage.page(1920, 1080))
    wrapping = page.locator("[data-testid=agent-row][data-state=wrap_up]")
    await expect(wrapping).to_contain_text("後処理中")
    await expect(wrapping).to_contain_text("残り 0:2")
    await expect(wrapping).to_contain_text("PJSIP/1009")
    await expect(page.locator("[data-testid=call-row][data-state=parked]")).to_contain_text("パーク中")
    await expect(page.get_by_test_id("status").first).to_have_text("離席")

"""Sign-in and the board in a real browser, against the fake bridge."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.web.conftest import Stage
from tests.web.test_agent_page import OVERFLOW

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

TILES = ("service-level", "waiting", "longest", "answered", "abandoned", "asa", "ready", "latency")


async def test_signing_in_and_out(stage: Stage) -> None:
    page = await stage.page()
    await page.goto(f"{stage.origin}/agent")
    await page.get_by_test_id("signin-submit").click()
    await expect(page.get_by_test_id("signin-trouble")).to_contain_text("入力してください")
    await page.get_by_test_id("signin-login").fill("a1001")
    await page.get_by_test_id("signin-password").fill("wrong")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("signin-trouble")).to_contain_text("違います")
    await page.get_by_test_id("signin-password").fill("demo")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{stage.origin}/agent")
    await page.get_by_test_id("sign-out").click()
    await expect(page).to_have_url(f"{stage.origin}/")
    await expect(page.get_by_test_id("signin-login")).to_be_focused()
    assert stage.complaints == []


@pytest.mark.parametrize(("login", "asked", "home"), [("s1", "/agent", "/board"), ("a1", "/board", "/agent")])
async def test_everybody_lands_on_the_page_of_their_job(
    stage: Stage, login: str, asked: str, home: str
) -> None:
    page = await stage.page()
    await page.goto(stage.origin + asked)
    await page.get_by_test_id("signin-login").fill(login)
    await page.get_by_test_id("signin-password").fill("demo")
    await page.get_by_test_id("signin-submit").click()
    await expect(page).to_have_url(stage.origin + home)


async def test_a_session_that_ended_asks_who_sits_there(stage: Stage) -> None:
    page, person = await stage.play("idle")
    for socket in list(person.sockets):
        await socket.close(code=4004)
    await expect(page.get_by_test_id("signin-trouble")).to_contain_text("有効期間が終わりました")


async def test_tiles_say_their_formula(stage: Stage) -> None:
    page, _ = await stage.play("board", await stage.page(1920, 1080))
    for name in TILES:
        tile = page.get_by_test_id(f"tile-{name}")
        formula = tile.get_by_role("tooltip")
        await expect(formula).to_be_hidden()
        await tile.focus()
        await expect(formula).to_be_visible()
        assert await tile.get_attribute("aria-describedby") == await formula.get_attribute("id")
        await page.keyboard.press("Escape")
        await expect(formula).to_be_hidden()
    assert stage.complaints == []


async def test_it_fits_a_full_screen_and_never_scrolls_sideways(stage: Stage) -> None:
    for width, height in ((1920, 1080), (1280, 720), (400, 800)):
        page = await stage.page(width, height)
        await stage.play("board", page)
        across, down = await page.evaluate(OVERFLOW)
        assert across <= 0
        assert down <= 0 or width < 1920


async def test_rows_stay_under_the_pointer(stage: Stage) -> None:
    page, _ = await stage.play("board_moving", await stage.page(1920, 1080))
    rows = page.get_by_test_id("call-row")
    await rows.first.hover()
    before = await rows.evaluate_all("(rows) => rows.map((row) => row.dataset.callId)")
    await expect(page.locator("[data-testid=call-row].is-gone").first).to_be_visible()
    after = await rows.evaluate_all("(rows) => rows.map((row) => row.dataset.callId)")
    assert after[: len(before)] == before
    await page.mouse.move(0, 0)
    await expect(page.locator("[data-testid=call-row].is-gone")).to_have_count(0)


async def test_a_pointer_that_lies_still_points_at_nothing(stage: Stage) -> None:
    page = await stage.page(1920, 1080)
    await page.clock.install()
    await stage.play("board_moving", page)
    await page.get_by_test_id("call-row").first.hover()
    gone = page.locator("[data-testid=call-row].is-gone")
    await expect(gone.first).to_be_visible()
    await page.clock.fast_forward(6_000)
    await expect(gone).to_have_count(0)


async def test_clocks_tick_without_drawing_rows_again(stage: Stage) -> None:
    page, _ = await stage.play("board", await stage.page(1920, 1080))
    await page.evaluate(
        """() => { window.added = 0;
          new MutationObserver((all) => { for (const one of all) window.added += one.addedNodes.length; })
            .observe(document.querySelector('.board-calls tbody'), { childList: true, subtree: true }); }"""
    )
    clock = page.locator(".board-calls .clock").first
    await expect(clock).not_to_have_text(await clock.inner_text())
    assert await page.evaluate("window.added") == 0


async def test_an_exchange_out_of_reach_is_dated_and_hatched(stage: Stage) -> None:
    page, _ = await stage.play("board_gap", await stage.page(1920, 1080))
    await expect(page.get_by_test_id("source-lost")).to_contain_text("cloud-2")
    stale = page.locator("[data-testid=queue-row].is-stale")
    await expect(stale).to_have_attribute("data-queue-id", "cloud-2/skincare")

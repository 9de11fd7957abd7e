"""The sign-in page's other way: the centre's own provider, and what came back from it."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, Route, expect

from tests.web.conftest import Stage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def with_provider(stage: Stage, language: str = "ja") -> Page:
    page = await stage.page(language=language)

    async def ways(route: Route) -> None:
        await route.fulfill(json={"oidc": "社員証"})

    await page.route("**/api/session/ways", ways)
    return page


async def test_the_provider_is_one_button_reached_by_keyboard(stage: Stage) -> None:
    page = await with_provider(stage)
    await page.goto(stage.origin)
    button = page.get_by_test_id("signin-oidc")
    await expect(button).to_have_text("社員証 でサインイン")
    await expect(button).to_have_attribute("href", "/api/session/oidc")
    await page.get_by_test_id("signin-submit").focus()
    await page.keyboard.press("Tab")
    await expect(button).to_be_focused()
    assert stage.complaints == []


async def test_without_a_provider_there_is_none(stage: Stage) -> None:
    page = await stage.page()
    async with page.expect_response("**/api/session/ways"):
        await page.goto(stage.origin)
    await expect(page.get_by_test_id("signin-submit")).to_be_enabled()
    await expect(page.get_by_test_id("signin-oidc")).to_have_count(0)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("cancelled", "取りやめました"),
        ("expired", "もう一度始めて"),
        ("unproven", "確かめられません"),
        ("unknown_login", "登録されていません"),
        ("unavailable", "いまこの方法では"),
    ],
)
async def test_what_went_wrong_is_said_once(stage: Stage, said: str, words: str) -> None:
    page = await with_provider(stage)
    await page.goto(f"{stage.origin}/#sign-in={said}")
    await expect(page.get_by_test_id("signin-trouble")).to_contain_text(words)
    await expect(page).to_have_url(f"{stage.origin}/")
    await page.reload()
    await expect(page.get_by_test_id("signin-trouble")).to_have_text("")


async def test_what_nobody_says_is_not_shown(stage: Stage) -> None:
    page = await with_provider(stage)
    await page.goto(f"{stage.origin}/#sign-in=<img src=x onerror=alert(1)>")
    await expect(page.get_by_test_id("signin-oidc")).to_be_visible()
    await expect(page.get_by_test_id("signin-trouble")).to_have_text("")

"""Every page and scene, in both languages and themes: nothing against WCAG 2.2, A and AA, that axe can see."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
from playwright.async_api import Page, expect

from cti_bridge.lookup.card import Lookup
from cti_bridge.push.envelope import CardResolved
from tests.web.axe import violations
from tests.web.conftest import Stage
from tests.web.fake_bridge import BOARD_SCENES, Person
from tests.web.histories import LIVE, MISSED
from tests.web.odd_cards import somebody
from tests.web.scenes import AGENT_SCENES

# The first of them may have to install the pages' tools.
pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(300),
]

LANGUAGES = ("ja", "en")
THEMES = ("light", "dark")
# What is scrolled out of sight has no background that can be judged.
SIZE = (1280, 3000)


async def in_both_themes(page: Page, what: str) -> list[str]:
    found = []
    for theme in THEMES:
        await page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
        found += [f"{what}, {theme}: {line}" for line in await violations(page)]
    return found


@dataclass(frozen=True, slots=True)
class Moment:
    """Something somebody does in a scene, by keys, and what is there then."""

    scene: str
    keys: tuple[str, ...]
    awaited: str
    more: Callable[[Page, Person], Awaitable[None]] | None = None


async def _duplicates(page: Page, person: Person) -> None:
    await page.get_by_test_id("new-customer-name").fill("神奈川 一郎")
    await page.get_by_test_id("new-customer-number").fill("なし")
    await page.get_by_test_id("new-customer-reading").fill("カナガワ イチロウ")
    await page.get_by_test_id("new-customer-save").click()
    await page.get_by_test_id("fault-number").wait_for()
    await page.get_by_test_id("new-customer-number").fill("090-8765-4321")
    await page.get_by_test_id("new-customer-save").click()
    await page.get_by_test_id("duplicates").wait_for()


async def _counselling(page: Page, person: Person) -> None:
    await page.get_by_test_id("counselling-ask").click()
    await page.get_by_test_id("answer-words").wait_for()


async def _contact(page: Page, person: Person) -> None:
    await page.get_by_test_id("contact").first.locator("summary").click()
    await page.get_by_test_id("contact-body").first.wait_for()


async def _waiting(page: Page, person: Person) -> None:
    await person.send("card.resolved", CardResolved(offer_id="o1", lookup=Lookup.FOUND, card=somebody(6840)))
    await page.get_by_test_id("waiting-card").wait_for()


async def _cut(page: Page, person: Person) -> None:
    await person.cut()
    await page.get_by_test_id("link-lost").wait_for()


async def _display(page: Page, person: Person) -> None:
    await page.get_by_test_id("display").click()
    await expect(page.locator(".menu:popover-open")).to_be_visible()


async def _why_all(page: Page, person: Person) -> None:
    await _why(page, LIVE)
    await page.get_by_test_id("why-all").check()
    await page.locator("[data-what=telephone_rang] button").first.click()


async def _why_gone(page: Page, person: Person) -> None:
    await page.evaluate("location.hash = '#why/nobody'")
    await page.get_by_test_id("why-trouble").wait_for()


async def _why_missed(page: Page, person: Person) -> None:
    await _why(page, MISSED)


async def _why(page: Page, call_id: str) -> None:
    await page.evaluate("(id) => { location.hash = '#why/' + encodeURIComponent(id); }", call_id)
    await page.get_by_test_id("verdict").first.wait_for()


MOMENTS: dict[str, Moment] = {
    "found": Moment("unknown", ("f", "神"), "search-hit"),
    "found_from_card": Moment("household", ("f", "神"), "search-hit"),
    "new_customer": Moment("unknown", ("m",), "new-customer-form"),
    "duplicates": Moment("unknown", ("m",), "new-customer-form", _duplicates),
    "orders": Moment("talking", ("o",), "order"),
    "products": Moment("talking", ("g",), "product-share"),
    "notes": Moment("talking", ("n",), "note"),
    "writing": Moment("talking", ("w", "土曜の午前に折り返し"), "note-save"),
    "cautioning": Moment("talking", ("t",), "caution-text"),
    "counselling": Moment("talking", (), "counselling", _counselling),
    "opened": Moment("talking", ("c",), "contact", _contact),
    "waiting": Moment("talking", ("w", "土曜の午前"), "note-save", _waiting),
    "suggestion": Moment("talking", ("2",), "customer-name"),
    "put_away": Moment("ended", ("p",), "idle"),
    "link_lost": Moment("talking", (), "customer-name", _cut),
    "display": Moment("idle", (), "idle", _display),
    "board_recent": Moment("board", ("r",), "recent-row"),
    "board_no_recent": Moment("board_no_records", ("r",), "recent-row"),
    "board_link_lost": Moment("board", (), "tile-waiting", _cut),
    "why_missed": Moment("board", (), "tile-waiting", _why_missed),
    "why_all": Moment("board", (), "tile-waiting", _why_all),
    "why_gone": Moment("board", (), "tile-waiting", _why_gone),
}


@pytest.mark.parametrize("scene", [*AGENT_SCENES, *BOARD_SCENES])
async def test_scenes(stage: Stage, scene: str) -> None:
    found = []
    for language in LANGUAGES:
        page, _ = await stage.play(scene, await stage.page(*SIZE, language=language), language)
        found += await in_both_themes(page, language)
    assert found == []


@pytest.mark.parametrize("name", MOMENTS)
async def test_moments(stage: Stage, name: str) -> None:
    moment, found = MOMENTS[name], []
    for language in LANGUAGES:
        page, person = await stage.play(moment.scene, await stage.page(*SIZE, language=language), language)
        for key in moment.keys:
            await page.keyboard.type(key)
        await page.get_by_test_id(moment.awaited).first.wait_for()
        if moment.more is not None:
            await moment.more(page, person)
        found += await in_both_themes(page, language)
    assert found == []


@pytest.mark.parametrize("scene", ["ringing", "talking", "board"])
async def test_narrow_screens_and_large_text(stage: Stage, scene: str) -> None:
    page, _ = await stage.play(scene, await stage.page(400, 6000, text_size="large"))
    assert await in_both_themes(page, "narrow") == []


async def test_signing_in(stage: Stage) -> None:
    found = []
    for language in LANGUAGES:
        page = await stage.page(*SIZE, language=language)
        await page.goto(stage.origin)
        await page.get_by_test_id("signin-login").wait_for()
        found += await in_both_themes(page, f"{language}, empty")
        await page.get_by_test_id("signin-login").fill("suzuki")
        await page.get_by_test_id("signin-password").fill("wrong")
        await page.get_by_test_id("signin-submit").click()
        await page.get_by_test_id("signin-trouble").wait_for()
        found += await in_both_themes(page, f"{language}, refused")
    assert found == []


async def test_what_is_wrong_is_seen(stage: Stage) -> None:
    """So that an axe which looks at nothing is noticed."""
    page, _ = await stage.play("idle")
    await page.evaluate("document.body.append(document.createElement('button'))")
    await page.evaluate("document.documentElement.removeAttribute('lang')")
    rules = {line.split(":")[0] for line in await violations(page)}
    assert rules == {"button-name", "html-has-lang"}

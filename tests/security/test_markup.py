"""Markup and script in what is shown are shown as text: in a real Chromium, under the bridge's own policy."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect
from redis.asyncio import Redis

from tests.browser import CHROMIUM_FLAGS, chromium
from tests.conftest import Database
from tests.rig.house import PASSWORD, House, enrol, open_house
from tests.security.hostile import DIALLED_FROM, Trap, fill, trap

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

# Of our own pages: what markup in a text would add to, or a listener that only an attribute can bear.
STRANGE = """() => [...document.querySelectorAll(
  'img, script:not([src^="/assets/"]), iframe, object, embed, base, form[action], '
  + '[onload], [onerror], [onclick], a:not([href^="#"])')].map((one) => one.outerHTML.slice(0, 200))"""


# What the policy must stop of markup that became part of the page.
GUARDED = {"script-src-elem", "script-src-attr", "img-src", "frame-src", "connect-src"}


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        yield launched
        await launched.close()


@pytest.fixture
async def hostile(
    database: Database, valkey: Redis, valkey_url: str, tmp_path: Path
) -> AsyncIterator[tuple[House, Trap]]:
    async with trap() as set_up:
        names = {agent_id: set_up.text(f"agent {agent_id}") for agent_id in ("a1", "a2", "s1")}
        await enrol(database.pool, names)
        await fill(database.pool, set_up)
        async with open_house(
            tmp_path,
            database.pool,
            postgres_url=database.url,
            redis_url=valkey_url,
            label=set_up.text("queue"),
        ) as house:
            yield house, set_up


class Eyes:
    """A browser's page, and all of the hostile texts that were on it as text."""

    def __init__(self, page: Page, complaints: list[str]) -> None:
        self.page = page
        self.complaints = complaints
        self.seen = ""

    async def look(self) -> None:
        """Nothing ran, nothing is there that our pages do not have; what is shown is remembered."""
        assert await self.page.evaluate("window.ran") is None
        assert await self.page.evaluate(STRANGE) == []
        self.seen += await self.page.evaluate(
            "document.body.textContent + [...document.querySelectorAll('[title]')].map((one) => one.title)"
        )


async def sign_in(browser: Browser, house: House, login: str, size: tuple[int, int]) -> Eyes:
    context = await browser.new_context(
        locale="ja-JP", viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce"
    )
    page, complaints = await context.new_page(), list[str]()
    page.set_default_timeout(15_000)
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Security" in said.text else None)
    await page.goto(house.origin)
    await page.get_by_test_id("signin-login").fill(login)
    await page.get_by_test_id("signin-password").fill(PASSWORD)
    await page.get_by_test_id("signin-submit").click()
    await page.wait_for_selector('[data-live="true"]')
    return Eyes(page, complaints)


async def test_on_the_agents_page(hostile: tuple[House, Trap], browser: Browser) -> None:
    house, trap = hostile
    eyes = await sign_in(browser, house, "1001", (1280, 2000))
    page = eyes.page
    call = house.simulator.call(DIALLED_FROM, trap.short("caller"))
    await expect(page.get_by_test_id("customer-name")).to_contain_text("name<img")
    await eyes.look()
    call.answer("PJSIP/1001")
    await page.locator('[data-testid="offer"][data-state="talking"]').wait_for()
    for key, shown in (
        ("a", "contact"),
        ("o", "order"),
        ("g", "product-share"),
        ("n", "note"),
        ("c", "contact"),
    ):
        await page.keyboard.press(key)
        await page.get_by_test_id(shown).first.wait_for()
        await eyes.look()
    await page.get_by_test_id("contact").first.locator("summary").click()
    await page.get_by_test_id("contact-body").first.wait_for()
    await page.keyboard.press("1")
    await eyes.look()
    await page.keyboard.press("f")
    await page.keyboard.type("name<img src=//127")
    await page.locator("[data-testid=search-hit][data-matched=name]").first.wait_for()
    await eyes.look()
    await page.keyboard.press("Escape")
    await page.keyboard.press("w")
    await page.keyboard.type(trap.text("written"))
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_test_id("note-state")).not_to_be_empty()
    await page.locator("[role=tab][data-tab=notes]").click()
    await page.get_by_test_id("note").filter(has_text="written<img").first.wait_for()
    await eyes.look()
    call.hang_up()
    await page.locator('[data-testid="offer"][data-state="ended"]').wait_for()
    await eyes.look()
    stranger = house.simulator.call("09087654321", trap.script("stranger"))
    await page.locator('[data-testid="offer"][data-lookup="unknown"]').wait_for()
    await eyes.look()
    stranger.hang_up()
    texts = [
        *("code", "name", "reading", "address", "email", "sharer", "bought name"),
        *("offered name", "subject", "body", "agent a1", "agent a2", "queue", "written"),
    ]
    missing = [mark for mark in texts if trap.text(mark) not in eyes.seen]
    missing += [
        mark
        for mark in ("notice", "warning", "critical", "pinned", "handover", "note")
        if trap.script(mark) not in eyes.seen
    ]
    missing += [mark for mark in ("post", "display") if trap.short(mark) not in eyes.seen]
    assert missing == []
    assert eyes.complaints == []
    assert trap.caught == []


async def test_on_the_board_and_the_why_page(hostile: tuple[House, Trap], browser: Browser) -> None:
    house, trap = hostile
    eyes = await sign_in(browser, house, "2001", (1920, 1080))
    page = eyes.page
    call = house.simulator.call(DIALLED_FROM, trap.short("caller"))
    stranger = house.simulator.call("09087654321", trap.script("stranger"))
    await page.get_by_test_id("call-row").filter(has_text="name<img").wait_for()
    await page.get_by_test_id("call-row").nth(1).wait_for()
    await eyes.look()
    await page.get_by_test_id("why-link").first.click()
    await page.get_by_test_id("verdict").first.wait_for()
    await page.get_by_test_id("why-all").check()
    await eyes.look()
    await page.keyboard.press("Escape")
    for each in (call, stranger):
        each.hang_up()
    await expect(page.get_by_test_id("call-row")).to_have_count(0)
    await page.keyboard.press("r")
    await page.get_by_test_id("recent-row").nth(1).wait_for()
    await eyes.look()
    missing = [mark for mark in ("name", "agent a1", "agent a2", "queue") if trap.text(mark) not in eyes.seen]
    assert missing == []
    assert eyes.complaints == []
    assert trap.caught == []


async def test_what_got_in_all_the_same_could_do_nothing(
    hostile: tuple[House, Trap], browser: Browser
) -> None:
    """The policy is the second wall: markup that a fault of ours let through neither runs nor loads."""
    house, trap = hostile
    eyes = await sign_in(browser, house, "1001", (1280, 720))
    refused = await eyes.page.evaluate(
        """async (markup) => {
          const refused = [];
          document.addEventListener("securitypolicyviolation", (one) => refused.push(one.effectiveDirective));
          const script = document.createElement("script");
          script.textContent = "window.ran = 'inline'";
          const frame = document.createElement("iframe");
          frame.src = "http://127.0.0.1:" + markup.port;
          const style = document.createElement("style");
          document.body.append(script, frame, style);
          document.body.insertAdjacentHTML("beforeend", markup.text);
          await fetch("http://127.0.0.1:" + markup.port).catch(() => null);
          const late = new Promise((done) => setTimeout(done, 2000));
          while (!markup.all.every((one) => refused.includes(one))) {
            const next = new Promise((done) =>
              document.addEventListener("securitypolicyviolation", done, { once: true }));
            if ((await Promise.race([next, late.then(() => "late")])) === "late") break;
          }
          return refused;
        }""",
        {"port": trap.port, "text": trap.text("x"), "all": sorted(GUARDED)},
    )
    assert set(refused) >= GUARDED
    assert await eyes.page.evaluate("window.ran") is None
    assert trap.caught == []

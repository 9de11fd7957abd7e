"""The fake bridge, new for each test, and one browser for all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

from tests.browser import CHROMIUM_FLAGS, chromium
from tests.web.fake_bridge import PAGES, PEOPLE, Person, application


@dataclass
class Stage:
    """``complaints``: what the browser objected to, such as a style that the policy forbids."""

    app: web.Application
    origin: str
    browser: Browser
    complaints: list[str] = field(default_factory=list)

    async def page(self, width: int = 1280, height: int = 720, language: str = "ja", **options: str) -> Page:
        context = await self.browser.new_context(
            viewport={"width": width, "height": height},
            locale="en-GB" if language == "en" else "ja-JP",
            reduced_motion="reduce",
            timezone_id="Asia/Tokyo",
        )
        page = await context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        for name, value in options.items():
            await page.add_init_script(
                f"localStorage.setItem('cti-bridge.{name.replace('_', '-')}', '{value}')"
            )
        return page

    async def play(self, scene: str, page: Page | None = None, language: str = "ja") -> tuple[Page, Person]:
        """Somebody signed in, to whom the scene is played, and their page."""
        page = page or await self.page(language=language)
        token = f"{scene}-{len(self.app[PEOPLE])}"
        await page.goto(f"{self.origin}/scene/{scene}?language={language}&token={token}")
        await page.wait_for_selector("[data-testid=agent-state], [data-live=true] [data-testid=queue-row]")
        return page, self.app[PEOPLE][token]

    def _console(self, message: ConsoleMessage) -> None:
        # A socket that is refused and answers that say no are parts of the play.
        is_played = "WebSocket" in message.text or "server responded with a status of " in message.text
        if message.type in ("error", "warning") and not is_played:
            self.complaints.append(message.text)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="session")
async def stage(browser: Browser) -> AsyncIterator[Stage]:
    assert (PAGES / "index.html").is_file(), "the pages are not built: install the package, or npm run build"
    app = application()
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield Stage(app, f"http://127.0.0.1:{runner.addresses[0][1]}", browser)
    for context in browser.contexts:
        await context.close()
    await runner.cleanup()

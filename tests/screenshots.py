"""Makes the pictures in the README: ``python -m tests.screenshots docs/screenshots``.

A bridge with an invented house and a simulated PBX, a few calls played by
hand, a real Chromium; each page in Japanese and English.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright
from pydantic import SecretStr

from cti_bridge.bridge import run
from cti_bridge.customers.questions import load_questions
from cti_bridge.demo.known import HANAKO_SATO, KAZUKO_SUZUKI
from cti_bridge.demo.seed import AGENTS, demo_callers, seed
from cti_bridge.segments.rebuild import rebuild
from cti_bridge.settings import (
    CounsellingSettings,
    HttpSettings,
    PbxSettings,
    PushSettings,
    Settings,
    StorageSettings,
    WrapUpSettings,
)
from cti_bridge.simulator import SimQueue, Simulator
from cti_bridge.storage import postgres
from cti_bridge.storage.stores import stores
from cti_bridge.suggest.train import train
from cti_bridge.telemetry import configure_logs
from tests.browser import CHROMIUM_FLAGS, chromium
from tests.loopback import free_port

PASSWORD = "pictures-only"
QUESTIONS = Path("config/counselling.toml")
STRANGER = "08019998877"
LANGUAGES = ("ja", "en")
AGENT, BOARD = (1280, 720), (1920, 1080)


async def main(folder: Path) -> None:
    """Start everything, take every picture, stop everything."""
    folder.mkdir(parents=True, exist_ok=True)
    configure_logs("error", "text")
    data_dir = Path(tempfile.mkdtemp(prefix="cti-pictures-"))
    data_dir.chmod(0o711)
    async with AsyncExitStack() as stack:
        own = StorageSettings(data_dir=data_dir)
        postgres_url, redis_url = await stack.enter_async_context(stores(Settings(storage=own)))
        pool = await postgres.create_pool(postgres_url)
        await seed(pool, customers=800, now=datetime.now(UTC), password=PASSWORD)
        questions = load_questions(QUESTIONS)
        await rebuild(pool, Settings(), datetime.now(UTC))
        await train(pool, questions=questions)
        callers = await demo_callers(pool, 30)
        await pool.close()
        phones = [(f"PJSIP/{login}", name) for _, login, name, _, role in AGENTS if role == "agent"]
        members = [endpoint for endpoint, _ in phones]
        queues = {
            "orders": SimQueue(members=members[:4]),
            "support": SimQueue(strategy="rrmemory", members=members[3:], number="0312345679"),
        }
        simulator = await stack.enter_async_context(
            Simulator.listening(secret=PASSWORD, agents=phones, queues=queues)
        )
        settings = Settings(
            http=HttpSettings(port=free_port()),
            push=PushSettings(port=free_port()),
            storage=StorageSettings(data_dir=data_dir, postgres_url=postgres_url, redis_url=redis_url),
            counselling=CounsellingSettings(file=QUESTIONS),
            wrap_up=WrapUpSettings(file=Path("config/dispositions.toml")),
            pbx=(
                PbxSettings(
                    name="demo",
                    port=simulator.port,
                    secret=SecretStr(PASSWORD),
                    queue_labels={"orders": "受注窓口", "support": "お客様相談"},
                ),
            ),
        )
        stop, ready = asyncio.Event(), asyncio.Event()
        bridge = asyncio.create_task(run(settings, stop=stop, on_ready=ready.set))
        await ready.wait()
        await simulator.listened_to()
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        try:
            for language in LANGUAGES:
                await _pictures(browser, settings.http.origin(), simulator, callers, folder, language)
        finally:
            await browser.close()
            stop.set()
            await bridge


async def _pictures(
    browser: Browser,
    origin: str,
    simulator: Simulator,
    callers: list[tuple[str, str]],
    folder: Path,
    language: str,
) -> None:
    signin = await _open(browser, origin, AGENT, language)
    await signin.get_by_test_id("signin-login").wait_for()
    await _take(signin, folder / f"signin.{language}.png")
    agent = await _sign_in(browser, origin, "1001", AGENT, language)
    board = await _sign_in(browser, origin, "2001", BOARD, language)
    await agent.get_by_test_id("idle").wait_for()
    await _take(agent, folder / f"agent-idle.{language}.png")
    # Two calls under way and two in the queue make a board worth looking at.
    busy = []
    for (number, name), endpoint in zip(callers[6:8], ("PJSIP/1003", "PJSIP/1004"), strict=True):
        call = simulator.call(number, name)
        call.answer(endpoint)
        busy.append(call)
    support = simulator.call(*callers[8], to="support")
    ringing = simulator.call("0" + HANAKO_SATO.e164.removeprefix("+81"), HANAKO_SATO.name)
    await agent.locator('[data-testid="offer"][data-state="ringing"][data-lookup="found"]').wait_for()
    await agent.get_by_test_id("suggestion").first.wait_for()
    await _take(agent, folder / f"agent-ringing.{language}.png")
    waiting = [simulator.call(number, name) for number, name in callers[9:11]]
    await board.locator('[data-testid="call-row"]').nth(5).wait_for()
    await _take(board, folder / f"board.{language}.png")
    ringing.answer("PJSIP/1001")
    await agent.locator('[data-testid="offer"][data-state="talking"]').wait_for()
    await _take(agent, folder / f"agent-talking.{language}.png")
    for call in [*busy, support, ringing, *waiting]:
        call.hang_up()
    await agent.locator('[data-testid="offer"][data-state="ended"]').wait_for()
    await agent.keyboard.press("p")
    household = simulator.call("0" + KAZUKO_SUZUKI.e164.removeprefix("+81"), KAZUKO_SUZUKI.name)
    await agent.get_by_test_id("household-choice").first.wait_for()
    await _take(agent, folder / f"agent-household.{language}.png")
    household.hang_up()
    await agent.get_by_test_id("idle").wait_for()
    stranger = simulator.call(STRANGER, "")
    await agent.get_by_test_id("lookup-note").wait_for()
    await agent.keyboard.press("m")
    await agent.get_by_test_id("new-customer-form").wait_for()
    await _take(agent, folder / f"agent-stranger.{language}.png")
    stranger.hang_up()
    for page in (signin, agent, board):
        await page.context.close()


async def _open(browser: Browser, origin: str, size: tuple[int, int], language: str) -> Page:
    context = await browser.new_context(
        locale="ja-JP" if language == "ja" else "en-GB",
        timezone_id="Asia/Tokyo",
        viewport={"width": size[0], "height": size[1]},
        reduced_motion="reduce",
    )
    page = await context.new_page()
    await page.goto(origin)
    await _speak(page, language)
    return page


async def _sign_in(browser: Browser, origin: str, login: str, size: tuple[int, int], language: str) -> Page:
    page = await _open(browser, origin, size, language)
    await page.get_by_test_id("signin-login").fill(login)
    await page.get_by_test_id("signin-password").fill(PASSWORD)
    await page.get_by_test_id("signin-submit").click()
    await page.wait_for_url("**/board" if size == BOARD else "**/agent")
    await _speak(page, language)
    return page


async def _speak(page: Page, language: str) -> None:
    """Switch the page's language, if it speaks the other one."""
    button = page.get_by_test_id("language")
    await button.wait_for()
    if await page.locator("html").get_attribute("lang") != language:
        await button.click()
        await page.locator(f'html[lang="{language}"]').wait_for()


async def _take(page: Page, path: Path) -> None:
    await page.evaluate("document.fonts.ready")
    await page.screenshot(path=path, animations="disabled")
    print(path)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/screenshots")))

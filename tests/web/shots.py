"""Pictures of every scene, to be looked at before a change to a page is called done.

``python -m tests.web.shots FOLDER [NAME ...]`` makes those whose names contain one of NAMEs.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from playwright.async_api import Browser, Page, async_playwright

from cti_bridge.calls.commands import RefusalCode
from cti_bridge.lookup.card import Lookup
from cti_bridge.push.envelope import CardResolved
from tests.browser import CHROMIUM_FLAGS, chromium
from tests.web.fake_bridge import BOARD_SCENES, PEOPLE, application
from tests.web.histories import LIVE, MISSED
from tests.web.odd_cards import somebody
from tests.web.scenes import AGENT_SCENES

SIZES = {"1280": (1280, 720), "1920": (1920, 1080), "1024": (1024, 768), "400": (400, 800)}


# What somebody does on a card: the scene, the keys, and what is waited for.
DONE: dict[str, tuple[str, list[str], str]] = {
    "found": ("unknown", ["f", "神"], "search-hit"),
    "found_from_card": ("household", ["f", "神"], "search-hit"),
    "new_customer": ("unknown", ["m"], "new-customer-form"),
    "products": ("talking", ["g"], "product-share"),
    "notes": ("talking", ["n"], "note"),
    "writing": ("talking", ["w", "土曜の午前に折り返しのお電話をお約束しました。"], "note-save"),
    "cautioning": ("talking", ["t"], "caution-text"),
    "duplicates": ("unknown", ["m"], "new-customer-form"),
    "counselling": ("talking", [], "counselling"),
    "disposing": ("talking", ["8"], "disposition-picker"),
    "disposed": ("wrap_up", ["8", "5", "2", "Escape", "9"], "wrap-up-refused"),
    "opened": ("talking", ["c"], "contact"),
    "waiting": ("talking", ["w", "土曜の午前"], "note-save"),
    "transferring": ("talking", ["u", "たかはし"], "colleague"),
    "transfer_all": ("recorded", ["u"], "colleague"),
    "calling": ("idle", ["u", "0312"], "number"),
    "pausing": ("idle", ["i"], "pause-reason"),
    "consulting": ("recorded", [], "control-hold"),
    "refused": ("recorded", [], "control-hold"),
    "asked": ("recorded", [], "control-hold"),
    "sure": ("recorded", ["b"], "control-hang-up"),
}


@dataclass(frozen=True, slots=True)
class Shot:
    scene: str
    size: str
    language: str = "ja"
    theme: str = "light"

    @property
    def name(self) -> str:
        return f"{self.scene}-{self.size}-{self.language}-{self.theme}"


def shots() -> list[Shot]:
    """Every scene at the size it is made for; the telling ones in all languages, themes and sizes."""
    found = [Shot(scene, "1280") for scene in [*AGENT_SCENES, "link_lost", "suggestion_open", "put_away"]]
    telling = ("idle", "ringing", "talking", "ended", "unknown", "household", "link_lost", "several")
    for scene in telling:
        found += [Shot(scene, "1280", language="en"), Shot(scene, "1280", theme="dark")]
    found += [Shot(scene, "400") for scene in ("idle", "ringing", "unknown")]
    found += [Shot(scene, "1024") for scene in ("idle", "ringing")]
    found += [Shot("ringing", "1920"), Shot("ringing_large", "1280")]
    for scene in (*BOARD_SCENES[:2], "board_tooltip", "board_link_lost"):
        found.append(Shot(scene, "1920"))
    found += [Shot("board", "1920", "en"), Shot("board", "1920", "ja", "dark"), Shot("board", "1280")]
    found += [Shot("board", "400")]
    for scene in ("board_recent", "why_live", "why_missed"):
        found += [Shot(scene, "1920"), Shot(scene, "1280", "en"), Shot(scene, "400")]
        found += [Shot(scene, "1920", "ja", "dark")]
    found += [Shot("why_all", "1280"), Shot("why_gone", "1280"), Shot("why_all", "400", "en")]
    for scene in ("dialling", "transferred", "wrap_up"):
        found += [Shot(scene, "1280", "en"), Shot(scene, "1280", "ja", "dark"), Shot(scene, "400")]
    for language in ("ja", "en"):
        found += [Shot("signin", "1280", language), Shot("signin", "1280", language, "dark")]
    for scene in (*DONE, "masked", "complaint"):
        found += [Shot(scene, "1280"), Shot(scene, "1280", "en"), Shot(scene, "1280", "ja", "dark")]
        found += [Shot(scene, "1024"), Shot(scene, "400")]
    found += [Shot("signin", "400"), Shot("signin_wrong", "1280"), Shot("display_menu", "1280")]
    return found


async def take(browser: Browser, app: web.Application, base: str, shot: Shot, folder: Path) -> None:
    width, height = SIZES[shot.size]
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if shot.theme == "dark" else "light",
        reduced_motion="reduce",
        locale="en-GB" if shot.language == "en" else "ja-JP",
    )
    page = await context.new_page()
    if shot.scene.startswith("signin"):
        await page.goto(base)
        await page.get_by_test_id("signin-login").wait_for()
        if shot.scene == "signin_wrong":
            await page.get_by_test_id("signin-login").fill("suzuki")
            await page.get_by_test_id("signin-password").fill("wrong")
            await page.get_by_test_id("signin-submit").click()
            await page.wait_for_timeout(300)
    else:
        await _scene(page, app, base, shot)
    await page.screenshot(path=folder / f"{shot.name}.png", full_page=shot.size in ("400", "1024"))
    await context.close()


async def _scene(page: Page, app: web.Application, base: str, shot: Shot) -> None:
    played = {
        **{name: scene for name, (scene, _, _) in DONE.items()},
        "link_lost": "talking",
        "suggestion_open": "talking",
        "put_away": "ended",
        "ringing_large": "ringing",
        "display_menu": "idle",
        "board_tooltip": "board",
        "board_link_lost": "board",
        "board_recent": "board",
        "why_live": "board",
        "why_missed": "board",
        "why_all": "board",
        "why_gone": "board",
    }
    if shot.scene == "ringing_large":
        await page.add_init_script("localStorage.setItem('cti-bridge.text-size', 'large')")
    scene = played.get(shot.scene, shot.scene)
    await page.goto(f"{base}/scene/{scene}?language={shot.language}&token={shot.name}")
    await page.wait_for_selector("[data-testid=tile-waiting], [data-testid=agent-state]")
    await page.wait_for_timeout(400)
    if shot.scene in DONE:
        _, keys, awaited = DONE[shot.scene]
        for key in keys:
            await (page.keyboard.press(key) if key == "Escape" else page.keyboard.type(key))
        await page.get_by_test_id(awaited).first.wait_for()
    match shot.scene:
        case "duplicates":
            await page.get_by_test_id("new-customer-name").fill("神奈川 一郎")
            await page.get_by_test_id("new-customer-number").fill("なし")
            await page.get_by_test_id("new-customer-save").click()
            await page.get_by_test_id("new-customer-reading").fill("カナガワ イチロウ")
            await page.get_by_test_id("new-customer-save").click()
            await page.get_by_test_id("fault-number").wait_for()
            await page.get_by_test_id("new-customer-number").fill("090-8765-4321")
            await page.get_by_test_id("new-customer-save").click()
            await page.get_by_test_id("duplicates").wait_for()
        case "counselling":
            await page.get_by_test_id("counselling-ask").click()
            await page.get_by_test_id("answer-words").scroll_into_view_if_needed()
        case "opened":
            await page.get_by_test_id("contact").first.locator("summary").click()
            await page.get_by_test_id("contact-body").first.wait_for()
            await page.keyboard.press("Escape")
        case "waiting":
            card = CardResolved(offer_id="o1", lookup=Lookup.FOUND, card=somebody(6840))
            await app[PEOPLE][shot.name].send("card.resolved", card)
            await page.get_by_test_id("waiting-card").wait_for()
        case "consulting":
            await page.keyboard.press("u")
            await page.keyboard.type("1004")
            await page.get_by_test_id("transfer-consult").click()
            await page.get_by_test_id("control-complete").wait_for()
        case "refused":
            app[PEOPLE][shot.name].desk.refuse(RefusalCode.NOT_SUPPORTED)
            await page.keyboard.press("q")
            await page.get_by_test_id("control-trouble").wait_for()
        case "asked":
            app[PEOPLE][shot.name].desk.may_answer.clear()
            await page.keyboard.press("q")
            await page.locator("[data-testid=control-hold][aria-busy=true]").wait_for()
        case "link_lost" | "board_link_lost":
            await app[PEOPLE][shot.name].cut()
            await page.get_by_test_id("link-lost").wait_for()
        case "suggestion_open":
            await page.keyboard.press("2")
        case "put_away":
            await page.keyboard.press("p")
        case "display_menu":
            await page.get_by_test_id("display").click()
        case "board_tooltip":
            await page.get_by_test_id("tile-service-level").focus()
        case "board_recent":
            await page.keyboard.press("r")
            await page.get_by_test_id("recent-row").first.wait_for()
        case "why_live" | "why_missed" | "why_all":
            call_id = MISSED if shot.scene == "why_missed" else LIVE
            await page.evaluate("(hash) => { location.hash = hash; }", f"#why/{call_id}")
            await page.get_by_test_id("verdict").first.wait_for()
            if shot.scene == "why_all":
                await page.get_by_test_id("why-all").check()
                await page.locator("[data-what=telephone_rang] button").first.click()
        case "why_gone":
            await page.evaluate("location.hash = '#why/nobody'")
            await page.get_by_test_id("why-trouble").wait_for()
        case _:
            pass
    await page.wait_for_timeout(200)


async def main(arguments: list[str]) -> int:
    if not arguments:
        sys.stderr.write("usage: python -m tests.web.shots FOLDER [NAME ...]\n")
        return 2
    folder, names = Path(arguments[0]), arguments[1:]
    folder.mkdir(parents=True, exist_ok=True)
    app = application()
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(),
            args=CHROMIUM_FLAGS,
        )
        for shot in shots():
            if not names or any(name in shot.name for name in names):
                await take(browser, app, base, shot, folder)
        await browser.close()
    await runner.cleanup()
    return 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main(sys.argv[1:])))

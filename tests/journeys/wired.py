"""A centre with a simulated PBX, and a cable to the browsers that a test may cut and stall."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from cti_bridge.simulator import Simulator
from cti_bridge.simulator.server import SimCall
from tests.journeys.centre import Centre, open_centre
from tests.loopback import free_port
from tests.pbx.link import Cable

PHONE = "PJSIP/1001"
SECRET = "wired-only"
# So small that a long outage outlasts it, without waiting for one.
BACKLOG_FRAMES = 16
SOON_S = 15.0

# All that a snapshot decides of what is on the screen; clocks go on, and a card that is over stays.
_SHOWN = """() => {
  const texts = (id) => [...document.querySelectorAll(`[data-testid=${id}]`)].map((one) => one.innerText);
  const offers = [...document.querySelectorAll('[data-testid=offer]')]
    .map(({ dataset }) => dataset).filter(({ state }) => state !== 'ended')
    .map(({ offerId, state, lookup }) => [offerId, state, lookup]);
  return {
    offers,
    who: offers.length === 0 ? [] : [...texts('customer-name'), ...texts('caller-display')],
    state: document.querySelector('[data-testid=agent-state]')?.dataset.state,
    notices: texts('notice'),
  };
}"""


@dataclass(frozen=True)
class _Pbx:
    host: str
    ami_port: int
    ami_user: str = "cti-bridge"
    ami_secret: str = SECRET


@dataclass
class Wired:
    """``cable`` carries the sockets, not the pages."""

    centre: Centre
    pbx: Simulator
    cable: Cable

    def call(self, number: str = "09012345678") -> SimCall:
        """A call to agent a1001's own line."""
        return self.pbx.call(number, to=PHONE)

    async def counted(self, name: str, **labels: str) -> float:
        """One of the bridge's counters; zero while it is not there."""
        wanted = ",".join(f'{key}="{value}"' for key, value in labels.items())
        found = re.search(
            rf"^{name}{{{re.escape(wanted)}}} (\S+)$", await self.centre.metrics(), re.MULTILINE
        )
        return float(found[1]) if found else 0.0

    async def reaches(self, name: str, count: float, **labels: str) -> None:
        """Wait until a counter says so; nothing else tells what the bridge has read by now."""
        async with asyncio.timeout(SOON_S):
            while await self.counted(name, **labels) < count:
                await asyncio.sleep(0.05)

    async def snapshots(self) -> float:
        """How many snapshots browsers were sent."""
        return await self.counted("cti_push_frames_total", type="snapshot")

    async def is_as_fresh(self, page: Page) -> None:
        """Wait until ``page`` shows what one that is opened now shows, and no call twice."""
        context = await self.centre.browser.new_context(
            storage_state=await page.context.storage_state(), locale="ja-JP", timezone_id="Asia/Tokyo"
        )
        fresh = await context.new_page()
        await fresh.goto(self.centre.origin)
        await fresh.wait_for_selector('[data-live="true"]')
        await page.wait_for_selector('[data-live="true"]', timeout=SOON_S * 1000)
        shown: Any = None
        try:
            async with asyncio.timeout(SOON_S):
                while (shown := await page.evaluate(_SHOWN)) != (wanted := await fresh.evaluate(_SHOWN)):
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"the page shows {shown}, a fresh one {wanted}") from None
        offers = [offer_id for offer_id, *_ in shown["offers"]]
        assert len(set(offers)) == len(offers), shown
        await context.close()

    async def every_offer_is_accounted_for(self) -> None:
        """Once all calls are over: each offer was painted, or over before it could be."""
        fates: dict[str, float] = {}
        try:
            async with asyncio.timeout(SOON_S):
                while True:
                    names = ("shown", "painted", "gone_unpainted")
                    fates = {name: await self.counted("cti_offers_total", outcome=name) for name in names}
                    if fates["shown"] == fates["painted"] + fates["gone_unpainted"]:
                        return
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"offers unaccounted for: {fates}") from None


@asynccontextmanager
async def open_wired(folder: Path) -> AsyncIterator[Wired]:
    """Everything started, and ended in order however the test ends."""
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(
            Simulator.listening(secret=SECRET, agents={PHONE: "川村 由紀", "PJSIP/1002": "大森 恵"})
        )
        push_port = free_port()
        cable = await stack.enter_async_context(Cable(push_port))
        settings = f'public_url = "ws://127.0.0.1:{cable.port}/"\nbacklog_frames = {BACKLOG_FRAMES}\n'
        centre = await stack.enter_async_context(
            open_centre(
                _Pbx(simulator.host, simulator.port), folder, push_port=push_port, push_settings=settings
            )
        )
        yield Wired(centre, simulator, cable)


@contextmanager
def browser_stopped() -> Iterator[None]:
    """Every process of the browsers that this process started stands still while the block lasts."""
    browsers = _browsers()
    assert browsers
    try:
        for pid in browsers:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in browsers:
            os.kill(pid, signal.SIGCONT)


def _browsers() -> list[int]:
    """Chromium's processes among our descendants."""
    parents: dict[int, int] = {}
    chromium: set[int] = set()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            name, _, rest = (entry / "stat").read_text().rpartition(")")
        except OSError:
            continue  # ended meanwhile
        parents[int(entry.name)] = int(rest.split()[1])
        if "chrom" in name or "headless_shell" in name:
            chromium.add(int(entry.name))
    return [pid for pid in chromium if os.getpid() in _ancestors(pid, parents)]


def _ancestors(pid: int, parents: dict[int, int]) -> Iterator[int]:
    while pid := parents.get(pid, 0):
        yield pid

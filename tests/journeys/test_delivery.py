"""Never lost, never twice, noticed at once (P5): links cut and stalled, a bridge and browsers that stop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from cti_bridge.simulator.server import SimCall
from tests.journeys.wired import BACKLOG_FRAMES, PHONE, SOON_S, Wired, browser_stopped, open_wired

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

YAMADA, STRANGER = "09012345678", "08019998877"


@pytest.fixture
async def wired(data_dir: Path, request: pytest.FixtureRequest) -> AsyncIterator[Wired]:
    folder = data_dir / request.node.name.replace("[", "-").replace("]", "")
    folder.mkdir(mode=0o711)
    async with open_wired(folder) as opened:
        yield opened


async def shows(page: Page, state: str, count: int = 1) -> None:
    offers = page.locator(f'[data-testid="offer"][data-state="{state}"]')
    await expect(offers).to_have_count(count, timeout=SOON_S * 1000)


async def rings(wired: Wired, call: SimCall) -> SimCall:
    """Once the telephone rings, which takes the simulated PBX a moment."""
    async with asyncio.timeout(SOON_S):
        while not call.ringing:
            await asyncio.sleep(0.01)
    return call


async def all_over(wired: Wired, *pages: Page) -> None:
    """The last call has ended: the pages are as fresh ones, and no offer of the run is unaccounted for."""
    for page in pages:
        for state in ("ringing", "talking", "held"):
            await shows(page, state, 0)
        await wired.is_as_fresh(page)
    await wired.every_offer_is_accounted_for()


async def give_up_and_ring_again(wired: Wired, call: SimCall) -> SimCall:
    call.hang_up()
    return await rings(wired, wired.call(STRANGER))


async def hold(wired: Wired, call: SimCall) -> SimCall:
    call.hold(PHONE)
    return call


async def many_rings(wired: Wired, call: SimCall) -> SimCall:
    for number in range(BACKLOG_FRAMES):
        call = await give_up_and_ring_again(wired, call)
        # A ring that is over before it could go out is none.
        await wired.reaches("cti_offers_total", number + 2, outcome="shown")
    return call


async def many_holds(wired: Wired, call: SimCall) -> SimCall:
    for _ in range(BACKLOG_FRAMES):
        call.hold(PHONE)
        call.resume(PHONE)
    await wired.reaches("cti_events_total", BACKLOG_FRAMES, pbx="main", type="HoldEnded")
    return call


@pytest.mark.parametrize(
    ("is_answered", "is_long", "meanwhile"),
    [
        pytest.param(False, False, give_up_and_ring_again, id="mid-ring, a moment"),
        pytest.param(False, True, many_rings, id="mid-ring, long"),
        pytest.param(True, False, hold, id="mid-call, a moment"),
        pytest.param(True, True, many_holds, id="mid-call, long"),
    ],
)
async def test_a_link_that_was_cut_loses_nothing(
    wired: Wired, is_answered: bool, is_long: bool, meanwhile: Callable[..., SimCall]
) -> None:
    """A moment: what was missed is sent. Long: more was missed than is kept, so everything is sent anew."""
    page = await wired.centre.sign_in("1001")
    call = await rings(wired, wired.call())
    await shows(page, "ringing")
    if is_answered:
        call.answer(PHONE)
        await shows(page, "talking")
    snapshots = await wired.snapshots()
    wired.cable.unplug()
    await expect(page.get_by_test_id("link-lost")).to_be_visible()
    call = await meanwhile(wired, call)  # type: ignore[misc]
    wired.cable.mend()
    await wired.is_as_fresh(page)
    await shows(page, "ringing" if not is_answered else "talking" if is_long else "held")
    await expect(page.get_by_test_id("link-lost")).to_have_count(0)
    # The page that was opened to compare with took one of its own.
    assert await wired.snapshots() - snapshots == 1 + is_long
    call.hang_up()
    await all_over(wired, page)


async def test_a_link_that_dies_in_silence_is_noticed_within_ten_seconds(wired: Wired) -> None:
    page = await wired.centre.sign_in("1001")
    call = await rings(wired, wired.call())
    await shows(page, "ringing")
    wired.cable.stall()
    began = time.monotonic()
    call.answer(PHONE)
    await expect(page.get_by_test_id("link-lost")).to_be_visible(timeout=10_000)
    assert time.monotonic() - began < 10
    wired.cable.cut()
    wired.cable.flow()
    await shows(page, "talking")
    await wired.is_as_fresh(page)
    call.hang_up()
    await all_over(wired, page)


async def test_tabs_share_a_socket_and_go_on_when_the_leading_one_is_closed(wired: Wired) -> None:
    first = await wired.centre.sign_in("1001")
    second = await first.context.new_page()
    await second.goto(wired.centre.origin)
    await second.wait_for_selector('[data-live="true"]')
    call = await rings(wired, wired.call())
    for page in (first, second):
        await shows(page, "ringing")
        await expect(page.get_by_test_id("customer-name")).to_contain_text("山田 太郎")
    assert wired.cable.joined == 1
    call.hang_up()
    for page in (first, second):
        await shows(page, "ringing", 0)
    call = await rings(wired, wired.call(STRANGER))
    await shows(second, "ringing")
    await first.close()
    call.answer(PHONE)
    await shows(second, "talking")
    await wired.is_as_fresh(second)
    assert wired.cable.joined == 3, "the first tab's, the second's, and the one to compare with"
    call.hang_up()
    await all_over(wired, second)
    assert await wired.counted("cti_offers_total", outcome="painted") == 2


async def test_tabs_of_the_board_share_a_socket(wired: Wired) -> None:
    first = await wired.centre.sign_in("2001", 1920, 1080)
    second = await first.context.new_page()
    await second.goto(wired.centre.origin)
    await second.wait_for_selector('[data-live="true"]')
    call = await rings(wired, wired.call())
    rows = [page.locator('[data-testid="call-row"]:not(.is-gone)') for page in (first, second)]
    for each in rows:
        await expect(each).to_have_count(1)
    assert wired.cable.joined == 1
    await first.close()
    call.hang_up()
    await expect(rows[1]).to_have_count(0)
    await expect(second.locator('[data-live="true"]')).to_have_count(1)


async def test_a_bridge_that_restarts_in_mid_call_shows_the_call_once(wired: Wired) -> None:
    page = await wired.centre.sign_in("1001")
    call = await rings(wired, wired.call())
    call.answer(PHONE)
    await shows(page, "talking")
    await wired.centre.bridge.stop()
    await expect(page.get_by_test_id("link-lost")).to_be_visible()
    call.hold(PHONE)
    await wired.centre.bridge.start()
    await expect(page.get_by_test_id("link-lost")).to_have_count(0, timeout=SOON_S * 1000)
    await wired.is_as_fresh(page)
    await expect(page.get_by_test_id("caller-display")).to_contain_text("090-1234-5678")
    call.hang_up()
    await all_over(wired, page)


async def test_a_browser_that_stood_still_catches_up_on_the_socket_it_had(wired: Wired) -> None:
    page = await wired.centre.sign_in("1001")
    call = await rings(wired, wired.call())
    await shows(page, "ringing")
    joined = wired.cable.joined
    with browser_stopped():
        call = await give_up_and_ring_again(wired, call)
        # Longer than a page bears silence: its timers are late then, and must not be believed.
        await asyncio.sleep(10)
    await shows(page, "ringing")
    await expect(page.get_by_test_id("caller-display")).to_contain_text("080-1999-8877")
    assert wired.cable.joined == joined
    await wired.is_as_fresh(page)
    call.hang_up()
    await all_over(wired, page)

"""After-call work (A1): talked, said by keyboard alone, done, and seen at the same customer's next ring."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
from playwright.async_api import Page, expect

from cti_bridge.simulator import SimCall, SimQueue, Simulator
from tests.journeys.centre import Centre, open_centre
from tests.journeys.test_first_ring import expect_offer
from tests.rig.caller import YAMADA

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SECRET, DESK = "journey-only", "PJSIP/1001"
CONFIG = Path(__file__).resolve().parents[2] / "config"
WRAP_UP = f"""
[agents]
wrap_up_s = 300
[wrap_up]
file = "{CONFIG / "dispositions.toml"}"
"""


@dataclass(frozen=True, slots=True)
class SimulatedPbx:
    """Where the simulated PBX is, as a centre asks for it."""

    host: str
    ami_port: int
    ami_user: str = "cti-bridge"
    ami_secret: str = SECRET


@dataclass(frozen=True, slots=True)
class Floor:
    pbx: Simulator
    centre: Centre


@pytest.fixture
async def floor(data_dir: Path, request: pytest.FixtureRequest) -> AsyncIterator[Floor]:
    folder = data_dir / request.node.name
    folder.mkdir(mode=0o711)
    queues = {"orders": SimQueue(members=[DESK])}
    async with Simulator.listening(secret=SECRET, agents=[(DESK, "1001")], queues=queues) as pbx:
        where = SimulatedPbx(pbx.host, pbx.port)
        async with open_centre(where, folder, more_settings=WRAP_UP) as centre:  # type: ignore[arg-type]
            yield Floor(pbx, centre)


async def ring(floor: Floor, page: Page) -> SimCall:
    call = floor.pbx.call(YAMADA.number, YAMADA.name)
    await expect_offer(page, "ringing")
    await expect(page.get_by_test_id("customer-name")).to_have_text("山田 太郎")
    return call


async def contact(pool: asyncpg.Pool) -> tuple[object, ...]:
    row = await pool.fetchrow(
        "select kind, is_open, subject, agent_id from contact where call_id is not null"
        " order by occurred_at desc"
    )
    return tuple(row)


async def test_what_was_said_of_a_call_is_seen_at_the_next(floor: Floor) -> None:
    page = await floor.centre.sign_in("1001")
    call = await ring(floor, page)
    await expect(page.get_by_test_id("wrap-up-pick")).to_have_count(0)
    call.answer(DESK)
    await expect_offer(page, "talking")
    await page.keyboard.press("8")
    await expect(page.get_by_test_id("disposition-category").first).to_be_focused()
    await page.keyboard.press("5")
    await page.keyboard.press("2")
    await expect(page.get_by_test_id("wrap-up-pick")).to_contain_text("確認のうえご連絡")
    await expect(page.get_by_test_id("wrap-up-follow-up")).to_be_focused()
    # Typed, its parts come in the order of the browser's own language.
    await page.get_by_test_id("wrap-up-follow-up").fill("2031-04-08")
    await expect(page.get_by_test_id("wrap-up-follow-up")).to_have_value("2031-04-08")
    call.hang_up()
    state = page.get_by_test_id("agent-state")
    await expect(state).to_have_attribute("data-state", "wrap_up")
    await page.keyboard.press("Escape")
    await page.keyboard.press("9")
    await expect(page.get_by_test_id("wrap-up-refused")).to_contain_text("メモ")
    await page.keyboard.press("w")
    await page.keyboard.type("包装の破れ。代わりの品の手配を確認")
    await page.keyboard.press("Escape")
    await page.keyboard.press("9")
    await expect(state).to_have_attribute("data-state", "ready")
    await expect(page.get_by_test_id("wrap-up-done")).to_have_count(0)

    again = await ring(floor, page)
    seen = page.get_by_test_id("contact").first
    await expect(seen).to_contain_text("確認のうえご連絡（4月8日）")
    await expect(seen).to_have_attribute("data-open", "true")
    await expect(seen).to_contain_text("お叱り")
    assert await contact(floor.centre.pool) == ("complaint", True, "確認のうえご連絡（4月8日）", "a1001")
    again.hang_up()
    await expect(page.get_by_test_id("idle")).to_be_visible()
    # Who gave up waiting said nothing: there is no after-call work.
    await expect(page.get_by_test_id("waiting-wrap-up")).to_have_count(0)


async def test_more_time_and_the_next_call_before_anything_was_said(floor: Floor) -> None:
    page = await floor.centre.sign_in("1001")
    call = await ring(floor, page)
    call.answer(DESK)
    await expect_offer(page, "talking")
    call.hang_up()
    clock = page.get_by_test_id("wrap-up-clock")
    await expect(clock).to_contain_text("残り 4:5")
    await page.get_by_test_id("wrap-up-more").click()
    await expect(clock).to_contain_text("残り 5:5")
    await page.keyboard.press("8")
    await page.keyboard.press("3")
    await page.keyboard.press("1")
    # Queues keep away, a direct call does not.
    direct = floor.pbx.call(YAMADA.number, YAMADA.name, to=DESK)
    await expect_offer(page, "ringing")
    direct.answer(DESK)
    await expect_offer(page, "talking")
    await expect(page.get_by_test_id("wrap-up-pick")).to_contain_text("対応区分を選ぶ")
    await expect(page.get_by_test_id("waiting-wrap-up")).to_have_count(0)
    direct.hang_up()
    await expect(page.get_by_test_id("wrap-up-clock")).to_contain_text("残り 4:5")
    await page.keyboard.press("8")
    await page.keyboard.press("7")
    await page.keyboard.press("2")
    await page.keyboard.press("9")
    await expect(page.get_by_test_id("agent-state")).to_have_attribute("data-state", "ready")
    await page.keyboard.press("p")
    await expect(page.get_by_test_id("waiting-wrap-up")).to_contain_text("山田 太郎")
    await page.keyboard.press("8")
    await expect(page.get_by_test_id("wrap-up-pick")).to_contain_text("商品・使い方")
    await page.get_by_test_id("wrap-up-save").click()
    await expect(page.get_by_test_id("waiting-wrap-up")).to_have_count(0)
    said = await floor.centre.pool.fetch("select disposition, call_id from call_disposition order by at")
    assert [row["disposition"] for row in said] == ["silent", "product"]
    assert len({row["call_id"] for row in said}) == 2

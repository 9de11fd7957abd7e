"""What an agent has the PBX do (A2), from the page's session to the telephone and back to the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.journeys.centre import Centre
from tests.journeys.test_first_ring import expect_offer
from tests.rig.asterisk import AsteriskRig
from tests.rig.phone_shop import PhoneShop

pytestmark = [pytest.mark.asterisk, pytest.mark.browser, pytest.mark.timeout(180)]


async def command(page: Page, origin: str, key: str, **what: object) -> tuple[int, dict[str, object]]:
    answer = await page.request.post(f"{origin}/api/commands", data={"key": key, "command": what})
    return answer.status, await answer.json()


async def test_a_click_calls_the_customer_and_shows_the_card_before_anybody_answers(
    centre: Centre, asterisk: AsteriskRig, phones: PhoneShop, tmp_path: Path
) -> None:
    page = await centre.sign_in("1001")
    [phone] = await phones.agents("1001")
    carrier = await phones.carrier()
    status, said = await command(
        page, centre.origin, "journey-originate-1", type="originate", number="090-1234-5678"
    )
    assert (status, said["outcome"]) == (200, "done"), said
    own = await phone.ringing()
    await expect_offer(page, "dialling")
    await expect(page.get_by_test_id("customer-name")).to_contain_text("山田 太郎")
    await own.answer()
    far = await carrier.ringing()
    await expect_offer(page, "dialling")
    await far.answer()
    await expect_offer(page, "talking")
    board = await centre.sign_in("2001", 1920, 1080)
    live = await (await board.request.get(f"{centre.origin}/api/calls?outcome=live")).json()
    [call_id] = [call["call_id"] for call in live["calls"]]
    again = await command(
        page, centre.origin, "journey-originate-1", type="originate", number="090-1234-5678"
    )
    assert again == (status, said), "the same key is the same call"
    assert phone.received("INVITE") == 1
    ended = await command(page, centre.origin, "journey-hang-up-1", type="hang_up", call_id=call_id)
    assert (ended[0], ended[1]["outcome"]) == (200, "done"), ended
    await expect_offer(page, "ended")
    await far.reached("ended")


async def test_an_agent_cannot_listen_to_others(centre: Centre) -> None:
    page = await centre.sign_in("1001")
    status, said = await command(
        page, centre.origin, "journey-listen-1", type="listen", agent_id="a1002", mode="listen"
    )
    assert (status, said["code"]) == (403, "not_allowed"), said

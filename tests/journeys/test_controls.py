"""An agent's day by the page's own keys (A2): hold, a word with a colleague, passing on, hanging up."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Page, expect

from tests.command.asterisk.conftest import USERS
from tests.journeys.centre import Centre
from tests.journeys.test_first_ring import expect_offer
from tests.rig.asterisk import AsteriskRig
from tests.rig.phone_shop import PhoneShop
from tests.rig.sip_phone import SipPhone

pytestmark = [pytest.mark.asterisk, pytest.mark.browser, pytest.mark.timeout(180)]

DIRECT = "0312341002"
YAMADA = "<sip:09012345678@127.0.0.2>"


@pytest.fixture
def powerful(asterisk: AsteriskRig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bridge's user may ask telephones to hold, which the shipped configuration does not grant."""
    with (asterisk.home / "etc" / "local" / "manager.conf").open("a") as users:
        users.write(USERS)
    asterisk.cli("manager reload")
    (asterisk.home / "etc" / "pjsip_notify.conf").touch()
    asterisk.cli("module load res_pjsip_notify.so")
    monkeypatch.setattr(asterisk, "ami_user", "powerful")


@pytest.mark.usefixtures("powerful")
async def test_a_call_is_held_passed_on_after_a_word_and_hung_up(
    centre: Centre, asterisk: AsteriskRig, phones: PhoneShop
) -> None:
    sender, receiver = await centre.sign_in("1002"), await centre.sign_in("1004")
    phone, colleague = await phones.agents("1002", "1004", media=True)
    outside = await phones.outside(media=True)
    dialling = asyncio.create_task(outside.call(DIRECT, caller=YAMADA))
    own = await phone.ringing()
    await expect_offer(sender, "ringing")
    await expect(sender.get_by_test_id("control-hold")).to_have_attribute("aria-disabled", "true")
    await own.answer()
    await expect_offer(sender, "talking")
    customer = await dialling

    # The PBX can but ask the telephone; until it says so, nothing is shown as done.
    hold = sender.get_by_test_id("control-hold")
    await sender.keyboard.press("q")
    await heard(sender, phone, "NOTIFY", 1)
    await expect(hold).to_have_attribute("aria-busy", "true")
    await expect_offer(sender, "talking")
    await own.hold()
    await expect_offer(sender, "held")
    await expect(hold).to_have_attribute("aria-busy", "false")
    await sender.keyboard.press("q")
    await heard(sender, phone, "NOTIFY", 2)
    await own.resume()
    await expect_offer(sender, "talking")
    await expect(hold).to_have_attribute("aria-busy", "false")

    # A word with a colleague, found by the number, by keyboard alone.
    await sender.keyboard.press("u")
    await sender.keyboard.type("1004")
    await expect(sender.get_by_test_id("colleague").first).to_have_attribute("data-agent", "a1004")
    await expect(sender.get_by_test_id("transfer-consult")).to_have_attribute("aria-disabled", "false")
    await sender.keyboard.press("Enter")
    await sender.keyboard.press("Enter")
    theirs = await colleague.ringing()
    await expect_offer(receiver, "ringing")
    await expect(receiver.get_by_test_id("customer-name")).to_contain_text("山田 太郎")
    await expect_offer(sender, "held")
    await expect(sender.get_by_test_id("control-complete")).to_be_visible()
    await theirs.answer()
    await expect_offer(receiver, "talking")
    await sender.keyboard.press("u")
    await own.reached("ended")
    await expect_offer(sender, "ended")
    await expect(receiver.get_by_test_id("customer-name")).to_contain_text("山田 太郎")
    sender_name = await sender.locator(".desk-name").inner_text()
    await expect(receiver.get_by_test_id("transferred-by")).to_contain_text(sender_name)
    assert customer.state == "talking"

    # Hanging up is meant twice.
    await receiver.keyboard.press("b")
    await expect_offer(receiver, "talking")
    await receiver.keyboard.press("b")
    await expect_offer(receiver, "ended")
    await customer.reached("ended")
    rows = await centre.pool.fetch("select kind, outcome from command_log order by at")
    kinds = ["hold", "hold", "begin_transfer", "complete_transfer", "hang_up"]
    assert [(row["kind"], row["outcome"]) for row in rows] == [(kind, "done") for kind in kinds]


async def test_a_telephone_that_cannot_be_held_says_so_and_the_caller_is_parked(
    centre: Centre, asterisk: AsteriskRig, phones: PhoneShop
) -> None:
    page = await centre.sign_in("1002")
    phone, other = await phones.agents("1002", "1004", media=True)
    outside = await phones.outside(media=True)
    dialling = asyncio.create_task(outside.call(DIRECT, caller=YAMADA))
    await (await phone.ringing()).answer()
    await expect_offer(page, "talking")
    customer = await dialling
    await page.keyboard.press("q")
    await expect(page.get_by_test_id("control-trouble")).to_contain_text("電話機の保留ボタンを")
    await expect_offer(page, "talking")
    await page.keyboard.press("v")
    await expect_offer(page, "ended")
    await expect(page.get_by_test_id("control-note")).to_contain_text("パーク701番に置きました")
    await other.call("701")
    assert customer.state == "talking"


async def heard(page: Page, phone: SipPhone, method: str, times: int) -> None:
    """Waits for what the telephone alone sees."""
    async with asyncio.timeout(10):
        while phone.received(method) < times:
            await page.wait_for_timeout(20)

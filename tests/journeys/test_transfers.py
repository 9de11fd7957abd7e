"""A transferred call (P4) in real browsers: the receiver sees who called, and which agent sent them on."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.journeys.centre import Centre
from tests.journeys.test_first_ring import ORDERS, expect_offer
from tests.rig.ami import AmiListener
from tests.rig.asterisk import AsteriskRig
from tests.rig.caller import YAMADA
from tests.rig.phone_shop import PhoneShop
from tests.rig.sipp import Sipp

pytestmark = [pytest.mark.asterisk, pytest.mark.browser, pytest.mark.timeout(180)]


async def test_a_blind_transfer_brings_the_caller_and_the_sender(
    centre: Centre, asterisk: AsteriskRig, phones: PhoneShop, tmp_path: Path
) -> None:
    sender, receiver = await centre.sign_in("1002"), await centre.sign_in("1004")
    phone_1002, phone_1004 = await phones.agents("1002", "1004")
    async with (
        AmiListener(asterisk) as ami,
        Sipp.caller(asterisk, tmp_path, ORDERS, YAMADA, talk_ms=5000) as caller,
    ):
        ring = await phone_1002.ringing()
        await expect_offer(sender, "ringing")
        await ring.answer()
        await expect_offer(sender, "talking")
        up = await ami.event("BridgeEnter", CallerIDNum="1002")
        await ami.act("BlindTransfer", Channel=up["Channel"], Exten="1004", Context="from-agents")
        second = await phone_1004.ringing()
        await expect_offer(receiver, "ringing")
        await expect(receiver.get_by_test_id("customer-name")).to_contain_text("山田 太郎")
        await expect(receiver.get_by_test_id("transferred-by")).to_be_visible()
        assert second.state == "ringing", "all of it was there before the answer"
        await expect_offer(sender, "ended")
        await second.answer()
        await expect_offer(receiver, "talking")
        (await caller.finished()).check()
    await expect_offer(receiver, "ended")


async def test_a_consultation_by_telephone_becomes_the_callers_call(
    centre: Centre, asterisk: AsteriskRig, phones: PhoneShop, tmp_path: Path
) -> None:
    receiver = await centre.sign_in("1004")
    phone_1002, phone_1004 = await phones.agents("1002", "1004")
    async with Sipp.caller(asterisk, tmp_path, ORDERS, YAMADA, talk_ms=6000) as caller:
        ring = await phone_1002.ringing()
        await ring.answer()
        await ring.hold()
        asking = await phone_1002.call("1004", until="ringing")
        second = await phone_1004.ringing()
        await expect_offer(receiver, "ringing")
        await expect(receiver.get_by_test_id("customer-name")).to_have_count(0)
        await second.answer()
        await asking.reached("talking")
        await expect_offer(receiver, "talking")
        await ring.join(asking)
        await expect(receiver.get_by_test_id("customer-name")).to_contain_text("山田 太郎")
        await expect(receiver.get_by_test_id("transferred-by")).to_be_visible()
        await expect_offer(receiver, "talking")
        (await caller.finished()).check()
    await expect_offer(receiver, "ended")

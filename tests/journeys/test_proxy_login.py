"""Opening the shop as the customer who calls (C10): there by one click, over with the call."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from cti_bridge.demo.known import HANAKO_SATO
from cti_bridge.demo.shop import open_shop
from cti_bridge.settings import HttpSettings, ProxyLoginSettings, Settings
from tests.journeys.centre import Centre
from tests.journeys.test_first_ring import ORDERS, expect_offer
from tests.loopback import free_port
from tests.rig.asterisk import AsteriskRig
from tests.rig.caller import Caller
from tests.rig.phone_shop import PhoneShop
from tests.rig.sipp import Sipp

pytestmark = [pytest.mark.asterisk, pytest.mark.browser, pytest.mark.timeout(180)]

SHOP_PORT = free_port()
SHOP_URL = f"http://127.0.0.1:{SHOP_PORT}/proxy-login"
HANAKO = Caller("0312345678")


@pytest.mark.more_settings(f'[proxy_login]\nshop_url = "{SHOP_URL}"\n')
async def test_the_shop_opens_as_the_customer_and_closes_with_the_call(
    centre: Centre, asterisk: AsteriskRig, phones: PhoneShop, tmp_path: Path
) -> None:
    settings = Settings(
        http=HttpSettings(port=int(centre.origin.rpartition(":")[2])),
        proxy_login=ProxyLoginSettings(shop_url=SHOP_URL),
    )
    page = await centre.sign_in("1001")
    (phone,) = await phones.agents("1001")
    async with open_shop(settings, centre.pool):
        async with Sipp.caller(asterisk, tmp_path, ORDERS, HANAKO, talk_ms=15_000) as caller:
            ring = await phone.ringing()
            await expect_offer(page, "ringing")
            await expect(page.get_by_test_id("open-shop")).to_have_count(0)
            await ring.answer()
            await expect_offer(page, "talking")
            async with page.context.expect_page() as opened:
                await page.get_by_test_id("open-shop").click()
            shop = await opened.value
            banner = shop.get_by_test_id("banner")
            await expect(banner).to_contain_text(f"{HANAKO_SATO.name} 様としてご利用中")
            assert shop.url == f"http://127.0.0.1:{SHOP_PORT}/", "the code stands in no address"
            assert await shop.evaluate("window.opener") is None
            await shop.reload()
            await expect(banner).to_contain_text("代理操作中")
            await ring.hangup()
            await expect_offer(page, "ended")
            await caller.finished()
        await shop.reload()
        await expect(banner).to_contain_text("終わりました")
        await expect(page.get_by_test_id("open-shop")).to_have_count(0)
    reasons = await centre.pool.fetch("select reason from card_view where reason = 'proxy_login'")
    assert len(reasons) == 1
    row = await centre.pool.fetchrow("select redeemed_by, end_reason from proxy_login")
    assert tuple(row) == ("shop", "call_ended")

"""Sessions that ran out, were ended or were carried to another browser, at the socket and at the API."""

from __future__ import annotations

import json
import time

import aiohttp
import pytest
from redis.asyncio import Redis

from cti_bridge.agents.sessions import COOKIE, Sessions
from cti_bridge.clock import Clock
from cti_bridge.push.close_codes import CloseCode
from cti_bridge.settings import SessionSettings
from tests.push.rig import Push, closing, hear, say
from tests.rig.house import PASSWORD, House

pytestmark = pytest.mark.timeout(120)

DAY_S = 86_400.0


async def test_a_session_that_ran_out_loses_its_socket_and_gets_no_new_one(valkey: Redis) -> None:
    ahead_s = [0.0]
    clock = Clock(now_s=lambda: time.time() + ahead_s[0])
    push = Push(Sessions(valkey, SessionSettings(), clock), session_check_s=0.01)
    async with push.running():
        session_id = await push.sign_in("a1")
        async with push.browser(session_id) as browser:
            await say(browser, type="subscribe", topic="agent:a1")
            assert (await hear(browser))["type"] == "snapshot"
            ahead_s[0] = DAY_S
            assert await closing(browser) == CloseCode.SESSION_ENDED
        async with push.browser(session_id) as browser:
            assert await closing(browser) == CloseCode.NOT_SIGNED_IN


async def _me(house: House, session_id: str) -> int:
    async with aiohttp.ClientSession() as browser:
        cookie = {"Cookie": f"{COOKIE}={session_id}"}
        async with browser.get(f"{house.origin}/api/me", headers=cookie) as answer:
            return answer.status


@pytest.mark.asyncio(loop_scope="module")
async def test_a_cookie_carried_to_another_browser_ends_with_the_sign_out(house: House) -> None:
    """The cookie is all there is: no script reads it, no other site sends it, a sign-out ends it."""
    stolen, other = await house.sign_in("1001"), await house.sign_in("1001")
    assert [await _me(house, stolen), await _me(house, other)] == [200, 200]
    async with aiohttp.ClientSession() as browser:
        cookie = {"Cookie": f"{COOKIE}={stolen}"}
        async with browser.delete(f"{house.origin}/api/session", headers=cookie) as answer:
            assert answer.status == 204
    assert [await _me(house, stolen), await _me(house, other)] == [401, 200]
    async with aiohttp.ClientSession() as browser:
        cookie = {"Cookie": f"{COOKIE}={other}"}
        async with browser.delete(f"{house.origin}/api/sessions", headers=cookie) as answer:
            assert answer.status == 204
    assert await _me(house, other) == 401


@pytest.mark.asyncio(loop_scope="module")
async def test_a_cookie_from_before_is_not_the_session_after_signing_in(house: House) -> None:
    """Whoever puts a cookie of theirs into somebody's browser does not share what is signed in there."""
    fixed = "F" * 43
    async with aiohttp.ClientSession() as browser:
        async with browser.post(
            f"{house.origin}/api/session",
            json={"login": "1001", "password": PASSWORD},
            headers={"Cookie": f"{COOKIE}={fixed}"},
        ) as answer:
            assert answer.status == 200
            given = answer.cookies[COOKIE].value
    assert given != fixed
    assert await _me(house, fixed) == 401


@pytest.mark.asyncio(loop_scope="module")
async def test_no_secret_is_in_the_log_or_in_an_address(house: House) -> None:
    wrong = "not-the-password-5309"
    async with aiohttp.ClientSession() as browser:
        url = f"{house.origin}/api/session"
        async with browser.post(url, json={"login": "1001", "password": wrong}) as answer:
            assert answer.status == 401
            assert wrong not in await answer.text()
        async with browser.post(url, data=json.dumps({"login": "1001", "password": wrong})) as answer:
            assert answer.status == 415
        async with browser.post(url, json={"login": "1001", "password": PASSWORD}) as answer:
            me, cookies = await answer.text(), dict(answer.cookies)
            assert "?" not in str(answer.url)
    secrets = [morsel.value for morsel in cookies.values()]
    assert len(secrets) == 2
    call = house.simulator.call("0312345678", "name-5309")
    call.hang_up()
    assert await house.metric("cti_sign_ins_total") >= 2
    said = house.said()
    assert "signed_in" in said
    for secret in (*secrets, PASSWORD, wrong, "only-for-the-pbx", "argon2", "0312345678", "+81312345678"):
        assert secret not in said
        assert secret not in me
    async with aiohttp.ClientSession() as browser, browser.get(f"{house.origin}/metrics") as answer:
        metrics = await answer.text()
    assert not any(secret in metrics for secret in (*secrets, "0312345678", "+81312345678"))

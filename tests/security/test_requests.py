"""Strangers at the API of a whole bridge: other sites' pages, forms, odd paths, headers and bodies."""

from __future__ import annotations

import asyncio
import io
import json
import re
from typing import Any

import aiohttp
import pytest

from cti_bridge.agents.sessions import COOKIE
from tests.rig.house import PASSWORD, House

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

FORMS = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "Text/Plain")
# What they may be asked for without a sign-in.
OPEN = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("POST", "/api/session"),
    ("DELETE", "/api/session"),
    ("GET", "/api/session/ways"),
    ("GET", "/api/session/oidc"),
    ("GET", "/api/session/oidc/callback"),
}


async def operations(house: House) -> list[tuple[str, str]]:
    """Every method and path the bridge serves, with something in the place of each parameter."""
    async with aiohttp.ClientSession() as browser, browser.get(f"{house.origin}/api/openapi.json") as answer:
        paths: dict[str, dict[str, Any]] = (await answer.json())["paths"]
    return [
        (method.upper(), re.sub(r"{\w+}", "1", path)) for path, methods in paths.items() for method in methods
    ]


async def ask(
    house: House, method: str, path: str, *, data: bytes | None = None, **headers: str
) -> tuple[int, bytes]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(20)) as browser:
        url = house.origin + path
        async with browser.request(
            method,
            url,
            data=None if data is None else io.BytesIO(data),
            headers=sent,
            skip_auto_headers=["Content-Type"],
        ) as answer:
            return answer.status, await answer.read()


async def raw(house: House, request: bytes, *, most: int = 1 << 20) -> bytes:
    """What the server answers until it closes the connection, or for want of more is asked to."""
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(request)
    async with asyncio.timeout(30):
        answer = await reader.read(most)
    writer.close()
    return answer


async def rows(house: House) -> tuple[int, ...]:
    """How much there is of what a request could have changed."""
    counted = await house.pool.fetchrow(
        "select (select count(*) from customer), (select count(*) from karte_note),"
        " (select count(*) from caution), (select count(*) from command_log),"
        " (select count(*) from call_customer),"
        " (select count(*) from counselling_answer), (select count(*) from contact where is_open),"
        " (select count(*) from agent where signed_out_at is not null or language <> 'ja')"
    )
    return tuple(counted)


async def test_other_sites_change_nothing_with_our_users_cookie(house: House) -> None:
    """Every endpoint there is, also those that a later day brings: by Origin, by Fetch Metadata, by form."""
    await house.pool.execute(
        "insert into contact (customer_id, channel, direction, occurred_at, kind, is_open)"
        " values (1, 'email', 'in', now(), 'complaint', true)"
    )
    await house.pool.execute("insert into caution (customer_id, severity, text) values (1, 'notice', 'x')")
    session_id = await house.sign_in("2001")
    cookie, before = f"{COOKIE}={session_id}", await rows(house)
    asked, said = 0, house.said()
    for method, path in await operations(house):
        if method == "GET":
            continue
        for origin in ("http://evil.example", "null", house.origin + ".evil.example"):
            status, _ = await ask(house, method, path, data=b"{}", Cookie=cookie, Origin=origin)
            assert status == 403, (method, path, origin)
        for site in ("cross-site", "same-site"):
            status, _ = await ask(house, method, path, data=b"{}", Cookie=cookie, Sec_Fetch_Site=site)
            assert status == 403, (method, path, site)
        for form in FORMS:
            status, _ = await ask(house, method, path, data=b"{}", Cookie=cookie, Content_Type=form)
            assert status == 415, (method, path, form)
        asked += 1
    assert asked > 20
    assert await rows(house) == before
    assert (await ask(house, "GET", "/api/me", Cookie=cookie))[0] == 200, "still signed in"
    said = house.said().removeprefix(said)
    assert said.count("http_origin_refused") == asked * 5
    assert said.count("http_form_refused") == asked * len(FORMS)


async def test_without_a_session_there_is_nothing(house: House) -> None:
    for method, path in await operations(house):
        if (method, path) in OPEN:
            continue
        for cookie in ("", f"{COOKIE}=", f"{COOKIE}=" + "A" * 43, f"{COOKIE}=*"):
            status, body = await ask(
                house, method, path, data=b"{}", Cookie=cookie, Content_Type="application/json"
            )
            assert status == 401, (method, path, cookie)
            assert json.loads(body)["code"] == "not_signed_in"
            assert b"\xe8\x8a\xb1\xe5\xad\x90" not in body


async def test_an_agent_is_no_supervisor(house: House) -> None:
    cookie = f"{COOKIE}={await house.sign_in('1001')}"
    call = house.simulator.call("0312345678", "")
    try:
        for path in ("/api/calls", "/api/calls/1/why", "/api/audit/card-views"):
            status, _ = await ask(house, "GET", path, Cookie=cookie)
            assert status == 403, path
        for command in (
            {"type": "listen", "agent_id": "a2", "mode": "listen"},
            {"type": "listen", "agent_id": "a2", "mode": "barge"},
        ):
            body = json.dumps({"key": f"not-mine-{command['mode']}", "command": command}).encode()
            status, _ = await ask(
                house, "POST", "/api/commands", data=body, Cookie=cookie, Content_Type="application/json"
            )
            assert status == 403, command
    finally:
        call.hang_up()


@pytest.mark.parametrize(
    "target",
    [
        *("/../pyproject.toml", "/assets/../../api/guard.py", "/%2e%2e/api/guard.py", "/..%2fapi%2fguard.py"),
        *("/assets/..%5c..%5capi%5cguard.py", "//etc/passwd", "/%2fetc%2fpasswd", "/.sources.sha256"),
        *("/%00", "/index.html%00.js", "/%ff%fe", "/~root", "/assets/%2e%2e/.sources.sha256"),
        *("/api/../api/guard.py", "/api/%2e%2e/%2e%2e/etc/passwd", "/api/calls/..%2f..%2fme/why"),
        *("/api/customers/../../etc/passwd", "/api/customers/..%2f1/card", "/api/customers/1%00/card"),
        *("/api/customers/1;drop/card", "/api/customers/-1/card", "/api/customers/9" + "9" * 30 + "/card"),
        *("/api/customers/%EF%BC%91/card", "/api/notes/%0d%0aX:1/history", "/api/calls/%00/customer"),
        "http://evil.example/etc/passwd",
    ],
)
async def test_no_path_leads_out(house: House, target: str) -> None:
    cookie = await house.sign_in("1001")
    request = (
        f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {COOKIE}={cookie}\r\nConnection: close\r\n\r\n"
    )
    answer = await raw(house, request.encode("latin-1"))
    assert re.match(rb"HTTP/1\.[01] 4(00|03|04|05) ", answer), answer[:200]
    for secret in (b"root:", b"_is_own_page", b"[project]", PASSWORD.encode()):
        assert secret not in answer


SIGN_IN = json.dumps({"login": "1001\r\nX-Evil: 1", "password": "x"}).encode()


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /%0d%0aX-Evil:%201 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /api/me?q=%0d%0aX-Evil:%201 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x%0d%0aX-Evil: 1\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\rX-Evil: 1\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x; script-src *\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-Host: evil.example\r\nConnection: close\r\n\r\n",
        b"POST /api/session HTTP/1.1\r\nHost: x\r\nOrigin: http://a\x9b31m\r\nConnection: close\r\n\r\n",
        b"POST /api/session HTTP/1.1\r\nHost: x\r\nOrigin: http://a\xc2\x9b31m\r\nConnection: close\r\n\r\n",
        b"POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(SIGN_IN), SIGN_IN),
    ],
)
async def test_what_is_asked_writes_no_header_of_the_answer(house: House, request_: bytes) -> None:
    head = (
        b"POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: 16000\r\n\r\n{"
    )
    slow = [await asyncio.open_connection("127.0.0.1", house.port) for _ in range(100)]
    for _, writer in slow:
        writer.write(head)
    await house.sign_in("1001")
    async with asyncio.timeout(30):
        answers = await asyncio.gather(*(reader.readline() for reader, _ in slow))
    for _, writer in slow:
        writer.close()
    assert set(answers) == {b"HTTP/1.1 408 Request Timeout\r\n"}


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PUT", "PROPFIND", "get", "X" * 100])
async def test_other_methods_are_refused(house: House, method: str) -> None:
    answer = await raw(
        house, f"{method} /api/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Secret: mine\r\n\r\n".encode()
    )
    assert re.match(rb"HTTP/1\.[01] 4(00|04|05) ", answer), answer[:200]
    assert b"mine" not in answer

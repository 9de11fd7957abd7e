import asyncio
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from cti_bridge.agents.sessions import Sessions
from cti_bridge.agents.throttle import Throttle
from cti_bridge.api.bodies import MAX_BODY_BYTES
from cti_bridge.settings import PushSettings
from tests.api.rig import Api, serving

SIGN_IN = {"login": "a1@shop", "password": "right"}


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "",
        "http://127.0.0.1",
        "https://127.0.0.1:8080",
        "http://127.0.0.1:8080/",
    ],
)
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/api/session"), ("PATCH", "/api/me"), ("DELETE", "/api/session")]
)
async def test_a_foreign_page_changes_nothing(api: Api, method: str, path: str, origin: str) -> None:
    await api.sign_in()
    body = {"POST": SIGN_IN, "PATCH": {"language": "en"}}.get(method)
    status, problem = await api.ask(method, path, body, headers={"Origin": origin})
    assert (status, problem["code"]) == (403, "forbidden")
    assert (await api.ask("GET", "/api/me"))[1]["language"] == "ja"
    assert api.signed_out == []


async def test_localhost_is_our_own_page_too(api: Api) -> None:
    own = {"Origin": f"http://localhost:{api.settings.http.port}"}
    assert (await api.ask("POST", "/api/session", SIGN_IN, headers=own))[0] == 200


async def test_a_program_that_is_no_browser_names_no_origin(api: Api) -> None:
    async with api.browser.post(f"{api.origin}/api/session", json=SIGN_IN) as response:
        assert response.status == 200


async def test_behind_a_proxy_only_its_origin_is_ours(
    sessions: Sessions, throttle: Throttle, tmp_path: Path
) -> None:
    push, url = PushSettings(public_url="wss://cti.example.jp/push"), "https://CTI.example.jp:443/"
    async with serving(sessions, throttle, pages=tmp_path, public_url=url, push=push) as api:
        api.roster.add("a1")
        assert (await api.sign_in())[0] == 403
        own = {"Origin": "https://cti.example.jp"}
        assert (await api.ask("POST", "/api/session", SIGN_IN, headers=own))[0] == 200


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
async def test_what_a_form_can_send_is_not_read(api: Api, kind: str) -> None:
    headers = {"Content-Type": kind}
    status, problem = await api.ask("POST", "/api/session", SIGN_IN, headers=headers)
    assert (status, problem["code"]) == (415, "bad_request")
    assert "application/json" in problem["detail"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
async def test_a_form_reaches_no_handler_even_without_a_body(api: Api, kind: str) -> None:
    await api.sign_in()
    with capture_logs() as logs:
        assert (await api.ask("DELETE", "/api/sessions", headers={"Content-Type": kind}))[0] == 415
    assert [line["event"] for line in logs] == ["http_form_refused"]
    assert api.told == []


@pytest.mark.parametrize(("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 204)])
async def test_a_browser_that_names_no_origin_still_says_how_far_it_is(
    api: Api, site: str, status: int
) -> None:
    headers = {"Sec-Fetch-Site": site}
    async with api.browser.delete(f"{api.origin}/api/session", headers=headers) as response:
        assert response.status == status


async def test_what_a_path_or_origin_brings_is_visible_in_the_log(api: Api) -> None:
    odd = "http://a\x9b31m"
    with capture_logs() as logs:
        path = "/api/%1B%5B31m"
        assert (await api.ask("POST", path, {}, headers={"Origin": odd}))[0] == 403
        assert (await api.ask("DELETE", path, headers={"Content-Type": "text/plain"}))[0] == 415
    assert [line.get("origin", line.get("path")) for line in logs] == ["http://a\\x9b31m", path]


async def test_json_with_a_parameter_is_json(api: Api) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    assert (await api.ask("POST", "/api/session", SIGN_IN, headers=headers))[0] == 200


async def test_a_body_has_its_bound(api: Api) -> None:
    exact = SIGN_IN | {"password": "x"}
    padding = MAX_BODY_BYTES - len(b'{"login": "a1@shop", "password": "x"}')
    exact["password"] += "x" * padding
    assert (await api.ask("POST", "/api/session", exact))[0] == 401
    exact["password"] += "x"
    status, problem = await api.ask("POST", "/api/session", exact)
    assert (status, problem["code"]) == (413, "bad_request")
    assert str(MAX_BODY_BYTES) in problem["detail"]


async def test_a_body_that_never_comes_is_given_up(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cti_bridge.api.bodies.BODY_TIMEOUT_S", 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", api.settings.http.port)
    writer.write(
        b"POST /api/session HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    )
    async with asyncio.timeout(10):
        status_line = await reader.readline()
    writer.close()
    await writer.wait_closed()
    assert status_line.startswith(b"HTTP/1.1 408 ")


async def test_a_body_cut_off_is_no_fault_of_ours(api: Api) -> None:
    with capture_logs() as logs:
        _, writer = await asyncio.open_connection("127.0.0.1", api.settings.http.port)
        writer.write(
            b"POST /api/session HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        )
        await writer.drain()
        await api.ask("GET", "/api/me")
        writer.close()
        await writer.wait_closed()
        await api.ask("GET", "/api/me")
    assert logs == []
    assert api.sample("cti_task_failures_total", task="http_request") is None


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/nothing", 404, "not_found"),
        ("POST", "/api/nothing", 404, "not_found"),
        ("GET", "/api/", 404, "not_found"),
        ("GET", "/api", 404, "not_found"),
        ("GET", "/api/../api/nothing", 404, "not_found"),
        ("PUT", "/api/me", 405, "bad_request"),
        ("GET", "/api/session", 405, "bad_request"),
    ],
)
async def test_under_api_every_refusal_is_a_problem(
    api: Api, method: str, path: str, status: int, code: str
) -> None:
    answered, problem = await api.ask(method, path)
    assert (answered, problem["code"]) == (status, code)


async def test_our_own_fault_is_logged_and_not_shown(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(login: str) -> Any:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(api.roster, "by_login", fail)
    with capture_logs() as logs:
        status, problem = await api.sign_in()
    assert (status, problem["code"]) == (500, "unavailable")
    assert "secret" not in problem["detail"]
    assert [(line["event"], line["path"]) for line in logs] == [("http_request_failed", "/api/session")]
    assert api.sample("cti_task_failures_total", task="http_request") == 1

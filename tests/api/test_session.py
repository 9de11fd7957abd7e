from pathlib import Path
from typing import Any

import pytest

from cti_bridge.agents.sessions import COOKIE, SessionId, Sessions, key_of
from cti_bridge.api.session import push_url
from cti_bridge.settings import PushSettings
from tests.api.rig import Api, serving

ME = {
    "agent_id": "a1",
    "name": "佐藤 花子",
    "role": "agent",
    "language": "ja",
    "push_url": "ws://127.0.0.1:8081/",
    "currency": "JPY",
    "time_zone": "Asia/Tokyo",
    "ringing_card": "all",
}
WRONG = {"code": "wrong_credentials", "detail": "login or password is wrong"}


def cookie(api: Api) -> Any:
    [kept] = api.browser.cookie_jar
    assert kept.key == COOKIE
    return kept


async def test_signing_in_says_who_and_where(api: Api) -> None:
    assert await api.sign_in() == (200, ME)
    assert await api.ask("GET", "/api/me") == (200, ME)
    assert api.sample("cti_sign_ins_total", result="ok") == 1


async def test_scripts_and_other_sites_never_get_the_cookie(api: Api) -> None:
    await api.sign_in()
    kept = cookie(api)
    assert (kept["httponly"], kept["samesite"], kept["path"]) == (True, "Strict", "/")
    assert not kept["secure"]
    assert kept["max-age"] == kept["expires"] == ""


async def test_behind_tls_the_cookie_travels_by_tls_only(sessions: Sessions, tmp_path: Path) -> None:
    push = PushSettings(public_url="wss://cti.example.jp/push")
    async with serving(sessions, pages=tmp_path, public_url="https://cti.example.jp", push=push) as api:
        api.roster.add("a1")
        body = {"login": "a1@shop", "password": "right"}
        origin = {"Origin": "https://cti.example.jp"}
        async with api.browser.post(f"{api.origin}/api/session", json=body, headers=origin) as response:
            assert response.status == 200
            assert "; Secure" in response.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("a1@shop", "wrong"),
        ("a1@shop", ""),
        ("nobody", "right"),
        ("", ""),
        ("a1\0@shop", "right"),
        ("locked@shop", ""),
    ],
)
async def test_what_is_wrong_is_not_said(api: Api, login: str, password: str) -> None:
    api.roster.add("locked", password=None)
    assert await api.sign_in(login, password) == (401, WRONG)
    assert len(api.browser.cookie_jar) == 0
    # As long as for a real hash: the check is made for an unknown login too.
    assert [asked[1] for asked in api.roster.asked] == [password]
    assert api.sample("cti_sign_ins_total", result="wrong_credentials") == 1


async def test_somebody_who_left_is_let_out(api: Api) -> None:
    await api.sign_in()
    key = key_of(SessionId(cookie(api).value))
    del api.roster.agents["a1"]
    status, problem = await api.ask("GET", "/api/me")
    assert (status, problem["code"]) == (401, "not_signed_in")
    assert api.signed_out == [key]
    assert (await api.sign_in())[0] == 401


async def test_signing_out_ends_the_session_and_its_sockets(api: Api) -> None:
    await api.sign_in()
    session_id = cookie(api).value
    assert await api.ask("DELETE", "/api/session") == (204, None)
    assert api.signed_out == [key_of(SessionId(session_id))]
    assert len(api.browser.cookie_jar) == 0
    api.browser.cookie_jar.update_cookies({COOKIE: session_id})
    assert (await api.ask("GET", "/api/me"))[0] == 401


async def test_signing_out_twice_is_no_fault(api: Api) -> None:
    assert await api.ask("DELETE", "/api/session") == (204, None)
    assert api.signed_out == []


async def test_the_next_person_at_a_browser_ends_the_session_of_the_last(api: Api) -> None:
    api.roster.add("a2", role="supervisor")
    await api.sign_in()
    first = cookie(api).value
    assert (await api.sign_in("a2@shop"))[1]["role"] == "supervisor"
    assert api.signed_out == [key_of(SessionId(first))]
    assert (await api.ask("GET", "/api/me"))[1]["agent_id"] == "a2"


async def test_a_failed_sign_in_leaves_the_session(api: Api) -> None:
    await api.sign_in()
    assert (await api.sign_in(password="wrong"))[0] == 401
    assert (await api.ask("GET", "/api/me"))[0] == 200


@pytest.mark.parametrize("method", ["GET", "PATCH"])
@pytest.mark.parametrize("value", [None, "nonsense", "x" * 4000, '"quoted"'])
async def test_without_a_session_there_is_no_me(api: Api, method: str, value: str | None) -> None:
    headers = {} if value is None else {"Cookie": f"{COOKIE}={value}"}
    body = {"language": "en"} if method == "PATCH" else None
    status, problem = await api.ask(method, "/api/me", body, headers=headers)
    assert (status, problem["code"]) == (401, "not_signed_in")


async def test_a_language_is_chosen_and_kept(api: Api) -> None:
    await api.sign_in()
    assert await api.ask("PATCH", "/api/me", {"language": "en"}) == (200, ME | {"language": "en"})
    assert await api.ask("GET", "/api/me") == (200, ME | {"language": "en"})


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"login":"a","password":"\xff"}', "not JSON"),
        (b"[]", "object"),
        (b"{}", "`login`"),
        (b'{"login":"a"}', "`password`"),
        (b'{"login":1,"password":"b"}', "$.login"),
        (b'{"login":"a","password":null}', "$.password"),
        (b'{"login":"a","password":"b","remember":true}', "`remember`"),
    ],
)
async def test_a_bad_body_is_told_which_field(api: Api, body: bytes, part: str) -> None:
    status, problem = await api.ask("POST", "/api/session", body)
    assert (status, problem["code"]) == (400, "bad_request")
    assert part in problem["detail"]
    assert api.roster.asked == []


@pytest.mark.parametrize("language", ["fr", "", None, 1])
async def test_a_language_we_do_not_speak_is_refused(api: Api, language: object) -> None:
    await api.sign_in()
    status, problem = await api.ask("PATCH", "/api/me", {"language": language})
    assert (status, problem["code"]) == (400, "bad_request")
    assert "$.language" in problem["detail"]


async def test_without_redis_nobody_signs_in_and_it_is_said_why(no_redis: Sessions, tmp_path: Path) -> None:
    async with serving(no_redis, pages=tmp_path) as api:
        api.roster.add("a1")
        expected = {"code": "unavailable", "detail": "storage.redis_url: cannot be reached now"}
        assert await api.sign_in() == (503, expected)
        assert api.sample("cti_sign_ins_total", result="unavailable") == 1
        headers = {"Cookie": f"{COOKIE}=some-session"}
        assert await api.ask("GET", "/api/me", headers=headers) == (503, expected)
        assert await api.ask("DELETE", "/api/session", headers=headers) == (503, expected)


async def test_without_postgres_it_is_said_why_and_no_more(api: Api) -> None:
    await api.sign_in()
    api.roster.is_away = True
    expected = {"code": "unavailable", "detail": "storage.postgres_url: cannot be reached now"}
    assert await api.sign_in() == (503, expected)
    assert await api.ask("GET", "/api/me") == (503, expected)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("10.0.0.5:8080", "ws://10.0.0.5:8081/"),
        ("cti.local", "ws://cti.local:8081/"),
        ("[::1]:8080", "ws://[::1]:8081/"),
        ("", "ws://127.0.0.1:8081/"),
        ("evil host; script-src *", "ws://127.0.0.1:8081/"),
        ("a@b:80", "ws://127.0.0.1:8081/"),
    ],
)
def test_the_socket_is_where_the_page_is(host: str, url: str) -> None:
    assert push_url(PushSettings(), host) == url


def test_behind_a_proxy_the_socket_is_where_the_settings_say() -> None:
    push = PushSettings(public_url="wss://cti.example.jp/push")
    assert push_url(push, "10.0.0.5:8080") == "wss://cti.example.jp/push"

"""The HTTP server as a browser meets it: pages, headers, the port."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from cti_bridge.api.health import health_endpoints
from cti_bridge.errors import Unavailable
from cti_bridge.http import http_server
from cti_bridge.settings import HttpSettings, PushSettings, Settings
from cti_bridge.telemetry import Telemetry
from tests.loopback import free_port

SECRET = "not for browsers"
DOCUMENT = "<!doctype html><title>CTI Bridge</title>"


def settings_on(port: int, push: PushSettings | None = None) -> Settings:
    return Settings(http=HttpSettings(port=port), push=push or PushSettings())


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "pages"
    (folder / "assets").mkdir(parents=True)
    (folder / ".vite").mkdir()
    (folder / "index.html").write_text(DOCUMENT)
    (folder / "favicon.svg").write_text("<svg/>")
    (folder / "assets" / "index-1a2b.js").write_text("export {}")
    (folder / "assets" / "index-1a2b.css").write_text("a{}")
    (folder / ".vite" / "manifest.json").write_text(SECRET)
    (tmp_path / "secret.txt").write_text(SECRET)
    (folder / "leak.txt").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "pages-old").mkdir()
    (tmp_path / "pages-old" / "secret.txt").write_text(SECRET)
    return folder


@pytest.fixture
async def site(pages: Path) -> AsyncIterator[aiohttp.ClientSession]:
    settings, telemetry = settings_on(free_port()), Telemetry()
    endpoints = health_endpoints(dict, telemetry)
    async with http_server(settings, endpoints, telemetry, pages):
        timeout = aiohttp.ClientTimeout(20)
        async with aiohttp.ClientSession(settings.http.origin(), timeout=timeout) as session:
            yield session


async def raw(port: int, target: str) -> bytes:
    """What the server answers to a path that no client library would send."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode("latin-1"))
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


@pytest.mark.parametrize("path", ["/", "/agent", "/board"])
async def test_every_page_is_the_document_and_is_never_kept(site: aiohttp.ClientSession, path: str) -> None:
    async with site.get(path) as response:
        assert (response.status, await response.text()) == (200, DOCUMENT)
        assert response.content_type == "text/html"
        assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "kinds", "caching"),
    [
        (
            "/assets/index-1a2b.js",
            {"text/javascript", "application/javascript"},
            "public, max-age=31536000, immutable",
        ),
        ("/assets/index-1a2b.css", {"text/css"}, "public, max-age=31536000, immutable"),
        ("/favicon.svg", {"image/svg+xml"}, "no-store"),
    ],
)
async def test_files_are_kept_when_their_name_says_their_content(
    site: aiohttp.ClientSession, path: str, kinds: set[str], caching: str
) -> None:
    async with site.get(path) as response:
        assert response.status == 200
        assert response.content_type in kinds
        assert response.headers["Cache-Control"] == caching
    async with site.head(path) as response:
        assert response.status == 200


@pytest.mark.parametrize(
    "target",
    [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/..%5csecret.txt",
        "/%252e%252e/secret.txt",
        "/../pages-old/secret.txt",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/leak.txt",
        "/.vite/manifest.json",
        "/assets/../.vite/manifest.json",
        "/assets",
        "/assets/",
        "/nothing",
        "/%00",
        "/a%00b",
        "/%ff",
        "/%ed%a0%80",
        "/" + "a" * 5000,
        "/" + "a/" * 2000,
    ],
)
async def test_nothing_outside_the_folder_is_served(site: aiohttp.ClientSession, target: str) -> None:
    port = site._base_url.port if site._base_url else None
    assert port
    answer = await raw(port, target)
    assert answer.startswith((b"HTTP/1.1 404 ", b"HTTP/1.0 404 ", b"HTTP/1.1 400 ", b"HTTP/1.0 400 "))
    assert SECRET.encode() not in answer
    assert b"root:" not in answer


@pytest.mark.parametrize(
    "path", ["/", "/assets/index-1a2b.js", "/nothing", "/api/nothing", "/healthz", "/metrics"]
)
async def test_every_answer_bears_the_security_headers(site: aiohttp.ClientSession, path: str) -> None:
    async with site.get(path) as response:
        headers = response.headers
    policy = dict(rule.strip().split(" ", 1) for rule in headers["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'self'",
        "connect-src": "'self' ws://127.0.0.1:8081",
        "img-src": "'self' data:",
        "style-src": "'self'",
        "object-src": "'none'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
    }
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Server"] == "cti-bridge"


async def test_the_policy_names_the_socket_under_the_host_the_browser_used(
    site: aiohttp.ClientSession,
) -> None:
    async with site.get("/", headers={"Host": "cti.local:9999"}) as response:
        assert "connect-src 'self' ws://cti.local:8081;" in response.headers["Content-Security-Policy"]
    async with site.get("/", headers={"Host": "a; script-src *"}) as response:
        assert "script-src" not in response.headers["Content-Security-Policy"]


async def test_the_policy_names_the_proxys_socket(pages: Path) -> None:
    push = PushSettings(public_url="wss://cti.example.jp:443/push?a=1")
    settings = settings_on(free_port(), push)
    async with http_server(settings, [], Telemetry(), pages):
        async with aiohttp.ClientSession(settings.http.origin()) as session, session.get("/") as response:
            policy = response.headers["Content-Security-Policy"]
    assert "connect-src 'self' wss://cti.example.jp;" in policy


async def test_pages_that_are_not_built_say_how_to_build_them(tmp_path: Path) -> None:
    settings = settings_on(free_port())
    async with http_server(settings, [], Telemetry(), tmp_path / "pages"):
        async with aiohttp.ClientSession(settings.http.origin()) as session:
            async with session.get("/agent") as response:
                assert response.status == 503
                assert "python hatch_build.py build" in await response.text()
            (tmp_path / "pages").mkdir()
            (tmp_path / "pages" / "index.html").write_text(DOCUMENT)
            async with session.get("/agent") as response:
                assert (response.status, await response.text()) == (200, DOCUMENT)


async def test_an_occupied_port_is_named(pages: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(Unavailable) as fault:
            async with http_server(settings_on(port), [], Telemetry(), pages):
                pass
    assert str(fault.value) == f"http.port: 127.0.0.1:{port} is in use by another program"


async def test_the_port_is_free_again_after_the_block(pages: Path) -> None:
    port = free_port()
    for _ in range(2):
        async with http_server(settings_on(port), [], Telemetry(), pages):
            pass

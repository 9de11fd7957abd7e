"""TLS on both listeners: real handshakes, a renewed certificate, files that are none."""

from __future__ import annotations

import asyncio
import os
import ssl
from pathlib import Path

import aiohttp
import pytest
from redis.asyncio import Redis
from websockets.asyncio.client import connect

from cti_bridge.agents.sessions import COOKIE, Sessions
from cti_bridge.api.headers import content_security_policy
from cti_bridge.api.health import health_endpoints
from cti_bridge.api.session import push_url
from cti_bridge.calls.ids import AgentId
from cti_bridge.clock import Clock
from cti_bridge.errors import Unavailable
from cti_bridge.http import http_server
from cti_bridge.origins import page_origins
from cti_bridge.push.hub import LocalHub
from cti_bridge.push.server import PushServer
from cti_bridge.settings import HttpSettings, PushSettings, SessionSettings, Settings
from cti_bridge.telemetry import Telemetry
from cti_bridge.tls import tls_context
from tests.certificates import make_certificate
from tests.loopback import free_port


def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate)


def secure(folder: Path) -> Settings:
    certificate, key = make_certificate(folder, "bridge")
    return Settings(
        http=HttpSettings(port=free_port(), certificate=certificate, key=key),
        push=PushSettings(port=free_port(), certificate=certificate, key=key),
    )


async def test_pages_and_socket_speak_tls(valkey: Redis, tmp_path: Path) -> None:
    settings, telemetry = secure(tmp_path), Telemetry()
    sessions = Sessions(valkey, SessionSettings(), Clock())
    trust = trusting(tmp_path / "chain.pem")
    origin = settings.http.origin()
    assert origin == f"https://127.0.0.1:{settings.http.port}"
    async with http_server(settings, health_endpoints(dict, telemetry), telemetry, tmp_path):
        connector = aiohttp.TCPConnector(ssl=trust)
        async with aiohttp.ClientSession(connector=connector) as browser:
            async with browser.get(f"{origin}/healthz") as answer:
                assert answer.status == 200
                assert f"wss://127.0.0.1:{settings.push.port}" in answer.headers["Content-Security-Policy"]
            with pytest.raises(aiohttp.ClientError):
                await browser.get(origin.replace("https", "http") + "/healthz")
    hub = LocalHub(backlog_frames=16, clock=Clock(), telemetry=telemetry)
    async with asyncio.TaskGroup() as tasks:
        async with PushServer.listening(
            settings.push,
            page_origins=page_origins(settings.http),
            hub=hub,
            sessions=sessions,
            on_ack=lambda topic, offset, received_ns: None,
            tasks=tasks,
            clock=Clock(),
            telemetry=telemetry,
        ):
            session_id = await sessions.create(AgentId("a1"), "a1", "agent")
            url = push_url(settings.push, f"127.0.0.1:{settings.http.port}")
            cookie = {"Cookie": f"{COOKIE}={session_id}"}
            async with connect(
                url, ssl=trust, additional_headers=cookie, origin=origin, proxy=None
            ) as socket:  # type: ignore[arg-type]
                assert url.startswith("wss://")
                assert await (await socket.ping()) >= 0


async def subject(port: int) -> str:
    """Whose certificate a new connection is shown."""
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trust)
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return "new" if b"renewed" in shown else "old"


async def test_a_renewed_certificate_is_shown_without_a_restart(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path, "first")
    context = tls_context("http", HttpSettings(port=1, certificate=certificate, key=key), look_every_s=0)
    assert context is not None
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    async with server:
        assert await subject(port) == "old"
        certificate.write_text("half written")
        os.utime(certificate, ns=(1, 1))
        assert await subject(port) == "old", "what cannot be read leaves what there is"
        assert await subject(port) == "old"
        make_certificate(tmp_path, "renewed")
        await subject(port)  # notices it
        assert await subject(port) == "new"


def test_files_that_are_none_are_named(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path, "x")
    missing = PushSettings(certificate=tmp_path / "gone.pem", key=key)
    with pytest.raises(Unavailable, match=r"push\.certificate: .*(gone\.pem|No such file)"):
        tls_context("push", missing)
    swapped = HttpSettings(certificate=key, key=certificate)
    with pytest.raises(Unavailable, match=r"http\.certificate: .*are no certificate and its key"):
        tls_context("http", swapped)
    assert tls_context("http", HttpSettings()) is None


def test_the_socket_must_be_as_safe_as_the_pages(tmp_path: Path) -> None:
    certificate, key = tmp_path / "c", tmp_path / "k"
    with pytest.raises(ValueError, match="certificate and key go together"):
        HttpSettings(certificate=certificate)
    http = HttpSettings(certificate=certificate, key=key)
    with pytest.raises(ValueError, match=r"push\.certificate and push\.key are missing"):
        Settings(http=http)
    with pytest.raises(ValueError, match=r"push\.public_url must begin with wss://"):
        Settings(http=http, push=PushSettings(public_url="ws://cti.example.jp/"))
    Settings(http=http, push=PushSettings(public_url="wss://cti.example.jp/push"))
    assert "connect-src 'self' wss://x" in content_security_policy("wss://x")

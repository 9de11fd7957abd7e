"""Connections that say nothing, or say it a byte at a time, are closed; those that asked are not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cti_bridge import http
from cti_bridge.api.health import health_endpoints
from cti_bridge.http import http_server
from cti_bridge.patience import Patience
from cti_bridge.settings import HttpSettings, Settings
from cti_bridge.telemetry import Telemetry
from tests.loopback import free_port

ASK = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
async def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """A server that waits 0.3 s for a request's head."""
    monkeypatch.setattr(http, "Patience", lambda loop: Patience(loop, head_s=0.3))
    settings, telemetry = Settings(http=HttpSettings(port=free_port())), Telemetry()
    async with http_server(settings, health_endpoints(dict, telemetry), telemetry, tmp_path):
        yield settings.http.port


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
async def test_who_does_not_say_what_they_want_is_let_go(port: int, said: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said)
    async with asyncio.timeout(10):
        assert await reader.read() == b""
    writer.close()


async def test_who_asked_may_be_silent_until_they_ask_again(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    _, silent = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(2):
        writer.write(ASK)
        async with asyncio.timeout(10):
            assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200 ")
            await reader.readuntil(b"}")
            # As long as the server waits: another that says nothing is let go meanwhile.
            other, closing = await asyncio.open_connection("127.0.0.1", port)
            await other.read()
            closing.close()
    for each in (writer, silent):
        each.close()


async def test_a_server_that_stops_waits_for_nobody(tmp_path: Path) -> None:
    settings = Settings(http=HttpSettings(port=free_port()))
    async with http_server(settings, [], Telemetry(), tmp_path):
        reader, writer = await asyncio.open_connection("127.0.0.1", settings.http.port)
        writer.write(b"GET")
        await writer.drain()
    async with asyncio.timeout(5):
        assert await reader.read() == b""
    writer.close()

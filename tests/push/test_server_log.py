"""Noise at the push port: one line each, and nothing that was sent in it."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from tests.push.rig import Push, hear, say

NOISE = [
    b"GET / HTTP/1.1\r\nHost: \x9b31m\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
    b"GET /" + b"x" * 20_000,
    b"POST / HTTP/1.1\r\n\r\n",
    b"",
]


@pytest.mark.parametrize("sent", NOISE, ids=["control", "tls", "long", "post", "nothing"])
async def test_what_is_no_browser_is_one_line(
    push: Push, sent: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    with capture_logs() as lines:
        reader, writer = await asyncio.open_connection("127.0.0.1", push.port)
        writer.write(sent)
        writer.write_eof()
        async with asyncio.timeout(10):
            await reader.read()
        writer.close()
        async with push.browser(await push.sign_in()) as browser:
            await say(browser, type="subscribe", topic="agent:a1")
            await hear(browser)
    told = [line for line in lines if line["event"] == "push_handshake_failed"]
    assert len(told) <= 1
    assert all(set(line) == {"event", "log_level", "reason"} for line in told)
    assert "push_server_failed" not in [line["event"] for line in lines]
    assert "Traceback" not in capfd.readouterr().err

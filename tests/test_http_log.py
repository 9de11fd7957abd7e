"""What cannot be read is told in one line that its sender did not write."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from cti_bridge.http import http_server
from cti_bridge.http_log import server_logger
from cti_bridge.settings import HttpSettings, Settings
from cti_bridge.telemetry import Telemetry
from tests.loopback import free_port


async def test_noise_is_one_line_without_its_bytes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(http=HttpSettings(port=free_port()))
    with capture_logs() as logs:
        async with http_server(settings, [], Telemetry(), tmp_path):
            reader, writer = await asyncio.open_connection("127.0.0.1", settings.http.port)
            writer.write(b"GET / HTTP/1.1\r\nsecret\x1b[31m\r\n\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.0 400 ")
            writer.close()
    assert [(line["event"], line["address"]) for line in logs] == [("http_request_unreadable", "127.0.0.1")]
    assert "secret" not in str(logs)
    assert capsys.readouterr().err == ""


def test_a_fault_of_the_server_is_told_with_its_cause() -> None:
    logger = server_logger()
    with capture_logs() as logs:
        try:
            raise ZeroDivisionError
        except ZeroDivisionError:
            logger.exception("Unhandled exception")
    assert [(line["event"], line["cause"]) for line in logs] == [
        ("http_server_failed", "Unhandled exception")
    ]
    assert logs[0]["exc_info"][0] is ZeroDivisionError

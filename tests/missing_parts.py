"""Leaves out tests whose real part is not on this machine, loudly; with CTI_TEST_NOTHING_SKIPPED never."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.browser import ChromiumMissing, chromium
from tests.proxy.programs import PROXIES, find_proxy
from tests.rig.asterisk_program import AsteriskMissing, find_asterisk


def _missing() -> dict[str, str]:
    """Marker to what its tests lack."""
    missing = {}
    try:
        find_asterisk()
        if shutil.which("sipp") is None:
            missing["asterisk"] = "no sipp on PATH"
    except AsteriskMissing as error:
        missing["asterisk"] = str(error)
    try:
        chromium()
    except ChromiumMissing as error:
        missing["browser"] = str(error)
    lacking = [name for name in PROXIES if find_proxy(name) is None]
    if lacking:
        missing["proxy"] = f"no {' and no '.join(lacking)}: run tests/setup_system.sh as root on Debian"
    return missing


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what cannot run as skipped; where nothing may be skipped it runs, and fails saying why."""
    if os.environ.get("CTI_TEST_NOTHING_SKIPPED"):
        return
    for marker, reason in _missing().items():
        for item in items:
            if item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=f"NOT TESTED HERE: {reason}"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say once more, last of all, what was left out."""
    if not os.environ.get("CTI_TEST_NOTHING_SKIPPED"):
        for marker, reason in _missing().items():
            terminalreporter.write_sep("!", f"tests marked {marker!r} did not run: {reason}", red=True)

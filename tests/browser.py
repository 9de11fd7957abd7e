"""The real Chromium that page tests drive."""

from __future__ import annotations

import shutil

CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


class ChromiumMissing(Exception):
    """No Chromium: a page test fails rather than pass unseen."""


def chromium() -> str:
    """The program's path. Raises ChromiumMissing with what to do."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name)
        if path is not None:
            return path
    raise ChromiumMissing("no chromium on PATH: run tests/setup_system.sh as root on Debian")

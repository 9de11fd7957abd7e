"""A whole contact centre for one test: stores, a PBX, the bridge as its own process, browsers."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import aiohttp
import asyncpg
from playwright.async_api import Browser, Page, async_playwright

from cti_bridge.demo.seed import seed
from cti_bridge.segments.rebuild import rebuild
from cti_bridge.settings import Settings
from cti_bridge.storage import postgres
from cti_bridge.storage.embedded import EmbeddedPostgres, EmbeddedValkey
from cti_bridge.storage.migrate import migrate
from cti_bridge.suggest.train import train
from tests.browser import CHROMIUM_FLAGS, chromium
from tests.loopback import free_port

PASSWORD = "journey-only"
READY_S = 20.0
SETTINGS = """
[http]
port = {http}
[push]
port = {push}
{push_settings}
[storage]
data_dir = "{data}"
postgres_url = "{postgres}"
redis_url = "{redis}"
[[pbx]]
name = "main"
host = "{ami_host}"
port = {ami_port}
user = "{ami_user}"
queue_labels = {{ orders = "受注窓口", support = "お客様相談" }}
"""


class Pbx(Protocol):
    """Where a PBX listens for AMI, and how it lets the bridge in."""

    @property
    def host(self) -> str: ...
    @property
    def ami_port(self) -> int: ...
    @property
    def ami_user(self) -> str: ...
    @property
    def ami_secret(self) -> str: ...


@dataclass
class Centre:
    """What a test can do with the centre. ``origin``: where the pages are; ``pool``: its database."""

    origin: str
    stores: Stores
    bridge: Bridge
    browser: Browser
    pool: asyncpg.Pool
    pages: list[Page] = field(default_factory=list)

    async def sign_in(self, login: str, width: int = 1280, height: int = 720) -> Page:
        """A browser of its own, signed in; its page, the agent's or the board, is live."""
        context = await self.browser.new_context(
            locale="ja-JP", viewport={"width": width, "height": height}, timezone_id="Asia/Tokyo"
        )
        page = await context.new_page()
        page.set_default_timeout(10_000)
        await page.goto(self.origin)
        await page.get_by_test_id("signin-login").fill(login)
        await page.get_by_test_id("signin-password").fill(PASSWORD)
        await page.get_by_test_id("signin-submit").click()
        await page.wait_for_url("**/board" if login.startswith("2") else "**/agent")
        await page.wait_for_selector('[data-live="true"]')
        self.pages.append(page)
        return page

    async def metrics(self) -> str:
        """What the bridge tells of itself."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.origin}/metrics") as answer:
            return await answer.text()


@dataclass
class Stores:
    """PostgreSQL and Valkey, to be killed and brought back."""

    postgres: EmbeddedPostgres
    valkey: EmbeddedValkey

    async def kill_valkey(self) -> None:
        """End Valkey without a word."""
        await _kill(self.valkey)

    async def kill_postgres(self) -> None:
        """End PostgreSQL without a word."""
        await _kill(self.postgres)


async def _kill(server: EmbeddedPostgres | EmbeddedValkey) -> None:
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    await server.wait_dead()


@asynccontextmanager
async def open_centre(
    pbx: Pbx,
    data_dir: Path,
    *,
    customers: int = 200,
    more_settings: str = "",
    push_port: int | None = None,
    push_settings: str = "",
) -> AsyncIterator[Centre]:
    """Everything started, and ended in order however the test ends.

    ``more_settings`` is TOML, ``push_settings`` what of it stands under ``[push]``.
    """
    async with AsyncExitStack() as stack:
        stores = Stores(EmbeddedPostgres(data_dir), EmbeddedValkey(data_dir))
        postgres_url = await stores.postgres.start()
        stack.push_async_callback(stores.postgres.stop)
        redis_url = await stores.valkey.start()
        stack.push_async_callback(stores.valkey.stop)
        await _fill(postgres_url, customers)
        http, push = free_port(), push_port or free_port()
        settings = data_dir / "bridge.toml"
        settings.write_text(
            SETTINGS.format(
                http=http,
                push=push,
                push_settings=push_settings,
                data=data_dir / "unused",
                postgres=postgres_url,
                redis=redis_url,
                ami_host=pbx.host,
                ami_port=pbx.ami_port,
                ami_user=pbx.ami_user,
            )
            + more_settings
        )
        origin = f"http://127.0.0.1:{http}"
        bridge = Bridge(settings, pbx.ami_secret, data_dir / "bridge.log", origin)
        await bridge.start()
        stack.push_async_callback(bridge.stop)
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        stack.push_async_callback(browser.close)
        pool = await postgres.create_pool(postgres_url)
        # A test may have killed the server: its connections are dropped, not closed in order.
        stack.callback(pool.terminate)
        yield Centre(origin, stores, bridge, browser, pool)


async def _fill(postgres_url: str, customers: int) -> None:
    await migrate(postgres_url)
    pool = await postgres.create_pool(postgres_url)
    await seed(pool, customers=customers, now=datetime.now(UTC), password=PASSWORD, pbx="main")
    await rebuild(pool, Settings(), datetime.now(UTC))
    await train(pool)
    await pool.close()


@dataclass
class Bridge:
    """``cti-bridge serve`` as a process of its own, to be stopped and started again."""

    settings: Path
    secret: str
    log: Path
    origin: str
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Returns when it can ring pops."""
        with self.log.open("wb") as out:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-X", "dev", "-W", "error",
                *("-m", "cti_bridge", "serve", "--config", str(self.settings)),
                stdout=out, stderr=out, env={**os.environ, "CTI_BRIDGE_PBX_MAIN_SECRET": self.secret},
            )  # fmt: skip
        try:
            await self._ready(self.process)
        except BaseException:
            self.process.kill()
            await self.process.wait()
            self.process = None
            raise

    async def stop(self) -> None:
        """As an administrator would; it must end in order and without complaint."""
        process, self.process = self.process, None
        if process is None:
            return
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(15):
            code = await process.wait()
        said = self.log.read_text()
        assert code == 0, said
        assert "Traceback" not in said, said

    async def _ready(self, process: asyncio.subprocess.Process) -> None:
        """Wait until the bridge can ring pops; ask, because it has no other way to tell."""
        async with aiohttp.ClientSession() as session, asyncio.timeout(READY_S):
            while True:
                assert process.returncode is None, self.log.read_text()
                try:
                    async with session.get(f"{self.origin}/readyz") as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientConnectionError:
                    pass
                await asyncio.sleep(0.02)

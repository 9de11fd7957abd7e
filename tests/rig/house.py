"""A whole bridge in a process of its own, with a simulated PBX: for tests that need no real telephone."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import aiohttp
import asyncpg

from cti_bridge.agents.passwords import hash_password
from cti_bridge.agents.sessions import COOKIE
from cti_bridge.simulator import SimQueue, Simulator
from tests.loopback import free_port

PASSWORD = "correct horse battery"
PBX_SECRET = "only-for-the-pbx"
READY_S = 30.0
# Agent, login, role, telephone.
ROSTER = (
    ("a1", "1001", "agent", "PJSIP/1001"),
    ("a2", "1002", "agent", "PJSIP/1002"),
    ("s1", "2001", "supervisor", "PJSIP/2001"),
)
NAMES = {"a1": "川村 由紀", "a2": "大森 恵", "s1": "安田 久美"}
SETTINGS = """
[http]
port = {http}
public_url = "{public_url}"
{http_more}
[push]
port = {push}
public_url = "{push_url}"
[storage]
data_dir = "{data}"
postgres_url = "{postgres}"
redis_url = "{redis}"
[counselling]
file = "{questions}"
[[pbx]]
name = "main"
port = {ami}
queue_labels = {{ orders = "{label}" }}
"""


@dataclass
class House:
    """``origin``: where the bridge itself listens; ``log``: what it wrote to standard error."""

    origin: str
    push_port: int
    simulator: Simulator
    process: asyncio.subprocess.Process
    log: Path
    pool: asyncpg.Pool

    @property
    def port(self) -> int:
        return int(self.origin.rsplit(":", 1)[1])

    def said(self) -> str:
        """All of the log until now."""
        return self.log.read_text(encoding="utf-8")

    async def sign_in(self, login: str) -> str:
        """A session of ``login``; its id, as the browser's cookie holds it."""
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as browser:
            body = {"login": login, "password": PASSWORD}
            async with browser.post(f"{self.origin}/api/session", json=body) as answer:
                assert answer.status == 200, await answer.text()
                return answer.cookies[COOKIE].value

    async def metric(self, name: str) -> float:
        """The sum of a metric's samples, over all labels."""
        async with aiohttp.ClientSession() as browser, browser.get(f"{self.origin}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        return sum(
            float(line.rsplit(" ", 1)[1]) for line in lines if line.split("{")[0].split(" ")[0] == name
        )


@cache
def _hash() -> str:
    return asyncio.run(hash_password(PASSWORD))


async def enrol(pool: asyncpg.Pool, names: Mapping[str, str] = NAMES) -> None:
    """Put the roster into the database."""
    hashed = await asyncio.to_thread(_hash)
    await pool.executemany(
        "insert into agent (agent_id, login, name, role, password_hash) values ($1, $2, $3, $4, $5)",
        [(agent_id, login, names[agent_id], role, hashed) for agent_id, login, role, _ in ROSTER],
    )
    await pool.executemany(
        "insert into agent_endpoint (pbx, endpoint, agent_id) values ('main', $1, $2)",
        [(telephone, agent_id) for agent_id, _, _, telephone in ROSTER],
    )


@asynccontextmanager
async def open_house(
    folder: Path,
    pool: asyncpg.Pool,
    *,
    postgres_url: str,
    redis_url: str,
    public_url: str = "",
    push_url: str = "",
    http_more: str = "",
    label: str = "受注窓口",
    ports: tuple[int, int] | None = None,
) -> AsyncIterator[House]:
    """A bridge that runs while the block lasts, on a database with the roster in it.

    ``public_url``, ``push_url``: what browsers use when a proxy stands in front; ``http_more`` is TOML.
    """
    queues = {"orders": SimQueue(members=["PJSIP/1001", "PJSIP/1002"])}
    telephones = [(telephone, agent_id) for agent_id, _, _, telephone in ROSTER]
    async with Simulator.listening(secret=PBX_SECRET, agents=telephones, queues=queues) as simulator:
        http, push = ports or (free_port(), free_port())
        settings, log = folder / "bridge.toml", folder / "bridge.log"
        settings.write_text(
            SETTINGS.format(
                http=http,
                push=push,
                public_url=public_url,
                push_url=push_url,
                http_more=http_more,
                data=folder / "data",
                postgres=postgres_url,
                redis=redis_url,
                questions=Path("config/counselling.toml").resolve(),
                ami=simulator.port,
                label=label,
            ),
            encoding="utf-8",
        )
        async with _process(settings, log) as process:
            house = House(f"http://127.0.0.1:{http}", push, simulator, process, log, pool)
            await _ready(house)
            yield house


@asynccontextmanager
async def _process(settings: Path, log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-X", "dev", "-W", "error",
            *("-m", "cti_bridge", "serve", "--config", str(settings)),
            stdout=out, stderr=out, env={**os.environ, "CTI_BRIDGE_PBX_MAIN_SECRET": PBX_SECRET},
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(15):
            code = await process.wait()
        said = log.read_text(encoding="utf-8")
        assert code == 0, said
        assert "Traceback" not in said, said


async def _ready(house: House) -> None:
    """Wait until the bridge can ring pops; ask, because it has no other way to tell."""
    async with aiohttp.ClientSession() as session, asyncio.timeout(READY_S):
        while True:
            assert house.process.returncode is None, house.said()
            try:
                async with session.get(f"{house.origin}/readyz") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.02)

"""The call centre that ``end_to_end`` measures: stores with an invented house, agents, and the bridge."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cti_bridge.agents.roster import add_agent
from cti_bridge.agents.sessions import COOKIE, Sessions
from cti_bridge.calls.ids import AgentId
from cti_bridge.clock import Clock
from cti_bridge.demo.seed import demo_callers, seed
from cti_bridge.settings import SessionSettings, Settings, StorageSettings
from cti_bridge.simulator import SimQueue
from cti_bridge.storage import postgres, redis
from cti_bridge.storage.stores import stores
from cti_bridge.suggest.train import train

CUSTOMERS = 1000
QUEUES = 100
MEMBERS = 3
USER, SECRET = "cti-bridge", "bench-only"
START_S = 60.0


@dataclass(frozen=True, slots=True)
class Centre:
    """What was set up. ``callers``: known numbers and names; ``cookies``: one signed-in agent each."""

    postgres_url: str
    redis_url: str
    callers: Sequence[tuple[str, str]]
    cookies: Sequence[str]


def agents() -> dict[str, str]:
    """Every telephone and its agent's name."""
    return {f"PJSIP/{3000 + n}": f"担当 {n:03}" for n in range(QUEUES * MEMBERS)}


def queues() -> dict[str, SimQueue]:
    """For every three agents a queue that rings at once, and one whose callers wait half a second before."""
    endpoints = list(agents())
    groups = [endpoints[MEMBERS * n :][:MEMBERS] for n in range(QUEUES)]
    ringing = {f"ring{n}": SimQueue(members=group) for n, group in enumerate(groups)}
    waiting = {f"wait{n}": SimQueue(members=group, answers_first=True) for n, group in enumerate(groups)}
    return ringing | waiting


@asynccontextmanager
async def centre(folder: Path) -> AsyncIterator[Centre]:
    """Stores with customers and agents in them, while the block lasts.

    Sign-ins are made directly: three hundred password hashes would take half a minute.
    """
    async with stores(Settings(storage=StorageSettings(data_dir=folder))) as (postgres_url, redis_url):
        pool = await postgres.create_pool(postgres_url)
        await seed(pool, customers=CUSTOMERS, now=datetime.now(UTC), password="bench-only", pbx="other")
        await train(pool)
        callers = await demo_callers(pool, CUSTOMERS)
        client = redis.connect(redis_url)
        sessions = Sessions(client, SessionSettings(), Clock())
        cookies = []
        async with pool.acquire() as connection:
            for endpoint, name in agents().items():
                login = endpoint.removeprefix("PJSIP/")
                seats = [("bench", endpoint)]
                await add_agent(connection, agent_id=f"a{login}", login=login, name=name, endpoints=seats)
                session_id = await sessions.create(AgentId(f"a{login}"), login, "agent")
                cookies.append(f"{COOKIE}={session_id}")
        await pool.close()
        try:
            yield Centre(postgres_url, redis_url, callers, cookies)
        finally:
            await client.aclose()


@asynccontextmanager
async def bridge(
    folder: Path, centre: Centre, ami_port: int, http_port: int, push_port: int
) -> AsyncIterator[None]:
    """``cti-bridge serve`` as a process of its own, while the block lasts."""
    config = folder / "bench.toml"
    config.write_text(
        f'[http]\nport = {http_port}\n[push]\nport = {push_port}\n[log]\nlevel = "warning"\n'
        f'[storage]\ndata_dir = "{folder}"\n'
        f'postgres_url = "{centre.postgres_url}"\nredis_url = "{centre.redis_url}"\n'
        f'[[pbx]]\nname = "bench"\nport = {ami_port}\nuser = "{USER}"\nsecret = "{SECRET}"\n'
    )
    command = [sys.executable, "-m", "cti_bridge", "serve", "--config", str(config)]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    assert process.stderr is not None
    async with AsyncExitStack() as stack:
        stack.push_async_callback(_end, process)
        async with asyncio.timeout(START_S):
            while b"serving" not in (line := await process.stderr.readline()):
                if not line:
                    raise SystemExit("the bridge did not start")
                sys.stderr.write(line.decode())
        echo = asyncio.create_task(_echo(process.stderr))
        yield
        echo.cancel()


async def _echo(lines: asyncio.StreamReader) -> None:
    """What the bridge has to say about a fault belongs to the result."""
    while line := await lines.readline():
        sys.stderr.write(line.decode())


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            async with asyncio.timeout(10):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

import asyncio

import pytest

from cti_bridge.agents.passwords import hash_password, verify_password
from cti_bridge.agents.roster import Roster, add_agent
from cti_bridge.api.credentials import CHECKS_AT_ONCE, CHECKS_WAITING, Credentials
from cti_bridge.errors import Unavailable
from tests.api.rig import MemoryRoster
from tests.conftest import Database


class Counter:
    """Checks that wait until they may go on."""

    def __init__(self) -> None:
        self.running = 0
        self.most = 0
        self.go = asyncio.Event()

    async def verify(self, password_hash: str | None, password: str) -> bool:
        self.running += 1
        self.most = max(self.most, self.running)
        await self.go.wait()
        self.running -= 1
        return password_hash == f"hash:{password}"


async def test_few_are_checked_at_once_some_wait_and_a_flood_is_told_to_come_back() -> None:
    roster, counter = MemoryRoster(), Counter()
    agent = roster.add("a1")
    credentials = Credentials(roster, counter.verify)
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        checks = [
            tasks.create_task(credentials.check("a1@shop", "right"))
            for _ in range(CHECKS_AT_ONCE + CHECKS_WAITING)
        ]
        # One turn of the loop starts every task: each then stands at its check or in the queue.
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await credentials.check("a1@shop", "right")
        assert counter.running == CHECKS_AT_ONCE
        counter.go.set()
    assert [check.result() for check in checks] == [agent] * len(checks)
    assert counter.most == CHECKS_AT_ONCE
    assert await credentials.check("a1@shop", "right") == agent


async def test_a_cancelled_check_leaves_its_place() -> None:
    roster, counter = MemoryRoster(), Counter()
    credentials = Credentials(roster, counter.verify)
    for _ in range(CHECKS_AT_ONCE + CHECKS_WAITING + 1):
        check = asyncio.ensure_future(credentials.check("a1@shop", "right"))
        await asyncio.sleep(0)
        check.cancel()
        with pytest.raises(asyncio.CancelledError):
            await check
    counter.go.set()
    assert await credentials.check("a1@shop", "right") is None


async def test_the_real_roster_and_real_hashes(database: Database) -> None:
    await add_agent(
        database.pool,
        agent_id="a1",
        login="hanako",
        name="佐藤 花子",
        password_hash=await hash_password("right"),
    )
    await add_agent(database.pool, agent_id="a2", login="no-password", name="鈴木 一郎")
    credentials = Credentials(Roster(database.pool), verify_password)
    agent = await credentials.check("hanako", "right")
    assert agent is not None
    assert agent.agent_id == "a1"
    for login, password in [
        ("hanako", "wrong"),
        ("nobody", "right"),
        ("no-password", ""),
        ("hana\0ko", "right"),
    ]:
        assert await credentials.check(login, password) is None
    await database.pool.execute("update agent set is_active = false")
    assert await credentials.check("hanako", "right") is None

import asyncio

import pytest

from cti_bridge.agents.desks import AgentQueue, Desks, SharedPhone, Taking
from cti_bridge.agents.roster import add_agent, load_roster
from cti_bridge.calls.ids import AgentId, Endpoint, PbxId, QueueId
from cti_bridge.errors import Unavailable
from tests.conftest import Database

MAIN = PbxId("main")
DESK, OTHER = Endpoint("PJSIP/2001"), Endpoint("PJSIP/2002")
SATO, SUZUKI = AgentId("sato"), AgentId("suzuki")


@pytest.fixture
async def desks(database: Database) -> Desks:
    for agent_id in (SATO, SUZUKI):
        await add_agent(database.pool, agent_id=agent_id, login=f"{agent_id}@shop", name=agent_id)
    await add_agent(
        database.pool, agent_id="ito", login="ito@shop", name="伊藤", endpoints=[("main", "PJSIP/1005")]
    )
    desks = Desks(database.pool)
    assert await desks.add(MAIN, DESK)
    assert await desks.add(MAIN, OTHER)
    return desks


async def free(desks: Desks, endpoint: Endpoint = DESK) -> SharedPhone:
    phone = await desks.phone(MAIN, endpoint)
    assert isinstance(phone, SharedPhone)
    return phone


async def test_what_is_there(desks: Desks) -> None:
    assert await free(desks) == SharedPhone(MAIN, DESK, None)
    assert await desks.phone(MAIN, Endpoint("PJSIP/2999")) is Taking.UNKNOWN
    assert await desks.phone(MAIN, Endpoint("PJSIP/1005")) is Taking.NOT_SHARED


async def test_one_s_own_telephone_is_not_made_a_shared_one(desks: Desks) -> None:
    assert not await desks.add(MAIN, Endpoint("PJSIP/1005"))
    assert await desks.phone(MAIN, Endpoint("PJSIP/1005")) is Taking.NOT_SHARED
    assert await desks.add(MAIN, DESK)


async def test_sitting_down_and_leaving(desks: Desks, database: Database) -> None:
    assert await desks.take(await free(desks), SATO) is Taking.TAKEN
    assert await desks.phones_of(SATO) == [SharedPhone(MAIN, DESK, SATO)]
    assert (await load_roster(database.pool))[SATO].endpoints == ((MAIN, DESK),)
    await desks.leave(SATO)
    assert await desks.phones_of(SATO) == []
    assert await free(desks) == SharedPhone(MAIN, DESK, None)
    await desks.leave(SATO)


async def test_whoever_sits_down_elsewhere_leaves_the_first(desks: Desks) -> None:
    await desks.take(await free(desks), SATO)
    assert await desks.take(await free(desks, OTHER), SATO) is Taking.TAKEN
    assert [one.endpoint for one in await desks.phones_of(SATO)] == [OTHER]
    assert (await free(desks)).agent_id is None


async def test_of_two_who_are_quick_one_sits_down(desks: Desks) -> None:
    seen = await free(desks)
    results = await asyncio.gather(desks.take(seen, SATO), desks.take(seen, SUZUKI))
    assert sorted(results) == [Taking.CHANGED, Taking.TAKEN]


async def test_a_forgotten_telephone_is_taken_over(desks: Desks) -> None:
    await desks.take(await free(desks), SATO)
    assert await desks.take(await free(desks), SUZUKI) is Taking.TAKEN
    assert await desks.phones_of(SATO) == []


async def test_a_telephone_that_is_no_longer_there(desks: Desks, database: Database) -> None:
    seen = await free(desks)
    await database.pool.execute("update agent_endpoint set is_hot = false, agent_id = 'ito'")
    assert await desks.take(seen, SATO) is Taking.NOT_SHARED
    await database.pool.execute("delete from agent_endpoint")
    assert await desks.take(seen, SATO) is Taking.UNKNOWN


async def test_an_agents_queues(desks: Desks, database: Database) -> None:
    await database.pool.execute(
        "insert into agent_queue values ('main', 'support', 'sato', 3), ('main', 'orders', 'sato', 0)"
    )
    assert await desks.queues_of(SATO) == [
        AgentQueue(MAIN, QueueId("orders"), 0),
        AgentQueue(MAIN, QueueId("support"), 3),
    ]
    assert await desks.queues_of(SUZUKI) == []


async def test_without_a_database(database: Database) -> None:
    desks = Desks(database.pool)
    await database.pool.close()
    for work in (
        desks.add(MAIN, DESK),
        desks.phone(MAIN, DESK),
        desks.phones_of(SATO),
        desks.take(SharedPhone(MAIN, DESK, None), SATO),
        desks.leave(SATO),
        desks.queues_of(SATO),
    ):
        with pytest.raises(Unavailable):
            await work

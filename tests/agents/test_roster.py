from __future__ import annotations

import pytest

from cti_bridge.agents.roster import Agent, Roster, add_agent, load_roster
from cti_bridge.calls.ids import AgentId, Endpoint, PbxId
from cti_bridge.errors import Refused, Unavailable
from cti_bridge.storage import postgres
from tests.conftest import Database

A1001 = AgentId("a1001")


async def add_hanako(database: Database, **changes: object) -> None:
    values: dict[str, object] = {
        "agent_id": "a1001",
        "login": "1001",
        "name": "担当 花子",
        "reading": "タントウ ハナコ",
        "role": "agent",
        "language": "ja",
        "password_hash": "hash",
        "endpoints": [("demo", "PJSIP/1001")],
    }
    await add_agent(database.pool, **values | changes)  # type: ignore[arg-type]


async def test_who_was_added_is_on_the_roster(database: Database) -> None:
    await add_hanako(database, endpoints=[("main", "SIP/1"), ("demo", "PJSIP/1001")])
    expected = Agent(
        agent_id=A1001,
        login="1001",
        name="担当 花子",
        reading="タントウ ハナコ",
        role="agent",
        language="ja",
        password_hash="hash",
        endpoints=((PbxId("demo"), Endpoint("PJSIP/1001")), (PbxId("main"), Endpoint("SIP/1"))),
    )
    assert await load_roster(database.pool) == {A1001: expected}
    roster = Roster(database.pool)
    assert await roster.by_id(A1001) == expected
    assert await roster.by_login("1001") == expected


async def test_nobody(database: Database) -> None:
    roster = Roster(database.pool)
    assert await load_roster(database.pool) == {}
    assert await roster.by_login("1001") is None
    assert await roster.by_id(A1001) is None


async def test_adding_again_changes_what_is_given_and_keeps_the_password(database: Database) -> None:
    await add_hanako(database)
    await add_hanako(database, name="担当 桃子", password_hash=None, endpoints=[("demo", "PJSIP/1002")])
    agent = (await load_roster(database.pool))[A1001]
    assert (agent.name, agent.password_hash) == ("担当 桃子", "hash")
    assert agent.endpoints == ((PbxId("demo"), Endpoint("PJSIP/1002")),)


async def test_a_telephone_is_taken_over(database: Database) -> None:
    await add_hanako(database)
    await add_hanako(database, agent_id="a1002", login="1002")
    roster = await load_roster(database.pool)
    assert roster[A1001].endpoints == ()
    assert roster[AgentId("a1002")].endpoints == ((PbxId("demo"), Endpoint("PJSIP/1001")),)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"agent_id": "a2", "login": "1001"}, "the login 1001 belongs to another agent"),
        ({"role": "owner"}, "agent_role_check"),
        ({"language": "fr"}, "agent_language_check"),
        ({"agent_id": "Not An Id"}, "agent_agent_id_check"),
    ],
)
async def test_what_is_not_allowed_is_refused_whole(
    database: Database, changes: dict[str, object], why: str
) -> None:
    await add_hanako(database)
    before = await load_roster(database.pool)
    with pytest.raises(Refused, match=why):
        await add_hanako(database, **{"endpoints": [("demo", "PJSIP/9")], **changes})
    assert await load_roster(database.pool) == before


async def test_one_who_left_is_not_on_it_until_added_again(database: Database) -> None:
    await add_hanako(database)
    await database.pool.execute("update agent set is_active = false")
    assert await load_roster(database.pool) == {}
    assert await Roster(database.pool).by_login("1001") is None
    await add_hanako(database)
    assert set(await load_roster(database.pool)) == {A1001}


async def test_a_language_is_remembered(database: Database) -> None:
    await add_hanako(database)
    await Roster(database.pool).set_language(A1001, "en")
    assert (await load_roster(database.pool))[A1001].language == "en"


async def test_an_agent_may_be_added_in_a_transaction(database: Database) -> None:
    async with database.pool.acquire() as connection, connection.transaction():
        await add_agent(connection, agent_id="a1", login="1", name="x")
    assert set(await load_roster(database.pool)) == {"a1"}


async def test_without_a_database_it_cannot_tell() -> None:
    pool = await postgres.create_pool("postgresql://u@127.0.0.1:1/d")
    roster = Roster(pool)
    for asked in (roster.by_login("1"), roster.by_id(A1001), roster.set_language(A1001, "en")):
        with pytest.raises(Unavailable, match=r"storage\.postgres_url"):
            await asked
    await pool.close()

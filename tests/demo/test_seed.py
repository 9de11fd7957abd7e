from datetime import UTC, datetime

import asyncpg
import pytest

from cti_bridge.agents.passwords import verify_password
from cti_bridge.calls.numbers import normalise
from cti_bridge.demo.known import HANAKO_SATO, HOUSEHOLD, KAZUKO_SUZUKI
from cti_bridge.demo.seed import AGENTS, demo_callers, seed
from cti_bridge.errors import Refused, UsageError

NOW = datetime(2026, 4, 8, 1, 0, tzinfo=UTC)


async def test_a_small_house_is_written_whole(database):
    seen: dict[str, tuple[int, int]] = {}
    counts = await seed(
        database.pool,
        customers=50,
        now=NOW,
        password="open sesame",
        pbx="main",
        progress=lambda table, done, total: seen.update({table: (done, total)}),
    )
    assert counts.customers == 50
    assert counts.agents == len(AGENTS) == 7
    assert await database.pool.fetchval("select count(*) from order_line") == counts.lines
    assert seen["order_line"] == (counts.lines, counts.lines)

    agents = await database.pool.fetch("select login, role, password_hash from agent order by login")
    assert [row["login"] for row in agents] == [login for _, login, *_ in AGENTS]
    assert agents[-1]["role"] == "supervisor"
    assert len({row["password_hash"] for row in agents}) == len(agents)
    assert await verify_password(agents[0]["password_hash"], "open sesame")
    endpoint = await database.pool.fetchval("select endpoint from agent_endpoint where agent_id = 'a1001'")
    assert endpoint == "PJSIP/1001"


async def test_rows_can_be_added_afterwards(database):
    await seed(database.pool, customers=10, now=NOW, password="x")
    last = await database.pool.fetchval("select max(customer_id) from customer")
    added = await database.pool.fetchval(
        "insert into customer (code, name) values ('new', 'new') returning customer_id"
    )
    assert added == last + 1


async def test_it_is_written_to_an_empty_database_only(database):
    await seed(database.pool, customers=10, now=NOW, password="x")
    with pytest.raises(Refused, match="already holds customers"):
        await seed(database.pool, customers=10, now=NOW, password="x")
    assert await database.pool.fetchval("select count(*) from customer") == 10


async def test_agents_who_are_there_stay_as_they_are(database):
    await database.pool.execute(
        "insert into agent (agent_id, login, name, role) values ('a1001', 'mine', 'mine', 'administrator')"
    )
    await seed(database.pool, customers=10, now=NOW, password="x")
    assert await database.pool.fetchval("select login from agent where agent_id = 'a1001'") == "mine"


async def test_wrong_use_is_said_at_once(database):
    with pytest.raises(UsageError, match="customers"):
        await seed(database.pool, customers=3, now=NOW, password="x")
    with pytest.raises(UsageError, match="now"):
        await seed(database.pool, now=datetime(2026, 4, 8), password="x")  # noqa: DTZ001


async def test_the_seeded_house_is_as_big_as_promised(seeded_pool: asyncpg.Pool):
    async def count(sql: str) -> int:
        return await seeded_pool.fetchval(f"select count(*) from {sql}")

    assert await count("customer") == 5000
    assert await count("product") == 300
    assert await count('"order"') >= 20_000
    assert await count("order_line") >= 60_000
    assert await count("(select from customer_number group by e164 having count(*) > 1) shared") >= 100
    few = "(select customer_id from customer left join suggestion using (customer_id)"
    assert await count(f"{few} group by 1 having count(position) not between 5 and 8) few") == 0


async def test_suggestions_can_be_had_and_are_bought_again_only_when_they_run_out(seeded_pool: asyncpg.Pool):
    wrong = await seeded_pool.fetchval(
        """
        select count(*) from suggestion s join product p using (product_id)
        where not p.is_active or not p.is_in_stock or s.reason_code <> 'replenishment' and exists (
            select from "order" o join order_line l using (order_id)
            where o.customer_id = s.customer_id and l.product_id = s.product_id)
        """
    )
    assert wrong == 0


async def test_the_household_ranks_as_it_is_listed(seeded_pool: asyncpg.Pool):
    under_way = await seeded_pool.fetch(
        """
        select distinct c.code from "order" join customer c using (customer_id)
        where status in ('open', 'paid', 'shipped') and c.code = any($1)
        """,
        [known.code for known in HOUSEHOLD],
    )
    assert [row["code"] for row in under_way] == [KAZUKO_SUZUKI.code]


async def test_callers_are_dialled_as_in_japan_the_known_first(seeded_pool: asyncpg.Pool):
    callers = await demo_callers(seeded_pool, 200)
    assert callers == (await demo_callers(seeded_pool, 300))[:200]
    assert callers[0] == ("0312345678", HANAKO_SATO.name)
    assert callers[1] == ("0451234567", KAZUKO_SUZUKI.name)
    assert len({number for number, _ in callers}) == 200
    assert all((normalise(number).e164 or "").startswith("+81") for number, _ in callers)

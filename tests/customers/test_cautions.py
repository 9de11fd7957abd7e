"""Cautions and open complaints: there until somebody ends them, with who did, and ended once."""

from __future__ import annotations

import asyncpg
import pytest

from cti_bridge.calls.ids import AgentId
from cti_bridge.customers.cautions import Cautions, Severity
from tests.conftest import Database

ANNA, BERT = AgentId("anna"), AgentId("bert")


@pytest.fixture
async def pool(database: Database) -> asyncpg.Pool:
    await database.pool.execute(
        """
        insert into agent (agent_id, login, name, role)
            values ('anna', '1', 'アンナ', 'agent'), ('bert', '2', 'ベルト', 'agent');
        insert into customer (code, name) values ('C1', '佐藤'), ('C2', '鈴木');
        insert into contact (customer_id, channel, direction, occurred_at, kind, is_open, agent_id) values
            (1, 'call', 'in', now(), 'complaint', true, 'anna'),
            (2, 'email', 'in', now(), 'inquiry', true, null),
            (2, 'call', 'in', now(), 'order', false, 'anna');
        """
    )
    return database.pool


async def rows(pool: asyncpg.Pool, table: str) -> list[str]:
    return [row[0] for row in await pool.fetch(f"select t::text from {table} t order by 1")]


@pytest.mark.parametrize("severity", ["notice", "warning", "critical"])
async def test_a_caution_holds_until_it_is_ended(pool: asyncpg.Pool, severity: Severity) -> None:
    cautions = Cautions(pool)
    made = await cautions.add(2, severity, "大声に注意", ANNA)
    assert made is not None
    kept = await pool.fetchrow("select * from caution")
    assert (kept["caution_id"], kept["customer_id"], kept["severity"], kept["text"]) == (
        made,
        2,
        severity,
        "大声に注意",
    )
    assert (kept["agent_id"], kept["ended_at"], kept["ended_by"]) == ("anna", None, None)
    assert await cautions.end(made, BERT) == 2
    ended = await pool.fetchrow("select * from caution")
    assert (ended["ended_at"] >= ended["created_at"], ended["ended_by"]) == (True, "bert")


async def test_what_was_ended_is_not_ended_again_by_another(pool: asyncpg.Pool) -> None:
    cautions = Cautions(pool)
    made = await cautions.add(1, "notice", "x", ANNA)
    assert made is not None
    await cautions.end(made, ANNA)
    before = await rows(pool, "caution")
    assert await cautions.end(made, BERT) is None
    assert await cautions.end(made + 1, BERT) is None
    assert await rows(pool, "caution") == before


async def test_ending_one_leaves_the_others(pool: asyncpg.Pool) -> None:
    cautions = Cautions(pool)
    first, second = [await cautions.add(1, "notice", text, ANNA) for text in ("一", "二")]
    assert first is not None
    await cautions.end(first, ANNA)
    open_ones = await pool.fetch("select caution_id from caution where ended_at is null")
    assert [row["caution_id"] for row in open_ones] == [second]


async def test_nobody_has_no_caution(pool: asyncpg.Pool) -> None:
    assert await Cautions(pool).add(9, "critical", "x", ANNA) is None
    assert await rows(pool, "caution") == []


@pytest.mark.parametrize(
    ("contact_id", "agent_id", "may_others", "whose"),
    [
        (1, ANNA, False, 1),
        (1, BERT, False, None),
        (1, BERT, True, 1),
        (2, ANNA, False, None),
        (2, ANNA, True, 2),
        (3, ANNA, True, None),
        (9, ANNA, True, None),
    ],
    ids=["own", "another's", "another's, allowed", "nobody's", "nobody's, allowed", "never open", "missing"],
)
async def test_an_open_contact_is_closed_by_who_may(
    pool: asyncpg.Pool, contact_id: int, agent_id: AgentId, may_others: bool, whose: int | None
) -> None:
    cautions = Cautions(pool)
    before = await rows(pool, "contact")
    assert await cautions.close_contact(contact_id, agent_id, may_others=may_others) == whose
    if whose is None:
        assert await rows(pool, "contact") == before
        return
    closed = await pool.fetch("select contact_id from contact where not is_open and closed_at is not null")
    assert [row["contact_id"] for row in closed] == [contact_id]
    assert await cautions.close_contact(contact_id, agent_id, may_others=may_others) is None, "closed once"

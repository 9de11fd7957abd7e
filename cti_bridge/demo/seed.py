"""Fills an empty database with a believable mail-order house, the same for the same arguments."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from cti_bridge.agents.passwords import hash_password
from cti_bridge.demo.house import Table, house
from cti_bridge.demo.known import KNOWN
from cti_bridge.errors import Refused, UsageError

# Gets the table being written, its rows done and its rows in all.
Progress = Callable[[str, int, int], None]

# Agent, login, name, reading, role.
AGENTS = (
    ("a1001", "1001", "川村 由紀", "カワムラ ユキ", "agent"),
    ("a1002", "1002", "大森 恵", "オオモリ メグミ", "agent"),
    ("a1003", "1003", "白石 健", "シライシ ケン", "agent"),
    ("a1004", "1004", "永井 さゆり", "ナガイ サユリ", "agent"),
    ("a1005", "1005", "三宅 真紀", "ミヤケ マキ", "agent"),
    ("a1006", "1006", "堀 亜希子", "ホリ アキコ", "agent"),
    ("s2001", "2001", "安田 久美", "ヤスダ クミ", "supervisor"),
)
_CHUNK_ROWS = 20_000
_WRITE_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class SeedCounts:
    """Rows written, by table. ``agents`` counts the supervisor too."""

    agents: int
    customers: int
    numbers: int
    products: int
    orders: int
    lines: int
    contacts: int
    notes: int
    cautions: int
    favourites: int


async def seed(
    pool: asyncpg.Pool,
    *,
    customers: int = 5000,
    seed: int = 1,
    now: datetime,
    password: str,
    pbx: str = "demo",
    progress: Progress | None = None,
) -> SeedCounts:
    """Write a house of ``customers`` people whose history ends at ``now``, in one transaction.

    Agents a1001 to a1006 and supervisor s2001 sign in as 1001 to 1006 and 2001
    with ``password`` and sit at PJSIP/1001 and so on of ``pbx``; agents who
    exist already stay as they are. Suggestions are not part of it: train them
    afterwards.

    Raises: Refused when there are customers, products or orders already;
    UsageError when ``customers`` is too few for the known ones or ``now`` is naive.
    """
    if customers < len(KNOWN):
        raise UsageError(f"customers: at least {len(KNOWN)}, for the known ones; got {customers}")
    if now.tzinfo is None:
        raise UsageError("now: must be aware")
    agent_ids = [agent_id for agent_id, *_, role in AGENTS if role == "agent"]
    async with pool.acquire() as connection:
        await _require_empty(connection)
        # Making up the house is seconds of plain computing: the event loop goes on meanwhile.
        tables = await asyncio.to_thread(house, customers, seed, now, agent_ids)
        hashes = [await hash_password(password) for _ in AGENTS]
        async with connection.transaction():
            await _require_empty(connection)
            await _write_agents(connection, hashes, pbx)
            for table in tables:
                await _write(connection, table, progress)
        # The planner must know of the rows before the first card is asked for.
        await connection.execute("analyze", timeout=_WRITE_TIMEOUT_S)
    return SeedCounts(len(AGENTS), *(len(table.rows) for table in tables))


async def demo_callers(pool: asyncpg.Pool, limit: int) -> list[tuple[str, str]]:
    """Up to ``limit`` numbers to call from, each as dialled in Japan (``0312345678``) with a holder's name.

    Each number once: the known customers' first, then the others, mixed, in an order that stays the same.
    """
    rows = await pool.fetch(
        """
        select '0' || substr(e164, 4) as number, name from (
            select distinct on (n.e164) n.e164, c.name
            from customer_number n join customer c using (customer_id)
            where n.e164 like '+81%' and n.label <> 'fax'
            order by n.e164, c.customer_id) holder
        order by array_position($2::text[], e164) nulls last, md5(e164) limit $1
        """,
        limit,
        [known.e164 for known in KNOWN],
    )
    return [(row["number"], row["name"]) for row in rows]


async def _require_empty(connection: asyncpg.Connection) -> None:
    used = await connection.fetchval(
        """
        select case when exists (select from customer) then 'customers'
                    when exists (select from product) then 'products'
                    when exists (select from "order") then 'orders' end
        """
    )
    if used is not None:
        raise Refused(f"the database already holds {used}; the demo is written to an empty one only")


async def _write_agents(connection: asyncpg.Connection, hashes: list[str], pbx: str) -> None:
    await connection.executemany(
        "insert into agent (agent_id, login, name, reading, role, password_hash)"
        " values ($1, $2, $3, $4, $5, $6) on conflict (agent_id) do nothing",
        [(*agent, password_hash) for agent, password_hash in zip(AGENTS, hashes, strict=True)],
    )
    await connection.executemany(
        "insert into agent_endpoint (pbx, endpoint, agent_id) values ($1, $2, $3) on conflict do nothing",
        [(pbx, f"PJSIP/{login}", agent_id) for agent_id, login, *_ in AGENTS],
    )


async def _write(connection: asyncpg.Connection, table: Table, progress: Progress | None) -> None:
    total = len(table.rows)
    for start in range(0, total, _CHUNK_ROWS):
        records = table.rows[start : start + _CHUNK_ROWS]
        await connection.copy_records_to_table(
            table.name, columns=table.columns, records=records, timeout=_WRITE_TIMEOUT_S
        )
        if progress is not None:
            progress(table.name, start + len(records), total)
    if table.identity is not None:
        # The rows brought their ids along; the sequence must not give them out again.
        await connection.execute(
            "select setval(pg_get_serial_sequence(quote_ident($1), $2), $3)",
            table.name,
            table.identity,
            total,
        )

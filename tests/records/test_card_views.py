"""Who saw whose card (O4): written once through the spool, found by whom and when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cti_bridge.clock import as_utc
from cti_bridge.records.card_views import CardViews, Wanted, view_payload, write_views
from tests.conftest import Database

AT_S = 1_775_600_000.0


async def write(database: Database, *payloads: bytes) -> None:
    async with database.pool.acquire() as connection, connection.transaction():
        await write_views(connection, payloads)


async def test_a_view_written_twice_is_one(database: Database) -> None:
    view = view_payload("a1", 7, "call", "main-1", "", AT_S)
    other = view_payload("a1", 7, "call", "main-1", "", AT_S)
    await write(database, view, other)
    await write(database, view)
    found = await CardViews(database.pool).find(Wanted())
    assert [(one.agent_id, one.customer_id, one.reason, one.call_id) for one in found] == [
        ("a1", 7, "call", "main-1")
    ] * 2
    assert found[0].at == as_utc(AT_S)


async def test_what_is_no_view_is_refused(database: Database) -> None:
    with pytest.raises(ValueError, match=r"JSON|Object"):
        await write(database, b"nonsense")


async def test_found_by_customer_agent_and_time(database: Database) -> None:
    await database.pool.execute("insert into customer (code, name) values ('C1', '佐藤')")
    views = [
        view_payload(agent, customer, "search", None, "", AT_S + hour * 3600)
        for hour, (agent, customer) in enumerate([("a1", 1), ("a2", 1), ("a1", 2), ("a1", 1)])
    ]
    await write(database, *views)
    audit = CardViews(database.pool)

    async def hours(**wanted: object) -> list[float]:
        found = await audit.find(Wanted(**wanted))  # type: ignore[arg-type]
        return [(one.at - as_utc(AT_S)) / timedelta(hours=1) for one in found]

    assert await hours() == [3, 2, 1, 0]
    assert await hours(customer_id=1) == [3, 1, 0]
    assert await hours(agent_id="a1", customer_id=1) == [3, 0]
    assert await hours(since=as_utc(AT_S + 3600), until=as_utc(AT_S + 3 * 3600)) == [2, 1]
    assert await hours(limit=2) == [3, 2]
    [last, *_] = await audit.find(Wanted(limit=2))
    assert await hours(before=last.view_id) == [2, 1, 0]
    assert (last.customer_code, last.customer_name) == ("C1", "佐藤")
    gone = (await audit.find(Wanted(customer_id=2)))[0]
    assert (gone.customer_code, gone.customer_name) == (None, None)

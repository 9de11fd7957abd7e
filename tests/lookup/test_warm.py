"""Cards made ready before anybody calls: the likeliest first, hit by the ring, none that is outdated."""

from __future__ import annotations

import asyncio

import asyncpg
import msgspec
import pytest
from redis.asyncio import Redis

from cti_bridge.lookup import warm as warming
from cti_bridge.lookup.cache import CardCache
from cti_bridge.lookup.card import Card
from cti_bridge.lookup.outcome import Found
from cti_bridge.lookup.query import PostgresCards
from cti_bridge.lookup.resolve import Resolver
from cti_bridge.lookup.warm import Warmed, warm
from cti_bridge.storage import redis
from cti_bridge.storage.redis_line import RedisLine
from tests.conftest import Database
from tests.lookup.stores import FakeCards, caller
from tests.loopback import free_port


def number(n: int) -> str:
    return f"+8131234{n:04}"


class Kitchen:
    """Twelve customers: of the first five, number 5 called or ordered last, number 1 first of all."""

    def __init__(self, pool: asyncpg.Pool, valkey: Redis, line: RedisLine) -> None:
        self.pool, self.valkey = pool, valkey
        self.cards, self.cache = PostgresCards(pool), CardCache(line, valkey)
        self.steps: list[tuple[int, int]] = []

    async def warm(self, limit: int = 100, cards: PostgresCards | None = None) -> Warmed:
        return await warm(
            self.pool,
            cards or self.cards,
            self.cache,
            limit=limit,
            progress=lambda done, total: self.steps.append((done, total)),
        )

    async def held(self) -> list[str]:
        return sorted(key.decode().removeprefix("card:") for key in await self.valkey.keys("*"))

    async def name_held(self, n: int) -> str | None:
        raw = await self.valkey.get("card:" + number(n))
        return None if raw is None else msgspec.json.decode(raw, type=Card).profile.name


@pytest.fixture
async def kitchen(database: Database, valkey: Redis, redis_line: RedisLine) -> Kitchen:
    await database.pool.execute(
        """
        insert into customer (code, name) select 'C' || n, '架空 ' || n from generate_series(1, 12) n;
        insert into customer_number (customer_id, e164)
            select n, '+8131234' || lpad(n::text, 4, '0') from generate_series(1, 12) n;
        insert into customer_segment (customer_id, stage, last_call_at, last_order_at)
            select n, 'main', case when n % 2 = 0 then now() - (9 - n) * interval '1 day' end,
                   case when n % 2 = 1 then now() - (9 - n) * interval '1 day' end
            from generate_series(1, 5) n;
        insert into customer_segment (customer_id, stage)
            select n, 'never_bought' from generate_series(6, 11) n;
        """
    )
    return Kitchen(database.pool, valkey, redis_line)


@pytest.mark.parametrize(("limit", "kept"), [(1, [5]), (3, [3, 4, 5]), (5, [1, 2, 3, 4, 5])])
async def test_the_likeliest_are_kept_up_to_the_limit(kitchen: Kitchen, limit: int, kept: list[int]) -> None:
    done = await kitchen.warm(limit)
    assert await kitchen.held() == [number(n) for n in kept]
    assert (done.cards, done.changed) == (limit, 0)


async def test_who_never_called_nor_ordered_comes_last(kitchen: Kitchen) -> None:
    await kitchen.warm(7)
    assert await kitchen.held() == [number(n) for n in range(1, 8)]
    await kitchen.warm(100)
    # Of the twelfth nothing is derived yet: the first call derives it.
    assert await kitchen.held() == [number(n) for n in range(1, 12)]


async def test_what_is_kept_is_what_a_ring_would_read(kitchen: Kitchen) -> None:
    done = await kitchen.warm(5)
    sizes = 0
    for n in range(1, 6):
        raw = await kitchen.valkey.get("card:" + number(n))
        read = await kitchen.cards.read(number(n))
        assert read is not None
        kept, fresh = (msgspec.json.decode(one, type=Card) for one in (raw, read))
        assert msgspec.structs.replace(kept, assembled_at=fresh.assembled_at) == fresh
        assert 0 < await kitchen.valkey.ttl("card:" + number(n)) <= 3600
        sizes += len(raw)
    assert done.size_bytes == sizes


async def test_a_ring_afterwards_asks_no_database(kitchen: Kitchen) -> None:
    await kitchen.warm(5)
    database = FakeCards()
    async with asyncio.TaskGroup() as tasks:
        resolver = Resolver(database, kitchen.cache, spawn=tasks.create_task)
        found = await resolver.resolve(caller(number(4)))
    assert isinstance(found, Found)
    assert (found.source, msgspec.json.decode(found.card, type=Card).profile.name) == ("cache", "架空 4")
    assert database.asked == []


async def test_it_tells_how_far_it_is(kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warming, "BATCH_NUMBERS", 4)
    assert (await kitchen.warm()).cards == 11
    assert kitchen.steps == [(4, 11), (8, 11), (11, 11)]
    assert len(await kitchen.held()) == 11


async def test_nobody_to_warm_is_no_fault(kitchen: Kitchen) -> None:
    await kitchen.pool.execute("delete from customer")
    assert await kitchen.warm() == Warmed(0, 0, 0)
    assert await kitchen.held() == []


async def test_broken_off_and_begun_again_it_adds_what_is_missing(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warming, "BATCH_NUMBERS", 4)

    class BreaksOff(PostgresCards):
        async def read(self, e164: str | None, customer_id: int | None = None) -> bytes | None:
            if e164 == number(8):  # the last of its batch
                raise ConnectionResetError("cut")
            return await super().read(e164, customer_id)

    with pytest.raises(ConnectionResetError):
        await kitchen.warm(cards=BreaksOff(kitchen.pool))
    before = {key: await kitchen.valkey.get(key) for key in await kitchen.valkey.keys("*")}
    # What of the second batch was kept already nobody compared with later changes: it is dropped.
    assert await kitchen.held() == [number(n) for n in (2, 3, 4, 5)]
    assert (await kitchen.warm()).cards == 7
    assert len(await kitchen.held()) == 11
    assert {key: await kitchen.valkey.get(key) for key in before} == before, "what was kept is not made again"


async def test_what_the_bridge_kept_itself_stays(kitchen: Kitchen) -> None:
    await kitchen.cache.put(number(5), b'{"newer":1}')
    await kitchen.cache.put(number(4), None)
    assert (await kitchen.warm(5)).cards == 3
    assert await kitchen.valkey.get("card:" + number(5)) == b'{"newer":1}'
    assert await kitchen.valkey.get("card:" + number(4)) == b"-"


class ChangesMeanwhile(PostgresCards):
    """A change of one customer commits after its card was read, before it is kept."""

    def __init__(self, pool: asyncpg.Pool, statement: str) -> None:
        super().__init__(pool)
        self.statement: str | None = statement

    async def read(self, e164: str | None, customer_id: int | None = None) -> bytes | None:
        card = await super().read(e164, customer_id)
        if e164 == number(4) and self.statement is not None:
            statement, self.statement = self.statement, None
            await self._pool.execute(statement)
        return card


async def test_what_changed_while_its_card_was_on_the_way_is_not_kept(kitchen: Kitchen) -> None:
    cards = ChangesMeanwhile(kitchen.pool, "update customer set name = '改名 花子' where customer_id = 4")
    done = await kitchen.warm(5, cards)
    assert done.changed == 1
    assert await kitchen.held() == [number(n) for n in (1, 2, 3, 5)]
    await kitchen.warm(5)
    assert await kitchen.name_held(4) == "改名 花子"


async def test_when_anything_may_have_changed_none_of_the_batch_is_kept(kitchen: Kitchen) -> None:
    cards = ChangesMeanwhile(kitchen.pool, "truncate caution")
    assert (await kitchen.warm(5, cards)).changed == 5
    assert await kitchen.held() == []


async def test_a_change_of_others_costs_nobody(kitchen: Kitchen) -> None:
    cards = ChangesMeanwhile(kitchen.pool, "update customer set name = '改名' where customer_id = 12")
    assert (await kitchen.warm(5, cards)).changed == 0
    assert len(await kitchen.held()) == 5


async def test_a_redis_that_is_away_is_said_to_be(database: Database, kitchen: Kitchen) -> None:
    url = f"redis://127.0.0.1:{free_port()}/0"
    line, client = RedisLine(url), redis.connect(url)
    try:
        with pytest.raises(redis.FAULTS) as caught:
            await warm(kitchen.pool, kitchen.cards, CardCache(line, client), limit=5)
        assert "Connect call failed" in redis.explain(caught.value)
    finally:
        await line.aclose()
        await client.aclose()

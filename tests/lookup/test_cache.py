from __future__ import annotations

from redis.asyncio import Redis

from cti_bridge.lookup.cache import NOBODY, CardCache
from cti_bridge.storage.redis_line import RedisLine

NUMBER, OTHER = "+81312345678", "+81398765432"


async def test_what_is_kept_comes_back_as_it_was(valkey: Redis, redis_line: RedisLine) -> None:
    cache = CardCache(redis_line, valkey)
    card = '{"name":"佐藤"}'.encode()
    assert await cache.get(NUMBER) is None
    await cache.put(NUMBER, card)
    assert await cache.get(NUMBER) == card
    assert await valkey.get("card:" + NUMBER) == card


async def test_that_nobody_has_a_number_is_kept_too(valkey: Redis, redis_line: RedisLine) -> None:
    cache = CardCache(redis_line, valkey)
    await cache.put(NUMBER, None)
    assert await cache.get(NUMBER) == NOBODY


async def test_nothing_is_kept_for_ever(valkey: Redis, redis_line: RedisLine) -> None:
    cache = CardCache(redis_line, valkey, found_ttl_s=100, nobody_ttl_s=10)
    await cache.put(NUMBER, b"{}")
    await cache.put(OTHER, None)
    assert 90 < await valkey.ttl("card:" + NUMBER) <= 100
    assert 0 < await valkey.ttl("card:" + OTHER) <= 10


async def test_dropping(valkey: Redis, redis_line: RedisLine) -> None:
    cache = CardCache(redis_line, valkey)
    await cache.put(NUMBER, b"{}")
    await cache.put(OTHER, b"{}")
    await cache.drop([NUMBER, "+815000000000"])
    await cache.drop([])
    assert await cache.get(NUMBER) is None
    assert await cache.get(OTHER) == b"{}"


async def test_dropping_all_cards_and_nothing_else(valkey: Redis, redis_line: RedisLine) -> None:
    cache = CardCache(redis_line, valkey)
    await valkey.mset({f"card:+8190{n:08}": b"{}" for n in range(2500)})
    await valkey.set("session:1", b"kept")
    await cache.drop_all()
    assert await valkey.keys("*") == [b"session:1"]


async def test_asking(valkey: Redis, redis_line: RedisLine) -> None:
    await CardCache(redis_line, valkey).ask()

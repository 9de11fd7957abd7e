"""The resolver over stores in hand: which is asked, what happens when one is slow, gone or changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import asyncpg
import pytest

from cti_bridge.calls.numbers import PAY_PHONE, PRIVATE, UNAVAILABLE, Caller, CallerKind
from cti_bridge.lookup.card import Lookup
from cti_bridge.lookup.outcome import Found, Internal, Unknown, Unreachable, Withheld, on_wire
from cti_bridge.lookup.resolve import Resolver
from tests.lookup.stores import NUMBER, OTHER, FakeCache, FakeCards, Health, caller

CARD, NEW_CARD = b'{"old":1}', b'{"new":2}'


@dataclass
class Desk:
    """A resolver and everything around it."""

    tasks: asyncio.TaskGroup
    cache: FakeCache = field(default_factory=FakeCache)
    cards: FakeCards = field(default_factory=FakeCards)
    health: Health = field(default_factory=Health)
    lookups: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.resolver = Resolver(
            self.cards,
            self.cache,
            spawn=self.tasks.create_task,
            on_lookup=lambda source, seconds: self.lookups.append(source),
            on_health=self.health,
            database_timeout_s=0.2,
            cache_timeout_s=0.05,
            retry_s=0.01,
        )

    async def ask(self, e164: str = NUMBER) -> object:
        return await self.resolver.resolve(caller(e164))

    async def settled(self) -> None:
        """Until nothing runs in the background: a query has been kept, or dropped again."""
        async with asyncio.timeout(5):
            while self.tasks._tasks:
                await asyncio.wait(self.tasks._tasks)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with asyncio.TaskGroup() as tasks:
        desk = Desk(tasks)
        desk.cards.known = {NUMBER: CARD}
        yield desk
        for task in tasks._tasks:
            task.cancel()


@pytest.mark.parametrize(
    ("who", "found"),
    [
        (PRIVATE, Withheld(CallerKind.PRIVATE)),
        (PAY_PHONE, Withheld(CallerKind.PAY_PHONE)),
        (UNAVAILABLE, Withheld(CallerKind.UNAVAILABLE)),
        (Caller(CallerKind.UNREADABLE), Withheld(CallerKind.UNREADABLE)),
        (Caller(CallerKind.EXTENSION, None, "1001"), Internal("1001")),
    ],
)
async def test_without_a_number_nothing_is_asked(desk: Desk, who: Caller, found: object) -> None:
    assert await desk.resolver.resolve(who) == found
    assert desk.cache.calls == desk.cards.asked == desk.lookups == []


async def test_the_database_is_asked_once_then_the_cache_knows(desk: Desk) -> None:
    assert await desk.ask() == Found(NUMBER, CARD)
    await desk.settled()
    assert await desk.ask() == Found(NUMBER, CARD)
    assert desk.cards.asked == [NUMBER]
    assert desk.lookups == ["database", "cache"]


async def test_that_nobody_has_a_number_is_remembered(desk: Desk) -> None:
    assert await desk.ask(OTHER) == Unknown(OTHER)
    await desk.settled()
    assert await desk.ask(OTHER) == Unknown(OTHER)
    assert desk.cards.asked == [OTHER]
    assert desk.lookups == ["nobody", "negative"]


async def test_who_asks_at_the_same_time_shares_one_query(desk: Desk) -> None:
    found = await asyncio.gather(*(desk.ask() for _ in range(50)))
    assert set(found) == {Found(NUMBER, CARD)}
    assert desk.cards.asked == [NUMBER]


async def test_numbers_do_not_wait_for_each_other(desk: Desk) -> None:
    desk.cards.known[OTHER] = NEW_CARD
    assert await asyncio.gather(desk.ask(), desk.ask(OTHER)) == [Found(NUMBER, CARD), Found(OTHER, NEW_CARD)]


async def test_one_who_gives_up_takes_nobody_along(desk: Desk) -> None:
    desk.cards.gate.clear()
    first = asyncio.create_task(desk.ask())
    await desk.cards.entered.wait()
    second = asyncio.create_task(desk.ask())
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    desk.cards.gate.set()
    assert await second == Found(NUMBER, CARD)
    assert desk.cards.asked == [NUMBER]


async def test_a_cache_that_is_slow_or_gone_costs_little(desk: Desk) -> None:
    desk.cache.gate.clear()
    assert await desk.ask() == Found(NUMBER, CARD)
    asked = len(desk.cache.calls)
    for _ in range(10):  # not asked again until it has answered
        assert await desk.ask() == Found(NUMBER, CARD)
    assert desk.cache.calls.count("get") == 1
    assert asked <= 2
    desk.cache.gate.set()
    await desk.settled()
    assert desk.resolver.redis_is_up
    assert desk.health.told == []  # a pause is not an outage
    await desk.ask()
    await desk.settled()
    assert await desk.ask() == Found(NUMBER, CARD)
    assert desk.lookups[-1] == "cache"


async def test_an_outage_of_the_cache_is_told_and_its_end_too(desk: Desk) -> None:
    desk.cache.is_gone = True
    assert await desk.ask() == Found(NUMBER, CARD)
    assert await desk.health.next() == ("redis", False)
    assert not desk.resolver.redis_is_up
    desk.cache.is_gone = False
    assert await desk.health.next() == ("redis", True)
    assert desk.resolver.redis_is_up
    assert desk.health.told == [("redis", False), ("redis", True)]


@pytest.mark.parametrize(
    "fault",
    [
        OSError("cut"),
        asyncpg.PostgresError("no"),
        asyncpg.InterfaceError("closed"),
        RuntimeError("unforeseen"),
    ],
    ids=lambda fault: type(fault).__name__,
)
async def test_without_any_store_the_answer_is_a_value(desk: Desk, fault: Exception) -> None:
    desk.cache.is_gone = True
    desk.cards.fault = fault
    assert await desk.ask() == Unreachable(NUMBER)
    assert desk.lookups == ["unreachable"]
    desk.cards.fault = None
    assert await desk.ask() == Found(NUMBER, CARD)


async def test_a_database_that_hangs_is_given_up(desk: Desk) -> None:
    desk.cards.gate.clear()
    assert await desk.ask() == Unreachable(NUMBER)
    desk.cards.gate.set()
    assert await desk.ask() == Found(NUMBER, CARD)


async def test_an_outage_of_the_database_is_told(desk: Desk) -> None:
    desk.cards.fault = OSError("cut")
    await desk.ask()
    assert await desk.health.next() == ("postgres", False)
    assert not desk.resolver.postgres_is_up
    desk.cards.fault = None
    assert await desk.health.next() == ("postgres", True)


async def test_a_cached_card_is_served_while_the_database_is_gone(desk: Desk) -> None:
    await desk.ask()
    await desk.settled()
    desk.cards.fault = OSError("cut")
    assert await desk.ask() == Found(NUMBER, CARD)


async def test_a_probe_sees_an_outage_nobody_called_in(desk: Desk) -> None:
    await desk.resolver.probe()
    assert desk.health.told == []
    desk.cards.fault = OSError("cut")
    await desk.resolver.probe()
    assert await desk.health.next() == ("postgres", False)


async def test_a_change_is_seen_at_once(desk: Desk) -> None:
    await desk.ask()
    await desk.settled()
    desk.cards.known[NUMBER] = NEW_CARD
    await desk.resolver.invalidate([NUMBER])
    assert await desk.ask() == Found(NUMBER, NEW_CARD)
    await desk.settled()
    desk.cards.known[NUMBER] = CARD
    await desk.resolver.invalidate_all()
    assert await desk.ask() == Found(NUMBER, CARD)


@pytest.mark.parametrize("everything", [False, True])
async def test_what_was_read_before_a_change_is_served_but_not_kept(desk: Desk, everything: bool) -> None:
    desk.cards.gate.clear()
    before = asyncio.create_task(desk.ask())
    await desk.cards.entered.wait()
    desk.cards.known[NUMBER] = NEW_CARD
    await (desk.resolver.invalidate_all() if everything else desk.resolver.invalidate([NUMBER]))
    after = asyncio.create_task(desk.ask())
    desk.cards.gate.set()
    assert await before == Found(NUMBER, CARD)
    assert await after == Found(NUMBER, NEW_CARD)
    await desk.settled()
    assert desk.cache.held == {NUMBER: NEW_CARD}


async def test_a_change_while_the_cache_is_being_told(desk: Desk) -> None:
    await desk.cache.put(OTHER, CARD)
    desk.cache.calls.clear()
    asking = asyncio.create_task(desk.ask())
    while "put" not in desk.cache.calls:
        desk.cache.entered.clear()
        await desk.cache.entered.wait()
        if desk.cache.calls[-1] == "get":
            desk.cards.gate.clear()
            await desk.cards.entered.wait()
            desk.cache.gate.clear()
            desk.cards.gate.set()
    changing = asyncio.create_task(desk.resolver.invalidate([NUMBER]))
    await asyncio.sleep(0)
    desk.cache.gate.set()
    await changing
    await asking
    await desk.settled()
    assert NUMBER not in desk.cache.held


async def test_a_change_while_the_cache_is_gone_is_not_forgotten(desk: Desk) -> None:
    await desk.ask()
    await desk.settled()
    desk.cache.is_gone = True
    desk.cards.known[NUMBER] = NEW_CARD
    await desk.resolver.invalidate([NUMBER])
    assert desk.cache.held == {NUMBER: CARD}  # Redis still has the old one, but nobody believes it
    assert await desk.ask() == Found(NUMBER, NEW_CARD)
    await desk.health.next()
    desk.cache.is_gone = False
    assert await desk.health.next() == ("redis", True)
    assert desk.cache.held == {}
    assert await desk.ask() == Found(NUMBER, NEW_CARD)


async def test_what_is_being_forgotten_is_not_read(desk: Desk) -> None:
    await desk.ask()
    await desk.settled()
    desk.cache.entered.clear()
    desk.cache.gate.clear()
    forgetting = asyncio.create_task(desk.resolver.invalidate([NUMBER]))
    await desk.cache.entered.wait()
    desk.cards.known[NUMBER] = NEW_CARD
    assert await desk.ask() == Found(NUMBER, NEW_CARD)
    desk.cache.gate.set()
    await forgetting


async def test_more_changes_than_are_counted_are_all_changes(desk: Desk) -> None:
    await desk.ask()
    await desk.settled()
    desk.cache.is_gone = True
    await desk.resolver.invalidate([f"+8190{n:08}" for n in range(10_001)])
    await desk.health.next()
    desk.cache.is_gone = False
    await desk.health.next()
    assert desk.cache.held == {}
    assert "drop_all" in desk.cache.calls


async def test_a_bridge_that_stops_leaves_no_one_waiting() -> None:
    cards, cache = FakeCards(), FakeCache()
    cards.gate.clear()
    running: list[asyncio.Task[None]] = []

    def spawn(coro, /):  # type: ignore[no-untyped-def]
        running.append(asyncio.create_task(coro))
        return running[-1]

    resolver = Resolver(cards, cache, spawn=spawn)
    asking = asyncio.create_task(resolver.resolve(caller(NUMBER)))
    await cards.entered.wait()
    running[0].cancel()
    assert await asking == Unreachable(NUMBER)


@pytest.mark.parametrize(
    ("resolution", "lookup", "card"),
    [
        (Found(NUMBER, CARD), Lookup.FOUND, CARD),
        (Unknown(NUMBER), Lookup.UNKNOWN, None),
        (Internal("1001"), Lookup.INTERNAL, None),
        (Withheld(CallerKind.PRIVATE), Lookup.WITHHELD, None),
        (Unreachable(NUMBER), Lookup.UNAVAILABLE, None),
    ],
)
def test_on_wire(resolution: object, lookup: Lookup, card: bytes | None) -> None:
    assert on_wire(resolution) == (lookup, card)  # type: ignore[arg-type]

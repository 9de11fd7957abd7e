"""The customer card at the size of a large house: from PostgreSQL, from Redis, found by search, rebuilt.

Houses of 100,000, 300,000 and 1 million customers with ten order lines each are generated in an embedded
PostgreSQL. Segments are rebuilt in each, to see how the time grows; the rest is measured in the largest.
"""

from __future__ import annotations

import asyncio
import random
import socket
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import hiredis
import uvloop

from benchmarks.report import Row, Target, median, quantile, show
from cti_bridge.customers.search import Search
from cti_bridge.lookup.cache import PREFIX, CardCache
from cti_bridge.lookup.query import PostgresCards
from cti_bridge.segments.rebuild import rebuild
from cti_bridge.settings import Settings
from cti_bridge.storage import postgres, redis
from cti_bridge.storage.embedded import EmbeddedPostgres, EmbeddedValkey
from cti_bridge.storage.migrate import migrate
from cti_bridge.storage.redis_line import RedisLine

SIZES = (100_000, 300_000, 1_000_000)
ROUNDS = 5
ASKED = 400
AT_ONCE = 50
CARD_BYTES = 6000
SEARCHED = 200
GENERATE_TIMEOUT_S = 1800.0
SEARCH_TARGET_MS = 50.0
HOUSE_SQL = Path(__file__).with_name("house.sql")


def run(sizes: Sequence[int] = SIZES) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="cti-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL does not run as root
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_run(sizes, folder))


async def _run(sizes: Sequence[int], folder: Path) -> None:
    rebuilt: list[tuple[int, float, float]] = []
    for size in sizes:
        data_dir = folder / str(size)
        data_dir.mkdir()
        # As a database server of this size is set up; the embedded one's own 128 MB are for small houses.
        server = EmbeddedPostgres(data_dir, settings={"shared_buffers": "6GB", "max_wal_size": "8GB"})
        dsn = await server.start()
        try:
            pool = await postgres.create_pool(dsn, settings={"timezone": "Asia/Tokyo"})
            generated_s = await _generate(dsn, pool, size)
            began_s = time.perf_counter()
            await rebuild(pool, Settings(), datetime.now(UTC))
            rebuilt.append((size, generated_s, time.perf_counter() - began_s))
            if size == max(sizes):
                await _vacuum(pool)
                await _cards_from_postgres(pool, size)
                await _search(pool, size)
            await pool.close()
        finally:
            await server.stop()
    _show_rebuild(rebuilt)
    await _cards_from_redis(folder)


async def _generate(dsn: str, pool: asyncpg.Pool, size: int) -> float:
    await migrate(dsn)
    began_s = time.perf_counter()
    async with pool.acquire() as connection:
        # Triggers tell of changes and queue what is derived; here all is derived afterwards.
        await connection.execute("set session_replication_role = replica")
        sql = HOUSE_SQL.read_text(encoding="utf-8").replace("$CUSTOMERS", str(size))
        await connection.execute(sql, timeout=GENERATE_TIMEOUT_S)
        await connection.execute("reset session_replication_role")
        await connection.execute("analyze", timeout=GENERATE_TIMEOUT_S)
    return time.perf_counter() - began_s


async def _vacuum(pool: asyncpg.Pool) -> None:
    """As the server itself does within minutes of a load: index-only scans want it."""
    await pool.execute("vacuum analyze", timeout=GENERATE_TIMEOUT_S)


def _show_rebuild(rebuilt: Sequence[tuple[int, float, float]]) -> None:
    first_size, _, first_s = rebuilt[0]
    rows = [
        Row(f"{size:,} customers", took_s, "s", first_s * size / first_size, "if linear")
        for size, _, took_s in rebuilt
    ]
    notes = (f"{size:,} customers with ten lines each were generated in {s:.0f} s" for size, s, _ in rebuilt)
    show("Segments of everybody, rebuilt", rows, notes)


# -- from PostgreSQL ----------------------------------------------------------------------------------------


async def _cards_from_postgres(pool: asyncpg.Pool, size: int) -> None:
    cards, chance = PostgresCards(pool), random.Random(1)
    known = [_number(chance.randint(1, size)) for _ in range(ASKED)]
    for e164 in known:
        await cards.read(e164)
    sizes_bytes: list[int] = []

    async def again() -> None:
        await cards.read(chance.choice(known))

    async def first() -> None:
        card = await cards.read(_number(chance.randint(1, size)))
        sizes_bytes.append(len(card or b""))

    async def null() -> None:
        await pool.fetchval("select 1")

    found = await _in_turn({"again": again, "first": first, "null": null})
    rows = [
        Row(
            f"{name}, {quantile_name}",
            getattr(found[way], at),
            "µs",
            getattr(found["null"], at),
            "null query",
            target,
        )
        for way, name in (("again", "card, its pages in memory"), ("first", "card of anybody"))
        for quantile_name, at, target in (("p50", "p50_us", Target(3.2)), ("p99", "p99_us", Target(4.5)))
    ]
    note = f"cards of {quantile(sizes_bytes, 0.5):,.0f} bytes at p50, {max(sizes_bytes):,} at most"
    show(f"A card from PostgreSQL, {size:,} customers", rows, [note])


def _number(customer_id: int) -> str:
    return f"+8190{customer_id:08}"


# -- from Redis ---------------------------------------------------------------------------------------------


async def _cards_from_redis(folder: Path) -> None:
    server = EmbeddedValkey(folder)
    url = await server.start()
    line, client = RedisLine(url), redis.connect(url)
    try:
        cache = CardCache(line, client)
        e164 = "+819012345678"
        await cache.put(e164, b"{" + b"x" * (CARD_BYTES - 2) + b"}")
        floor = _RawSocket(url, PREFIX + e164)

        async def ours() -> None:
            await cache.get(e164)

        async def peer() -> None:
            await client.get(PREFIX + e164)

        async def raw() -> None:
            floor.get()

        found = await _in_turn({"ours": ours, "redis-py": peer, "raw": raw})
        many = {"ours": ours, "redis-py": peer}
        at_once = await _at_once(many)
        floor.close()
    finally:
        await line.aclose()
        await client.aclose()
        await server.stop()
    mine, raw_found, other = found["ours"], found["raw"], found["redis-py"]
    rows = [
        Row("card, p50", mine.p50_us, "µs", raw_found.p50_us, "raw socket", Target(1.3)),
        Row("card, p99", mine.p99_us, "µs", raw_found.p99_us, "raw socket", Target(1.5)),
        Row("card, p50", mine.p50_us, "µs", other.p50_us, "redis-py"),
        Row(
            f"{AT_ONCE} at once, each",
            at_once["ours"],
            "µs",
            at_once["redis-py"],
            "redis-py",
            Target(4, is_least=True),
        ),
    ]
    show(f"A card of {CARD_BYTES:,} bytes from Redis", rows)


class _RawSocket:
    """The floor: a request written and an answer of known length read, on a blocking socket."""

    def __init__(self, url: str, key: str) -> None:
        parts = urlsplit(url)
        if parts.scheme == "unix":
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.connect(parts.path)
        else:
            self._socket = socket.create_connection((parts.hostname or "localhost", parts.port or 6379))
        self._request = hiredis.pack_command(("GET", key))
        self._length = len(f"${CARD_BYTES}\r\n") + CARD_BYTES + 2

    def get(self) -> None:
        self._socket.sendall(self._request)
        left = self._length
        while left:
            left -= len(self._socket.recv(left))

    def close(self) -> None:
        self._socket.close()


async def _at_once(ways: dict[str, Callable[[], Awaitable[None]]]) -> dict[str, float]:
    """Microseconds for each of ``AT_ONCE`` reads made together, medians of the rounds."""
    took: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            began_s = time.perf_counter()
            for _ in range(ASKED // 10):
                await asyncio.gather(*(way() for _ in range(AT_ONCE)))
            took[name].append((time.perf_counter() - began_s) / (ASKED // 10) / AT_ONCE * 1e6)
    return {name: median(values) for name, values in took.items()}


# -- search -------------------------------------------------------------------------------------------------


async def _search(pool: asyncpg.Pool, size: int) -> None:
    search, chance = Search(pool), random.Random(2)
    people = await pool.fetch(
        "select c.name, c.reading, c.postcode, n.e164, o.number from customer c join customer_number n"
        ' using (customer_id) join "order" o using (customer_id)'
        " where c.customer_id = any($1) order by c.customer_id",
        [chance.randint(1, size) for _ in range(SEARCHED)],
    )
    people = chance.sample(people, min(SEARCHED, len(people)))

    def one_off(text: str) -> str:
        place = chance.randrange(len(text))
        return text[:place] + text[place + 1 :]

    kinds: dict[str, list[str]] = {
        "reading": [row["reading"] for row in people],
        "reading, one letter missing": [one_off(row["reading"].replace(" ", "")) for row in people],
        "surname alone": [row["reading"].split()[0] for row in people],
        "name": [row["name"] for row in people],
        "number, last four digits": [row["e164"][-4:] for row in people],
        "postcode": [row["postcode"] for row in people],
        "order number": [row["number"] for row in people],
    }
    rows = []
    for kind, texts in kinds.items():
        took_ms = []
        for text in texts:
            began_s = time.perf_counter()
            await search.find(text, limit=20)
            took_ms.append((time.perf_counter() - began_s) * 1000)
        rows.append(
            Row(f"{kind}, p95", quantile(took_ms, 0.95), "ms", SEARCH_TARGET_MS, "at most", Target(1.0))
        )
        rows.append(Row(f"{kind}, p50", quantile(took_ms, 0.5), "ms"))
    show(f"Search among {size:,} customers", rows)


# -- shared -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Took:
    p50_us: float
    p99_us: float


async def _in_turn(ways: dict[str, Callable[[], Awaitable[None]]]) -> dict[str, _Took]:
    """Each way so often, in turn, in rounds; medians of the rounds."""
    rounds: dict[str, list[_Took]] = {name: [] for name in ways}
    for _ in range(ROUNDS + 1):
        took_us: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ASKED):
            for name, way in ways.items():
                began_ns = time.perf_counter_ns()
                await way()
                took_us[name].append((time.perf_counter_ns() - began_ns) / 1000)
        for name, values in took_us.items():
            rounds[name].append(_Took(quantile(values, 0.5), quantile(values, 0.99)))
    # The first round prepares statements and fills the pages; it does not count.
    return {
        name: _Took(median(one.p50_us for one in found[1:]), median(one.p99_us for one in found[1:]))
        for name, found in rounds.items()
    }

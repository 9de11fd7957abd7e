from __future__ import annotations

import asyncio
import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cti_bridge.calls.effects import RecordCall
from cti_bridge.calls.ids import CallId, PbxId
from cti_bridge.calls.outcomes import EndReason, PartReason
from cti_bridge.calls.record import CallRecord
from cti_bridge.clock import Clock
from cti_bridge.records.call_log import CALL, CallLog, write_calls
from cti_bridge.records.dead import DeadLetters
from cti_bridge.records.spool import Spool
from cti_bridge.records.step_rows import TRACE, write_steps
from cti_bridge.records.writer import Handler, Writer
from cti_bridge.storage import postgres
from cti_bridge.storage.embedded import EmbeddedPostgres
from cti_bridge.storage.migrate import migrate
from tests.conftest import Database
from tests.loopback import free_port
from tests.records.samples import T0, called, in_steps, plain, record, stint, written

HANDLERS: dict[str, Handler] = {CALL: write_calls, TRACE: write_steps}
ROOM = 50_000_000


class Counts:
    """What a writer tells its metrics."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self.written: Counter[str] = Counter()
        self.dead: Counter[str] = Counter()

    def wrote(self, kind: str, entries: int) -> None:
        self.written[kind] += entries
        self.changed.set()

    def died(self, kind: str) -> None:
        self.dead[kind] += 1
        self.changed.set()

    async def until_empty(self, spool: Spool) -> None:
        async with asyncio.timeout(30):
            while spool.depth:
                self.changed.clear()
                await self.changed.wait()


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path / "spool", max_bytes=ROOM)
    yield spool
    spool.close()


@pytest.fixture
def counts() -> Counts:
    return Counts()


def writer_on(spool: Spool, pool: asyncpg.Pool, counts: Counts, **handlers: Handler) -> Writer:
    return Writer(
        spool,
        pool,
        HANDLERS | handlers,
        DeadLetters(spool.folder / "dead.jsonl"),
        on_written=counts.wrote,
        on_dead=counts.died,
        gather_s=0.001,
        first_delay_s=0.01,
        sync_every_s=0.01,
    )


@asynccontextmanager
async def running(writer: Writer) -> AsyncIterator[None]:
    task = asyncio.create_task(writer.run())
    yield
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_is_put_is_written_soon(database: Database, spool: Spool, counts: Counts) -> None:
    log = CallLog(spool, Clock())
    async with running(writer_on(spool, database.pool, counts)):
        for n in range(3):
            log.take(RecordCall(called(n)))
            trace = {"call_id": f"main-{n}", "recorded_at": T0, "steps": [["夏", n]]}
            spool.put(TRACE, json.dumps(trace).encode())
            await counts.until_empty(spool)
        log.close_lost(PbxId("main"), [CallId("main-1")], T0)
        await counts.until_empty(spool)
    assert await written(database.pool) == {f"main-{n}": plain(called(n)) for n in range(3)}
    assert counts.written == {CALL: 4, TRACE: 3}
    steps = await database.pool.fetchval("select steps from call_trace where call_id = 'main-2'")
    assert json.loads(steps) == [["夏", 2]]


async def test_what_postgresql_refuses_holds_nothing_up(
    database: Database, spool: Spool, counts: Counts
) -> None:
    log = CallLog(spool, Clock())
    log.take(RecordCall(called(0)))
    log.take(RecordCall(replace(called(1), caller_name="a NUL \0 is no text to PostgreSQL")))
    log.take(RecordCall(replace(called(2), started_at_s=1e300)))
    spool.put(CALL, b"no record at all")
    spool.put("of a newer bridge", b"\xff")
    spool.put(TRACE, b'{"call_id": "main-0"}')
    log.take(RecordCall(called(3)))
    async with running(writer_on(spool, database.pool, counts)):
        await counts.until_empty(spool)
    assert await written(database.pool) == {f"main-{n}": plain(called(n)) for n in (0, 3)}
    assert counts.written == {CALL: 2}
    assert counts.dead == {CALL: 3, "of a newer bridge": 1, TRACE: 1}
    lines = [json.loads(line) for line in (spool.folder / "dead.jsonl").read_text().splitlines()]
    assert [line["kind"] for line in lines] == [CALL, CALL, CALL, "of a newer bridge", TRACE]
    assert json.loads(lines[1]["payload"])["record"]["call_id"] == "main-2"
    assert (lines[3]["payload"], lines[4]["payload"]) == ("\\xff", '{"call_id": "main-0"}')
    assert (spool.folder / "dead.jsonl").stat().st_mode & 0o077 == 0


async def test_the_dead_are_bounded(tmp_path: Path) -> None:
    dead = DeadLetters(tmp_path / "dead.jsonl", max_bytes=1000)
    for _ in range(100):
        dead.add(CALL, b"x" * 100, ValueError("why \ud800"))
    assert 0 < (tmp_path / "dead.jsonl").stat().st_size <= 1000
    DeadLetters(tmp_path / "no folder" / "dead.jsonl").add(CALL, b"", ValueError())


async def test_a_fault_of_ours_in_a_handler_costs_its_entry_only(
    database: Database, spool: Spool, counts: Counts
) -> None:
    async def faulty(_connection: asyncpg.Connection, payloads: Sequence[bytes]) -> None:
        if b"bad" in payloads:
            raise ZeroDivisionError

    for payload in (b"good", b"bad", b"good"):
        spool.put("faulty", payload)
    await writer_on(spool, database.pool, counts, faulty=faulty).drain()
    assert (counts.written["faulty"], counts.dead["faulty"]) == (2, 1)


async def test_a_database_without_our_tables_is_waited_for(
    database: Database, spool: Spool, counts: Counts
) -> None:
    failed = asyncio.Event()

    async def watched(connection: asyncpg.Connection, payloads: Sequence[bytes]) -> None:
        try:
            await write_calls(connection, payloads)
        except asyncpg.UndefinedTableError:
            failed.set()
            raise

    CallLog(spool, Clock()).take(RecordCall(called(0)))
    await database.pool.execute("alter table call_park rename to elsewhere")
    async with running(writer_on(spool, database.pool, counts, call=watched)):
        async with asyncio.timeout(30):
            await failed.wait()
        assert spool.depth == 1
        await database.pool.execute("alter table elsewhere rename to call_park")
        await counts.until_empty(spool)
    assert not counts.dead
    assert await written(database.pool) == {"main-0": plain(called(0))}


async def test_a_connection_that_is_cut_in_a_transaction_costs_nothing(
    database: Database, spool: Spool, counts: Counts
) -> None:
    cuts = 0

    async def cut_after(connection: asyncpg.Connection, payloads: Sequence[bytes]) -> None:
        nonlocal cuts
        await write_calls(connection, payloads)
        if cuts < 3:
            cuts += 1
            await database.pool.execute("select pg_terminate_backend($1)", connection.get_server_pid())

    log = CallLog(spool, Clock())
    for n in range(5):
        log.take(RecordCall(called(n)))
    async with running(writer_on(spool, database.pool, counts, call=cut_after)):
        await counts.until_empty(spool)
    assert cuts == 3
    assert counts.written == {CALL: 5}
    assert await written(database.pool) == {f"main-{n}": plain(called(n)) for n in range(5)}


# -- PostgreSQL away ----------------------------------------------------------------------------

# Puts calls until it is killed, and says which records went in before: a ring, an answer, an end each.
BRIDGE = """
import sys
from pathlib import Path
from cti_bridge.calls.effects import RecordCall
from cti_bridge.clock import Clock
from cti_bridge.records.call_log import CallLog
from cti_bridge.records.spool import Spool
from tests.records.samples import in_steps

log = CallLog(Spool(Path(sys.argv[1]), max_bytes=50_000_000, segment_bytes=100_000), Clock())
for n in range(int(sys.argv[2]), 1_000_000):
    for step, made in enumerate(in_steps(n)):
        log.take(RecordCall(made))
        print(n, step, " " * 300, flush=True)  # long, so that the pipe, once full, holds it back
"""


async def test_while_postgresql_is_away_no_call_is_lost_and_none_is_written_twice(counts: Counts) -> None:
    folder = Path(tempfile.mkdtemp(prefix="cti-test-"))
    folder.chmod(0o711)
    server = EmbeddedPostgres(folder, settings={"fsync": "off"})
    pool = await postgres.create_pool(await server.start())
    try:
        await migrate(server.dsn)
        spool = Spool(folder / "spool", max_bytes=ROOM)
        writer = writer_on(spool, pool, counts)
        log = CallLog(spool, Clock())
        async with running(writer):
            log.take(RecordCall(called(0)))
            await counts.until_empty(spool)
            await server.stop()
            for n in range(1, 1000):
                log.take(RecordCall(called(n)))
        spool.close()
        # The next bridge is killed, and its successors too.
        steps = dict.fromkeys(range(1000), 2)
        first = 1000
        for _ in range(3):
            bridge = subprocess.Popen(
                [sys.executable, "-c", BRIDGE, str(folder / "spool"), str(first)],
                stdout=subprocess.PIPE,
                cwd=Path(__file__).parents[2],
            )
            assert bridge.stdout is not None
            said = [await asyncio.to_thread(bridge.stdout.readline) for _ in range(700)]
            bridge.send_signal(signal.SIGKILL)
            said += await asyncio.to_thread(bridge.stdout.readlines)
            bridge.wait()
            bridge.stdout.close()
            for line in said:
                if line.endswith(b"\n"):
                    n, step = map(int, line.split())
                    steps[n] = step
            first = max(steps) + 2  # the next one may have gone in without a word of it
        spool = Spool(folder / "spool", max_bytes=ROOM)
        writer = writer_on(spool, pool, counts)
        async with running(writer):
            await server.start()
            await counts.until_empty(spool)
        spool.close()
        found = await written(pool)
        for n, step in steps.items():
            # What was put last may be a step further than what was said of it.
            assert found.pop(f"main-{n}") in [plain(made) for made in in_steps(n)[step : step + 2]]
        assert len(found) <= 3
        assert set(found.values()) <= {plain(in_steps(int(call_id[5:]))[0]) for call_id in found}
        assert not counts.dead
    finally:
        pool.terminate()
        await server.stop()
        shutil.rmtree(folder, ignore_errors=True)


class _WatchedSpool(Spool):
    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        super().__init__(folder, max_bytes=max_bytes)
        self.synced = asyncio.Event()

    async def sync(self) -> None:
        await super().sync()
        self.synced.set()


async def test_while_postgresql_is_away_a_power_cut_costs_a_second(tmp_path: Path, counts: Counts) -> None:
    pool = await postgres.create_pool(f"postgresql://nobody@127.0.0.1:{free_port()}/none")
    spool = _WatchedSpool(tmp_path / "spool", max_bytes=ROOM)
    spool.put(CALL, b"x")
    assert not spool.is_synced
    async with running(writer_on(spool, pool, counts)), asyncio.timeout(30):
        await spool.synced.wait()
    assert spool.is_synced
    assert spool.depth == 1
    spool.close()
    pool.terminate()


async def test_an_address_that_cannot_be_used_makes_no_entry_dead(tmp_path: Path, counts: Counts) -> None:
    pool = await postgres.create_pool(
        f"postgresql://nobody@127.0.0.1:{free_port()}/none?sslmode=require&ssl_min_protocol_version=none"
    )
    spool = _WatchedSpool(tmp_path / "spool", max_bytes=ROOM)
    spool.put(CALL, b"x")
    writer = writer_on(spool, pool, counts)
    with pytest.raises(ValueError, match="TLS version"):
        await writer.drain()
    async with running(writer), asyncio.timeout(30):
        await spool.synced.wait()
    assert spool.depth == 1
    assert not counts.dead
    spool.close()
    pool.terminate()


# -- any crash point ------------------------------------------------------------------------------


class _Crash(Exception):
    """The process dies here."""


class _MortalSpool(Spool):
    """Dies after the commit when told to."""

    dies = False

    def done(self, upto: object) -> None:
        if self.dies:
            raise _Crash
        super().done(upto)  # type: ignore[arg-type]


# A call grows by one stint a record; its last record ends it.
actions = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 3)),
        st.tuples(st.just("end"), st.integers(0, 3)),
        st.tuples(
            st.sampled_from(["write", "die in the transaction", "die before done", "restart"]), st.just(0)
        ),
    ),
    max_size=25,
)


def growing(n: int, size: int, is_over: bool) -> CallRecord:
    made = record(
        f"main-{n}",
        stints=tuple(
            stint(f"main-{n}~{k}", "a1", k, k + 0.5, ended=k + 0.75, end=PartReason.COMPLETED)
            for k in range(size)
        ),
    )
    return replace(made, ended_at_s=T0 + 99, outcome=EndReason.COMPLETED) if is_over else made


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions)
async def test_wherever_it_dies_the_tables_end_with_the_last_record_of_each_call(
    database: Database, counts: Counts, actions: list[tuple[str, int]]
) -> None:
    await database.pool.execute("truncate call cascade")
    folder = Path(tempfile.mkdtemp(prefix="cti-test-"))
    sizes: Counter[int] = Counter()
    over: set[int] = set()
    told_by: dict[int, set[int]] = {}
    run = 0

    def open_spool() -> _MortalSpool:
        return _MortalSpool(folder / "spool", max_bytes=ROOM, segment_bytes=600)

    async def die_after(connection: asyncpg.Connection, payloads: Sequence[bytes]) -> None:
        await write_calls(connection, payloads)
        raise ConnectionError("the process dies here")

    spool = open_spool()
    log = CallLog(spool, Clock())
    try:
        for action, n in actions:
            if action in ("put", "end"):
                if n not in over:
                    sizes[n] += 1
                    over |= {n} if action == "end" else set()
                    told_by.setdefault(n, set()).add(run)
                    log.take(RecordCall(growing(n, sizes[n], n in over)))
                continue
            spool.dies = action == "die before done"
            handler = die_after if action == "die in the transaction" else write_calls
            try:
                if action != "restart":
                    await writer_on(spool, database.pool, counts, call=handler).drain()
            except (_Crash, ConnectionError):
                pass
            if action != "write":
                spool.close()
                spool, run = open_spool(), run + 1
                log = CallLog(spool, Clock())
        spool.dies = False
        await writer_on(spool, database.pool, counts).drain()
        assert await written(database.pool) == {
            f"main-{n}": plain(replace(growing(n, sizes[n], n in over), has_gap=len(told_by[n]) > 1))
            for n in sizes
        }
        assert not counts.dead
    finally:
        spool.close()
        shutil.rmtree(folder)

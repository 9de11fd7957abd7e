"""One shared connection to a real Valkey: order, loss, silence, refusals."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError

from cti_bridge.errors import Unavailable
from cti_bridge.storage import redis_line
from cti_bridge.storage.redis_line import RedisLine
from tests.loopback import free_port


async def test_answers_come_back_to_whom_they_belong(valkey: Redis, redis_line: RedisLine) -> None:
    await asyncio.gather(*(redis_line.ask("SET", f"k{n}", f"v{n}", "EX", 60) for n in range(200)))
    values = await asyncio.gather(*(redis_line.ask("GET", f"k{n}") for n in range(200)))
    assert values == [b"v%d" % n for n in range(200)]
    assert await redis_line.ask("GET", "none") is None
    assert await redis_line.ask("UNLINK", "k1", "k2", "none") == 2
    [mine] = [one for one in await valkey.client_list() if one["name"] == "cti-bridge-cards"]
    assert mine["db"] == "0"


async def test_bytes_of_any_kind_and_size(valkey: Redis, redis_line: RedisLine) -> None:
    blob = bytes(range(256)) * 4096
    await redis_line.ask("SET", "blob", blob)
    assert await redis_line.ask("GET", "blob") == blob


async def test_one_refusal_is_nobody_elses(valkey: Redis, redis_line: RedisLine) -> None:
    await valkey.set("text", "x")
    answers = await asyncio.gather(
        redis_line.ask("INCR", "text"), redis_line.ask("GET", "text"), return_exceptions=True
    )
    assert isinstance(answers[0], ResponseError)
    assert answers[1] == b"x"


async def test_what_was_cancelled_takes_nobodys_answer(valkey: Redis, redis_line: RedisLine) -> None:
    await valkey.mset({"a": "1", "b": "2"})
    await redis_line.ask("PING")
    first = asyncio.create_task(redis_line.ask("GET", "a"))
    await asyncio.sleep(0)
    first.cancel()
    assert await redis_line.ask("GET", "b") == b"2"
    assert first.cancelled()


async def test_a_lost_connection_fails_who_waits_and_is_made_anew(
    valkey: Redis, redis_line: RedisLine
) -> None:
    await redis_line.ask("PING")
    waiting = asyncio.create_task(redis_line.ask("BLPOP", "never", 0))
    await asyncio.sleep(0)
    await valkey.client_kill_filter(skipme=True, _type="normal")
    with pytest.raises(RedisConnectionError):
        await waiting
    assert await redis_line.ask("PING") == b"PONG"


async def test_nobody_there() -> None:
    line = RedisLine(f"redis://127.0.0.1:{free_port()}")
    with pytest.raises(OSError, match=r"refused|Connect call failed"):
        await line.ask("PING")
    await line.aclose()


async def test_an_address_that_cannot_be_read() -> None:
    with pytest.raises(Unavailable, match=r"storage\.redis_url"):
        RedisLine("http://cache")


async def test_a_password_is_asked_for_and_given(valkey: Redis, valkey_url: str) -> None:
    await valkey.execute_command("ACL", "SETUSER", "cards", "on", ">secret", "~*", "+@all")
    try:
        address = valkey_url.removeprefix("unix://")
        for user, fits in (("cards:secret", True), ("cards:wrong", False)):
            line = RedisLine(f"unix://{user}@{address}?db=1")
            try:
                if fits:
                    await line.ask("SET", "here", 1)
                    assert await valkey.get("here") is None
                else:
                    with pytest.raises(AuthenticationError):
                        await line.ask("PING")
            finally:
                await line.aclose()
    finally:
        await valkey.execute_command("ACL", "DELUSER", "cards")


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[str]:
    """A server that answers to setting a name, then with ``answer``, whatever it is asked."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"cti-bridge-cards\r\n")
        writer.write(b"+OK\r\n")
        while await reader.read(1000):
            writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_a_silent_server_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_line, "STALL_S", 0.05)
    async with answering(b"") as url:
        line = RedisLine(url)
        for _ in range(2):  # the second time on a connection of its own
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await line.ask("PING")
            with pytest.raises(RedisConnectionError):
                # Whoever came later on the hung connection does not wait for ever either.
                await asyncio.gather(line.ask("PING"), _give_up(line))
        await line.aclose()


async def _give_up(line: RedisLine) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await line.ask("PING")


async def test_nonsense_ends_the_connection() -> None:
    async with answering(b"?nonsense\r\n") as url:
        line = RedisLine(url)
        with pytest.raises(RedisConnectionError):
            await line.ask("PING")
        await line.aclose()


async def test_an_answer_nobody_asked_for_ends_the_connection() -> None:
    async with answering(b"+PONG\r\n+PONG\r\n") as url:
        line = RedisLine(url)
        assert await line.ask("PING") == b"PONG"
        used = line._wire
        assert await line.ask("PING") == b"PONG"
        assert line._wire is not used
        await line.aclose()


async def test_too_many_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_line, "MAX_WAITING", 3)
    async with answering(b"") as url:
        line = RedisLine(url)
        waiting = [asyncio.create_task(line.ask("PING")) for _ in range(4)]
        with pytest.raises(RedisConnectionError, match="too many"):
            await asyncio.wait_for(waiting[3], 5)
        await line.aclose()
        assert all(
            isinstance(one, RedisConnectionError)
            for one in await asyncio.gather(*waiting, return_exceptions=True)
        )

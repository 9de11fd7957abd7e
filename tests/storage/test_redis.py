from __future__ import annotations

import pytest
from redis.asyncio import Redis

from cti_bridge.errors import Unavailable
from cti_bridge.storage import redis


async def refusal(url: str) -> Unavailable:
    with pytest.raises(Unavailable) as refused:
        client = redis.connect(url, socket_timeout_s=0.2)
        try:
            await redis.require(client)
        finally:
            await client.aclose()
    return refused.value


@pytest.mark.parametrize(
    "url",
    [
        "redis://127.0.0.1:1",
        "unix:///nowhere/valkey.sock",
        "redis://no-such-host.invalid",
        "http://127.0.0.1",
        "redis://127.0.0.1:port",
    ],
)
async def test_one_line_says_why(url: str) -> None:
    error = await refusal(url)
    assert error.setting == "storage.redis_url"
    assert error.cause
    assert "\n" not in str(error)


async def test_a_wrong_password(valkey_url: str, valkey: Redis) -> None:
    await valkey.execute_command("ACL", "SETUSER", "clerk", "on", ">right", "+@all")
    secret = valkey_url.replace("unix://", "unix://clerk:wrong@")
    error = await refusal(secret)
    assert error.cause.startswith("Redis refuses the user or password")
    assert "wrong@" not in str(error)
    client = redis.connect(secret.replace("wrong", "right"))
    await redis.require(client)
    await client.aclose()
    await valkey.execute_command("ACL", "DELUSER", "clerk")


async def test_a_server_that_does_not_answer(valkey_url: str, valkey: Redis) -> None:
    await valkey.execute_command("CLIENT", "PAUSE", "1000", "ALL")
    error = await refusal(valkey_url)
    assert error.cause == "Redis does not answer in time"


async def test_a_connection_cut_is_made_anew(valkey_url: str, valkey: Redis) -> None:
    client = redis.connect(valkey_url)
    await redis.require(client)
    for other in await valkey.client_list(_type="normal"):
        if other["id"] != str(await valkey.client_id()):
            await valkey.client_kill_filter(_id=other["id"])
    await redis.require(client)
    await client.aclose()

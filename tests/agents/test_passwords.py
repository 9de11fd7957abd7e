from __future__ import annotations

import time

import pytest
from argon2 import PasswordHasher

from cti_bridge.agents import passwords
from cti_bridge.agents.passwords import hash_password, needs_rehash, verify_password


async def test_a_password_is_known_again_and_only_it() -> None:
    made = await hash_password("猫が好き 2026")
    assert made.startswith("$argon2id$")
    assert "猫" not in made
    assert await verify_password(made, "猫が好き 2026")
    assert not await verify_password(made, "猫が好き 2025")
    assert not await verify_password(made, "")


async def test_the_same_password_hashes_differently() -> None:
    assert await hash_password("same") != await hash_password("same")


@pytest.mark.parametrize("nothing", [None, "", "no hash", "$argon2id$v=19$m=1"])
async def test_without_a_hash_the_answer_is_no(nothing: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    nobodys = "the one the hash in nobody's place was made of"
    made = await hash_password(nobodys)
    monkeypatch.setattr(passwords, "_nobodys_hash", lambda: made)
    assert not await verify_password(nothing, nobodys)


@pytest.mark.parametrize("nothing", [None, "no hash"])
async def test_an_unknown_login_takes_as_long(nothing: str | None) -> None:
    known = await hash_password("right")
    await verify_password(None, "once, to make nobody's hash")

    async def took_s(password_hash: str | None) -> float:
        best = 10.0
        for _ in range(3):
            began = time.perf_counter()
            await verify_password(password_hash, "wrong")
            best = min(best, time.perf_counter() - began)
        return best

    assert await took_s(nothing) > 0.3 * await took_s(known)


async def test_weaker_hashes_are_told() -> None:
    assert not needs_rehash(await hash_password("x"))
    assert needs_rehash(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x"))
    assert needs_rehash("no hash")

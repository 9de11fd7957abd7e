"""Passwords as argon2id hashes; checked off the loop, a check takes some 30 ms of a core.

Source: RFC 9106, section 4, second recommended option (64 MiB), which is argon2-cffi's default.
"""

from __future__ import annotations

import asyncio
import secrets
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return _hasher().hash(secrets.token_hex())


async def hash_password(password: str) -> str:
    """The hash of ``password``, salted anew each time."""
    return await asyncio.to_thread(_hasher().hash, password)


async def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether ``password`` belongs to ``password_hash``.

    Without a hash, or with one that cannot be read, the answer is no, and it
    takes as long as any: the clock does not tell which logins exist.
    """
    return await asyncio.to_thread(_verify, password_hash, password)


def needs_rehash(password_hash: str) -> bool:
    """Whether ``password_hash`` was made with weaker parameters than today's; True when unreadable."""
    try:
        return _hasher().check_needs_rehash(password_hash)
    except InvalidHashError:
        return True


def _verify(password_hash: str | None, password: str) -> bool:
    try:
        is_right = _hasher().verify(password_hash or _nobodys_hash(), password)
    except InvalidHashError:
        _verify(None, password)
        return False
    except Argon2Error:
        return False
    return is_right and bool(password_hash)

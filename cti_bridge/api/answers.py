"""Answers of the API: Structs as JSON, refusals and failures as a Problem."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec
from aiohttp import web

from cti_bridge.push.envelope import Problem

ProblemCode: TypeAlias = Literal[
    "bad_request", "wrong_credentials", "not_signed_in", "forbidden", "not_found", "unavailable", "too_many"
]

_encode = msgspec.json.Encoder().encode


def answer(value: msgspec.Struct, status: int = 200) -> web.Response:
    """``value`` as JSON. No answer of the API may be kept by a browser or a proxy."""
    return answer_json(_encode(value), status)


def answer_json(body: bytes, status: int = 200) -> web.Response:
    """``body``, which is JSON already."""
    return web.Response(
        body=body, status=status, content_type="application/json", headers={"Cache-Control": "no-store"}
    )


def empty() -> web.Response:
    """Done, and nothing to say."""
    return web.Response(status=204, headers={"Cache-Control": "no-store"})


def too_many(wait_s: int) -> web.Response:
    """Asked too often; ``wait_s`` until it is worth asking again. Source: RFC 6585, 4; RFC 9110, 10.2.3."""
    response = problem(429, "too_many", f"tried too often; wait {wait_s} s")
    response.headers["Retry-After"] = str(wait_s)
    return response


def problem(status: int, code: ProblemCode, detail: str) -> web.Response:
    """Why a request was refused or failed. ``detail`` is for developers, ``code`` for people."""
    return answer_json(_encode(Problem(code=code, detail=detail)), status)

"""Request bodies: JSON of a known shape, within a size and a time."""

from __future__ import annotations

import asyncio
from typing import TypeVar

import msgspec
from aiohttp import web

from cti_bridge.api.answers import problem

MAX_BODY_BYTES = 16 * 1024
BODY_TIMEOUT_S = 10

Body = TypeVar("Body", bound=msgspec.Struct)


async def read_body(request: web.Request, shape: type[Body]) -> Body | web.Response:
    """The body as a ``shape``, or the answer that says what is wrong with it.

    Only ``application/json`` is read: a form of another site cannot send it
    without asking first. Source: Fetch standard, CORS-safelisted request-header.
    """
    if request.content_type != "application/json":
        return problem(415, "bad_request", "the body must be sent as application/json")
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            data = await request.read()
    except TimeoutError:
        return problem(408, "bad_request", f"the body did not arrive within {BODY_TIMEOUT_S} s")
    try:
        return msgspec.json.decode(data, type=shape)
    except msgspec.ValidationError as error:
        return problem(400, "bad_request", str(error))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return problem(400, "bad_request", f"the body is not JSON: {error}")

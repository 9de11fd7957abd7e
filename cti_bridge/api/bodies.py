"""Request bodies: JSON of a known shape, within a size and a time."""

from __future__ import annotations

import asyncio
from typing import TypeVar

import msgspec
from aiohttp import web

from cti_bridge.api.answers import problem

MAX_BODY_BYTES = 16 * 1024
# What other systems send, many records at once; the server's own limit for any request.
MAX_INTAKE_BYTES = 1024 * 1024
BODY_TIMEOUT_S = 10

Body = TypeVar("Body", bound=msgspec.Struct)


async def read_body(
    request: web.Request, shape: type[Body], max_bytes: int = MAX_BODY_BYTES
) -> Body | web.Response:
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
    except ConnectionError:
        # Nobody is there to read this; a fault of ours it is not.
        return problem(400, "bad_request", "the body did not come whole")
    if len(data) > max_bytes:
        return problem(413, "bad_request", f"the body may have {max_bytes} bytes at most")
    try:
        return msgspec.json.decode(data, type=shape)
    except msgspec.ValidationError as error:
        return problem(400, "bad_request", str(error))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return problem(400, "bad_request", f"the body is not JSON: {error}")

"""Requests of other systems: whose token they bear."""

from __future__ import annotations

from typing import Protocol

from aiohttp import web

from cti_bridge.api.answers import problem
from cti_bridge.errors import Unavailable
from cti_bridge.storage.postgres import FAULTS, SETTING, explain


class Sources(Protocol):
    """Whose tokens are whose: see ``intake.tokens.Tokens``."""

    async def source_of(self, token: str) -> str | None:
        """The source; None for a wrong token."""
        ...


async def source_of(request: web.Request, tokens: Sources) -> str | web.Response:
    """The source, or the answer that there is none. Source: RFC 6750, 2.1.

    Raises: Unavailable when the tokens cannot be asked.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    source = None
    if scheme.lower() == "bearer":
        try:
            source = await tokens.source_of(token.strip())
        except FAULTS as error:
            raise Unavailable(SETTING, explain(error)) from error
    return source or problem(401, "not_signed_in", "the token is missing, wrong or disabled")

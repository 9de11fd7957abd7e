"""Endpoints: one row each, from which both the routes and the OpenAPI page are made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec
from aiohttp import web

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
Shape: TypeAlias = type[msgspec.Struct]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path.

    ``answers``: by status, the Struct that goes as JSON, ``str`` for plain text,
    None for an empty answer. ``needs_session``: 401 without a sign-in; ``needs_token``:
    without another system's token.
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    summary: str
    handler: Handler
    answers: Mapping[int, Shape | type[str] | None]
    body: Shape | None = None
    needs_session: bool = False
    needs_token: bool = False


def add_routes(app: web.Application, endpoints: Iterable[Endpoint]) -> None:
    """Serve ``endpoints`` with ``app``."""
    for endpoint in endpoints:
        app.router.add_route(endpoint.method, endpoint.path, endpoint.handler)
        if endpoint.method == "GET":
            app.router.add_route("HEAD", endpoint.path, endpoint.handler)

"""What handlers for people who are signed in begin with: the session, an id, faults of the stores."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from aiohttp import web

from cti_bridge.agents.sessions import COOKIE, Session, Sessions
from cti_bridge.api.answers import problem
from cti_bridge.calls.ids import AgentId
from cti_bridge.errors import Unavailable
from cti_bridge.storage.postgres import FAULTS, SETTING, explain

_MAX_ID = 2**63 - 1


class Viewed(Protocol):
    """Writes down who saw or changed what of a customer: see ``records.ledger``."""

    def __call__(
        self, agent_id: AgentId, customer_id: int, reason: str, *, call_id: str | None, detail: str = ""
    ) -> None:
        """Never raises, never waits."""
        ...


async def signed_in(request: web.Request, sessions: Sessions) -> Session | web.Response:
    """The session, or the answer that there is none."""
    session = await sessions.read(request.cookies.get(COOKIE, ""))
    return session or problem(401, "not_signed_in", "there is no session, or it ended")


def customer_id_of(request: web.Request) -> int | None:
    """The customer the path names; None where it names nobody there can be."""
    return id_of(request.match_info["customer_id"])


def id_of(text: str) -> int | None:
    """An id of the database; None for what is none."""
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text[:20]) <= _MAX_ID else None


def no_such_customer() -> web.Response:
    """The answer that nobody has this id."""
    return problem(404, "not_found", "there is no such customer")


@contextmanager
def stores_away() -> Iterator[None]:
    """Faults of PostgreSQL become ``Unavailable``, which the guard answers."""
    try:
        yield
    except FAULTS as error:
        raise Unavailable(SETTING, explain(error)) from error

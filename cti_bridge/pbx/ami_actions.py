"""AMI actions and their answers: pyst2's vocabulary on an asyncio transport.

pyst2's ``Manager`` runs threads that read byte by byte; only its action
vocabulary and exceptions are used here. ``send_action`` answers a future.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from asterisk.manager import Manager, ManagerAuthException, ManagerException, ManagerSocketException

from cti_bridge.errors import UsageError
from cti_bridge.pbx.ami_message import Headers

__all__ = ["AmiActions", "Answer", "ManagerAuthException", "ManagerException", "ManagerSocketException"]

# More actions than this without an answer means that the other side stopped reading.
MAX_UNANSWERED = 256
# An originated call is told of within its ring time; whatever was never told of must not pile up.
MAX_FOLLOWED = 256


@dataclass(slots=True)
class Answer:
    """One action's answer: the response's headers, and the items of its list if it has one."""

    headers: Headers
    items: list[Headers] = field(default_factory=list)

    @property
    def is_success(self) -> bool:
        """Whether Asterisk took the action (for Originate: queued it)."""
        return self.headers.get("Response") in {"Success", "Goodbye"}


class AmiActions(Manager):  # type: ignore[misc]
    """Sends actions through ``write`` and joins the answers that ``take`` is given.

    Each ActionID bears an unguessable part, so that text a caller chose
    cannot pass for an answer.
    """

    def __init__(self, write: Callable[[bytes], None]) -> None:
        # pyst2's own __init__ would make threads; nothing it sets up is used.
        self._write = write
        self._prefix = secrets.token_hex(8)
        self._counter = itertools.count(1)
        self._pending: dict[str, asyncio.Future[Answer]] = {}
        self._lists: dict[str, Answer] = {}
        self._followers: dict[str, Callable[[Headers], None]] = {}
        self._waiting_for_loss: set[asyncio.Future[str]] = set()
        self._loss: str | None = None

    def __del__(self) -> None:
        """Nothing to end: no thread and no socket is ours."""

    def send_action(
        self,
        cdict: Mapping[str, Any] | None = None,
        *,
        follow: Callable[[Headers], None] | None = None,
        **kwargs: Any,
    ) -> asyncio.Future[Answer]:
        """Send one action; the future's answer has its list items, when it is a list.

        ``follow`` is called with the one event that tells later how the action
        went, as OriginateResponse does; it bears the action's own ID.

        Raises:
            UsageError: a header or value holds a line break.
            ManagerSocketException: too many actions are waiting for an answer.

        """
        action = {**(cdict or {}), **kwargs}
        if len(self._pending) >= MAX_UNANSWERED:
            raise ManagerSocketException(0, f"{MAX_UNANSWERED} actions wait for an answer")
        action_id = f"{self._prefix}-{next(self._counter)}"
        lines = []
        for key, value in {**action, "ActionID": action_id}.items():
            for one in value if isinstance(value, list) else [value]:
                line = f"{key}: {one}"
                if "\r" in line or "\n" in line:
                    raise UsageError(f"line break in action header {key}")
                lines.append(line)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._pending[action_id] = future
        if follow is not None:
            self._followers[action_id] = follow
            if len(self._followers) > MAX_FOLLOWED:
                del self._followers[next(iter(self._followers))]
        future.add_done_callback(lambda _: self._forget(action_id))
        self._write(("\r\n".join(lines) + "\r\n\r\n").encode())
        return future

    def login(self, username: str, secret: str, events: str = "off") -> asyncio.Future[Answer]:
        """Sign in; ``events`` is the event mask. A wrong secret is answered after about a second."""
        return self.send_action({"Action": "Login", "Username": username, "Secret": secret, "Events": events})

    def take(self, headers: Headers) -> bool:
        """Give one block that bears an ActionID; False when it answers nothing of ours."""
        action_id = headers.get("ActionID", "")
        if "Event" in headers and action_id in self._followers:
            self._followers.pop(action_id)(headers)
            return True
        future = self._pending.get(action_id)
        if future is None or future.done():
            return False
        listing = self._lists.get(action_id)
        if listing is None:
            answer = Answer(headers)
            if headers.get("EventList") == "start":
                self._lists[action_id] = answer
            else:
                future.set_result(answer)
        elif headers.get("EventList") == "Complete":
            future.set_result(listing)
        else:
            listing.items.append(headers)
        return True

    def fail(self, cause: str) -> None:
        """The connection is gone: every waiting action fails with it."""
        self._loss = cause
        self._followers.clear()
        for waiting in list(self._waiting_for_loss):
            if not waiting.done():
                waiting.set_result(cause)
        for future in list(self._pending.values()):
            if not future.done():
                future.set_exception(ManagerSocketException(0, cause))
                future.exception()  # mark as seen: whoever waited may be gone with the connection

    def lost(self) -> asyncio.Future[str]:
        """A future that is done, with the cause, once the connection is gone. Cancel it when done."""
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        if self._loss is not None:
            future.set_result(self._loss)
            return future
        self._waiting_for_loss.add(future)
        future.add_done_callback(self._waiting_for_loss.discard)
        return future

    def _forget(self, action_id: str) -> None:
        self._pending.pop(action_id, None)
        self._lists.pop(action_id, None)

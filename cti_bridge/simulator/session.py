"""One AMI client of the simulated PBX: sign-in, event mask, actions, a bounded send buffer."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast

from cti_bridge.simulator import answers, blocks

# Takes one action and answers it, after the events that went before it were sent.
Take: TypeAlias = Callable[[Mapping[str, str]], bytes]

_MAX_REQUEST_BYTES = 65_536
_CLASSES = {"system": blocks.SYSTEM, "call": blocks.CALL, "agent": blocks.AGENT, "all": blocks.EVERYTHING}
_ALL_WORDS = {"on", "yes", "true", "y", "t", "1", "-1"}
_NO_WORDS = {"off", "no", "false", "n", "f", "0"}


@dataclass(frozen=True, slots=True)
class Terms:
    """How clients are treated.

    A wrong sign-in is answered after ``refusal_delay_s`` and ends the
    connection, as does none within ``sign_in_s``. A client that leaves more
    than ``buffer_bytes`` unread for longer than ``stall_s`` is dropped without
    a word; so is, at once, one that leaves four times as much.
    """

    user: str
    secret: str
    refusal_delay_s: float = 1.0
    sign_in_s: float = 10.0
    buffer_bytes: int = 4 * 1024 * 1024
    stall_s: float = 5.0


class Session(asyncio.Protocol):
    """One connection. ``mask``: the classes of events it is sent, 0 before it signed in."""

    def __init__(
        self,
        terms: Terms,
        *,
        take: Take,
        boot: Callable[[], bytes],
        opened: Callable[[Session], None],
        signed_in: Callable[[], None],
        closed: Callable[[Session], None],
    ) -> None:
        self.mask = 0
        self.is_signed_in = False
        self._terms = terms
        self._take = take
        self._boot = boot
        self._opened = opened
        self._signed_in = signed_in
        self._closed = closed
        self._buffer = b""
        self._is_refused = False
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def send(self, data: bytes) -> None:
        """Send bytes, or drop the client when far too many wait already."""
        if self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > 4 * self._terms.buffer_bytes:
            self._transport.abort()
        else:
            self._transport.write(data)

    def close(self) -> None:
        """End the connection once what was sent is on its way."""
        self._transport.close()

    # --- what the transport calls -------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=self._terms.buffer_bytes)
        self._opened(self)
        self._transport.write(blocks.BANNER)
        self._after("sign-in", self._terms.sign_in_s, self._transport.abort)

    def data_received(self, data: bytes) -> None:
        """Take every action that is complete."""
        self._buffer += data
        while not self._is_refused and not self._transport.is_closing():
            request, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                break
            self._buffer = rest
            self._request(_headers(request))
        if len(self._buffer) > _MAX_REQUEST_BYTES:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        for timer in self._timers.values():
            timer.cancel()
        self._closed(self)

    def pause_writing(self) -> None:
        """The client does not read: give it a while."""
        self._after("stall", self._terms.stall_s, self._transport.abort)

    def resume_writing(self) -> None:
        """It reads again."""
        self._timers.pop("stall").cancel()

    # --- what the client asks -----------------------------------------------------------------------------

    def _request(self, headers: Mapping[str, str]) -> None:
        action_id = headers.get("actionid", "")
        match headers.get("action", "").lower():
            case "login":
                self._login(headers, action_id)
            case "logoff":
                message = "Thanks for all the fish."
                self.send(answers.response("Goodbye", action_id, Message=message))
                self.close()
            case _ if not headers.get("action"):
                self.send(answers.error(action_id, "Missing action in request"))
            case _ if not self.is_signed_in:
                self.send(answers.error(action_id, "Permission denied"))
            case "events":
                self.send(self._events(headers, action_id))
            case _:
                self.send(self._take(headers))

    def _login(self, headers: Mapping[str, str], action_id: str) -> None:
        if self.is_signed_in:
            self.send(answers.response("Success", action_id, Message="Already authenticated"))
            return
        user, secret = headers.get("username", ""), headers.get("secret", "")
        if user != self._terms.user or not hmac.compare_digest(secret.encode(), self._terms.secret.encode()):
            self._is_refused = True
            self._after("refusal", self._terms.refusal_delay_s, lambda: self._refuse(action_id))
            return
        self._timers.pop("sign-in").cancel()
        self.is_signed_in = True
        mask = _mask(headers.get("events", "on"))
        self.mask = blocks.EVERYTHING if mask is None else mask
        self.send(answers.response("Success", action_id, Message="Authentication accepted"))
        if self.mask & blocks.SYSTEM:
            self.send(self._boot())
        self._signed_in()

    def _refuse(self, action_id: str) -> None:
        self.send(answers.error(action_id, "Authentication failed"))
        self.close()

    def _events(self, headers: Mapping[str, str], action_id: str) -> bytes:
        mask = _mask(headers.get("eventmask", ""))
        if mask is None:
            return answers.error(action_id, "Invalid event mask")
        self.mask = mask
        return answers.response("Success", action_id, Events="On" if mask else "Off")

    def _after(self, name: str, delay_s: float, deed: Callable[[], None]) -> None:
        self._timers[name] = asyncio.get_running_loop().call_later(delay_s, deed)


def _headers(request: bytes) -> dict[str, str]:
    """The headers of one action, names in lower case; of a repeated one the last."""
    found = {}
    for line in request.decode("utf-8", "replace").splitlines():
        name, colon, value = line.partition(":")
        if colon:
            found[name.strip().lower()] = value.strip()
    return found


def _mask(words: str) -> int | None:
    """The classes that an event mask selects, None when it is empty. Others than ours select nothing."""
    words = words.strip().lower()
    if not words:
        return None
    if words in _ALL_WORDS:
        return blocks.EVERYTHING
    if words in _NO_WORDS:
        return 0
    mask = 0
    for word in words.split(","):
        mask |= _CLASSES.get(word.strip(), 0)
    return mask

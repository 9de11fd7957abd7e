"""Why the server closes a socket, and whether the browser should come back. One table for both sides."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class CloseCode(IntEnum):
    """Application close codes, 4000-4999. Source: RFC 6455, 7.4.2."""

    BAD_MESSAGE = 4000
    NOT_SIGNED_IN = 4001
    FORBIDDEN_TOPIC = 4003
    SESSION_ENDED = 4004
    TOO_SLOW = 4008
    RESTARTING = 4012


@dataclass(frozen=True, slots=True)
class CloseRule:
    """``reconnect``: the browser should try again. ``sign_in``: it must ask who sits there."""

    reconnect: bool
    sign_in: bool


CLOSE_RULES: dict[CloseCode, CloseRule] = {
    CloseCode.BAD_MESSAGE: CloseRule(reconnect=False, sign_in=False),
    CloseCode.NOT_SIGNED_IN: CloseRule(reconnect=False, sign_in=True),
    CloseCode.FORBIDDEN_TOPIC: CloseRule(reconnect=False, sign_in=False),
    CloseCode.SESSION_ENDED: CloseRule(reconnect=False, sign_in=True),
    CloseCode.TOO_SLOW: CloseRule(reconnect=True, sign_in=False),
    CloseCode.RESTARTING: CloseRule(reconnect=True, sign_in=False),
}

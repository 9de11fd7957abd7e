"""What really happened at each telephone, read from its own SIP messages alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.rig.sip_message import SipMessage
from tests.rig.wire import WireMessage


@dataclass(slots=True)
class Leg:
    """One SIP call at one telephone; times in seconds since the Unix epoch.

    `incoming`: the telephone rang; else it dialled `number`. `shown`: the numbers that were on its display.
    `end`: `cancelled`, `rejected 486`, `refused 486`, `hung up` (by this telephone), `bye`, `sent on` (by a
    transfer that this telephone ordered and Asterisk accepted); empty while the call lives.
    """

    incoming: bool
    number: str
    began_at_s: float
    rang_at_s: float | None = None
    answered_at_s: float | None = None
    ended_at_s: float | None = None
    end: str = ""
    shown: list[str] = field(default_factory=list)
    holds: list[tuple[float, float | None]] = field(default_factory=list)

    @property
    def talked(self) -> bool:
        """Whether it was answered."""
        return self.answered_at_s is not None


def legs(messages: Iterable[WireMessage]) -> list[Leg]:
    """The calls of one telephone, in the order in which they began."""
    found: dict[str, _Reader] = {}
    for told in sorted(messages, key=lambda told: told.at_s):
        message = told.message
        call_id = message["call-id"]
        if call_id not in found:
            if message.is_response or message.method != "INVITE":
                continue  # says nothing of a call, or belongs to one before this scene
            number = message.user("to") if told.sent else message.user("from")
            found[call_id] = _Reader(Leg(not told.sent, number, told.at_s))
        found[call_id].read(told)
    return [reader.leg for reader in found.values()]


class _Reader:
    """Follows one call from message to message."""

    def __init__(self, leg: Leg) -> None:
        self.leg = leg
        self._referred_at_s: float | None = None
        self._directions: dict[str, str] = {}  # by CSeq of our re-INVITE

    def read(self, told: WireMessage) -> None:
        leg, message = self.leg, told.message
        if leg.end:
            return
        if message.is_response:
            self._read_response(told)
            return
        match message.method:
            case "INVITE" | "UPDATE" if not told.sent:
                self._show(message)
            case "INVITE" if leg.talked:
                self._directions[message["cseq"]] = _direction(message.body)
            case "CANCEL" if not leg.talked:
                self._over(told.at_s, "cancelled")
            case "BYE":
                self._over(told.at_s, "hung up" if told.sent else "bye")
            case "REFER" if told.sent:
                self._referred_at_s = told.at_s

    def _read_response(self, told: WireMessage) -> None:
        leg, message = self.leg, told.message
        ours = told.sent == leg.incoming  # the side that is called answers the first INVITE
        if message.method == "INVITE" and not leg.talked and ours:
            if 100 < message.status < 200 and leg.rang_at_s is None:
                leg.rang_at_s = told.at_s
            elif message.status == 200:
                leg.answered_at_s = told.at_s
            elif message.status >= 300 and message.status not in (401, 407, 487):
                self._over(told.at_s, f"{'rejected' if leg.incoming else 'refused'} {message.status}")
        elif message.method == "INVITE" and message.status == 200 and not told.sent:
            self._held(told.at_s, self._directions.pop(message["cseq"], ""))
        elif message.method == "REFER" and message.status >= 300:
            self._referred_at_s = None

    def _held(self, at_s: float, direction: str) -> None:
        holds = self.leg.holds
        if direction in ("sendonly", "inactive"):
            holds.append((at_s, None))
        elif direction == "sendrecv" and holds and holds[-1][1] is None:
            holds[-1] = (holds[-1][0], at_s)

    def _show(self, message: SipMessage) -> None:
        number = message.user("p-asserted-identity") or message.user("from")
        if self.leg.incoming and number and number not in self.leg.shown[-1:]:
            self.leg.shown.append(number)

    def _over(self, at_s: float, end: str) -> None:
        # Who sends a caller on is out of the talk at that moment; the call is only tidied away afterwards.
        if self._referred_at_s is not None:
            at_s, end = self._referred_at_s, "sent on"
        self.leg.ended_at_s, self.leg.end = at_s, end


def _direction(body: str) -> str:
    found = re.search(r"^a=(sendrecv|sendonly|recvonly|inactive)", body, re.MULTILINE)
    return found[1] if found else ""

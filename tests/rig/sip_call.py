"""One call at a test phone: what a test may wait for and order, and the SIP dialog beneath."""

import asyncio
import itertools
import secrets
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

from tests.rig.sip_message import DIRECTIONS, SipMessage, sdp, sdp_address

if TYPE_CHECKING:
    from tests.rig.sip_phone import SipPhone

WAIT_S = 10.0
KEY_S = 0.15  # from one key to the next: a tenth of a second pressed, and the finger moves
NOTHING: Mapping[str, str] = MappingProxyType({})
REASONS = {480: "Temporarily Unavailable", 486: "Busy Here", 500: "Server Error", 603: "Decline"}


class Call:
    """`state` goes new → ringing → talking → ended; it may skip any but the last.

    `end` says why it ended: `cancelled` (incoming: the caller gave up or another phone answered; outgoing: we
    gave up), `rejected` (by us), `hung up` (by us), `bye` (by the other side), `refused 486` (our call).
    """

    def __init__(self, phone: "SipPhone", call_id: str, local: str, remote: str, target: str) -> None:
        self.phone, self.call_id = phone, call_id
        self.local, self.remote, self.target = local, remote, target
        self.invite: SipMessage | None = None
        self.outgoing = False
        self.state, self.end = "new", ""
        self._referred = False
        self.reinvited: list[str] = []  # the direction lines of the other side's re-INVITEs
        self._cseq = itertools.count(1)
        self._sdp_version = itertools.count(1)
        self._changed = asyncio.Condition()
        self._finals: dict[tuple[int, str], asyncio.Future[SipMessage]] = {}

    @property
    def caller(self) -> str:
        """The number in the From header, as the phone would show it."""
        assert self.invite is not None
        return self.invite.user("from")

    async def reached(self, *states: str, timeout_s: float = WAIT_S) -> Self:
        """Returns when the call is in one of these states.

        Raises AssertionError when it ends without having been there, or takes too long.
        """
        try:
            async with asyncio.timeout(timeout_s), self._changed:
                await self._changed.wait_for(lambda: self.state in (*states, "ended"))
        except TimeoutError:
            raise AssertionError(self._story(f"is {self.state} after {timeout_s} s, not {states}")) from None
        if self.state not in states:
            raise AssertionError(self._story(f"ended ({self.end}), never {states}"))
        return self

    # --- what a test tells it to do -------------------------------------------------------------------------

    async def answer(self) -> Self:
        """Takes the ringing call; returns when Asterisk has acknowledged it."""
        assert self.invite is not None
        if self.state != "ringing":
            raise AssertionError(self._story(f"cannot be answered: {self.state} {self.end}"))
        self._aim(self.invite.body)
        self.phone.reply(self.invite, 200, "OK", self, body=self.sdp("sendrecv"))
        return await self.reached("talking")

    async def reject(self, status: int = 486) -> None:
        """Refuses the ringing call: 486 busy, 603 declined."""
        assert self.invite is not None
        self.phone.reply(self.invite, status, REASONS[status], self)
        await self.enter("ended", "rejected")

    async def hangup(self) -> None:
        """Ends the talk, takes back an outgoing call that rings, refuses an incoming one; idle once ended."""
        if self.state == "talking":
            await self.enter("ended", "hung up")  # first, so that a crossing BYE does not claim it
            await self.final(self.build("BYE"))
        elif self.state != "ended" and self.outgoing:
            assert self.invite is not None
            cancel = SipMessage(self.invite.start.replace("INVITE", "CANCEL", 1))
            same = ("via", "max-forwards", "from", "to", "call-id")
            cancel.headers = [(name, value) for name, value in self.invite.headers if name in same]
            cancel.headers.append(("cseq", f"{self.invite['cseq'].split()[0]} CANCEL"))
            self.phone.send(cancel)
            if (await self.reached("talking", "ended")).state == "talking":  # the answer crossed our CANCEL
                await self.hangup()
        elif self.state != "ended":
            await self.reject(480)

    async def hold(self) -> None:
        """Puts the other side on hold (re-INVITE, sendonly)."""
        await self._reinvite("sendonly")

    async def resume(self) -> None:
        """Takes it back (re-INVITE, sendrecv)."""
        await self._reinvite("sendrecv")

    async def refer(self, number: str) -> None:
        """Transfers the other side to this number, blind, as a desk phone's transfer key does.

        Asterisk refuses (in a NOTIFY, see the log) until both sides are in a bridge, just after the answer.
        It does not end the call itself: see `let_go`.
        """
        host, port = self.phone.pbx
        await self._refer(f"<sip:{number}@{host}:{port}>")

    async def join(self, other: "Call") -> None:
        """Transfers the other side to the other side of `other`, attended: both calls leave this phone.

        `other` may still ring there: the other side then hears that.
        """
        far, near = (header.rpartition("tag=")[2] for header in (other.remote, other.local))
        replaces = quote(f"{other.call_id};to-tag={far};from-tag={near}", safe="")
        await self._refer(f"<{other.target}?Replaces={replaces}>")

    async def keys(self, digits: str) -> None:
        """Presses keys in the talk (SIP INFO), each for a tenth of a second."""
        for digit in digits:
            press = self.build("INFO", body=f"Signal={digit}\r\nDuration=100\r\n")
            press.body_type = "application/dtmf-relay"
            reply = await self.final(press)
            if reply.status != 200:
                raise AssertionError(self._story(f"key {digit} was answered {reply.start}"))
            await asyncio.sleep(KEY_S)

    async def let_go(self) -> None:
        """Hangs up once Asterisk has told that the transfer succeeded, as a desk phone does."""
        if self.state != "ended":
            async with asyncio.timeout(WAIT_S), self._changed:
                await self._changed.wait_for(lambda: self._referred or self.state == "ended")
            await self.hangup()

    async def _reinvite(self, direction: str) -> None:
        reply = await self.final(self.build("INVITE", body=self.sdp(direction)))
        if reply.status != 200:
            raise AssertionError(self._story(f"re-INVITE {direction} was answered {reply.start}"))
        self.phone.send(self.build("ACK", number=int(reply["cseq"].split()[0])))

    async def _refer(self, target: str) -> None:
        reply = await self.final(self.build("REFER", extra={"refer-to": target}))
        if reply.status != 202:
            raise AssertionError(self._story(f"REFER was answered {reply.start}"))

    # --- dialog ---------------------------------------------------------------------------------------------

    def build(
        self, method: str, *, number: int | None = None, body: str = "", extra: Mapping[str, str] = NOTHING
    ) -> SipMessage:
        """A request of this dialog; the names of extra headers may have underscores."""
        number = next(self._cseq) if number is None else number
        branch = f"z9hG4bK{secrets.token_hex(8)}"
        headers = [
            ("via", f"SIP/2.0/UDP {self.phone.host}:{self.phone.port};branch={branch};rport"),
            ("max-forwards", "70"),
            ("from", self.local),
            ("to", self.remote),
            ("call-id", self.call_id),
            ("cseq", f"{number} {method}"),
            ("contact", self.phone.contact),
            ("allow", self.phone.allow),
            *((name.replace("_", "-"), value) for name, value in extra.items()),
        ]
        return SipMessage(f"{method} {self.target} SIP/2.0", headers, body)

    async def final(self, request: SipMessage, timeout_s: float = WAIT_S) -> SipMessage:
        """Sends the request and returns its final response."""
        key = (int(request["cseq"].split()[0]), request.method)
        self._finals[key] = asyncio.get_running_loop().create_future()
        self.phone.send(request)
        try:
            async with asyncio.timeout(timeout_s):
                return await self._finals[key]
        except TimeoutError:
            raise AssertionError(self._story(f"no answer to {request.start}")) from None

    async def enter(self, state: str, end: str = "") -> None:
        """The call is now in this state; what has ended stays ended."""
        async with self._changed:
            if self.state != "ended":
                self.state, self.end = state, end
                self.phone.note(f"== {self.call_id} {state} {end}")
            self._changed.notify_all()

    async def established(self, answer: SipMessage) -> None:
        """The other side has taken our call."""
        self.remote, self.target = answer["to"], answer.uri("contact")
        self._aim(answer.body)
        self.phone.send(self.build("ACK", number=int(answer["cseq"].split()[0])))
        await self.enter("talking")

    def sdp(self, direction: str) -> str:
        """Our next session description."""
        return sdp(self.phone.host, self.phone.media_port, direction, next(self._sdp_version))

    def _aim(self, body: str) -> None:
        if self.phone.media is not None:
            self.phone.media.target = sdp_address(body)

    def _story(self, what: str) -> str:
        return "\n".join([f"call {self.call_id} at {self.phone.user} {what}", *self.phone.log])

    async def receive(self, message: SipMessage) -> None:
        """Acts on one message of this dialog."""
        if message.is_response:
            await self._receive_response(message)
            return
        match message.method:
            case "INVITE" if self.state == "new":
                self.phone.reply(message, 180, "Ringing", self)
                await self.enter("ringing")
            case "INVITE" if self.state == "talking":
                self.reinvited += [line for line in message.body.splitlines() if line in DIRECTIONS]
                self._aim(message.body)
                self.phone.reply(message, 200, "OK", self, body=self.sdp("sendrecv"))
            case "ACK" if self.state == "ringing":
                await self.enter("talking")
            case "ACK":
                pass
            case "CANCEL" if self.state == "ringing":
                assert self.invite is not None
                self.phone.reply(message, 200, "OK", self)
                self.phone.reply(self.invite, 487, "Request Terminated", self)
                await self.enter("ended", "cancelled")
            case "BYE":
                self.phone.reply(message, 200, "OK", self)
                await self.enter("ended", "bye")
            case "OPTIONS" | "NOTIFY" | "UPDATE" | "INFO":
                self.phone.reply(message, 200, "OK", self)
                if message["event"].startswith("refer") and message.body.startswith("SIP/2.0 2"):
                    async with self._changed:
                        self._referred = True
                        self._changed.notify_all()
            case _:
                self.phone.reply(message, 481, "Call Does Not Exist", self)

    async def _receive_response(self, message: SipMessage) -> None:
        if message.status < 200:
            if message.status > 100 and self.state == "new":
                self.remote = message["to"]  # with the tag by which `join` names a call that rings
                await self.enter("ringing")
            return
        number, method = message["cseq"].split()
        if method == "INVITE" and message.status >= 300 and self.invite is not None:
            # Belongs to the INVITE's own transaction, so it bears its target and Via (RFC 3261, 17.1.1.3).
            ack = self.build("ACK", number=int(number))
            ack.start = self.invite.start.replace("INVITE", "ACK", 1)
            ack.headers = [(name, value) for name, value in ack.headers if name not in ("via", "to")]
            ack.headers += [("via", self.invite["via"]), ("to", message["to"])]
            self.phone.send(ack)
        waiting = self._finals.get((int(number), method))
        if waiting is not None and not waiting.done():
            waiting.set_result(message)

"""A SIP phone that a test operates: it rings, and answers, holds, transfers or hangs up when it is told to.

UDP only, and without retransmission of its own, which loopback does not need; a repeated request gets the
same answer again.
"""

import asyncio
import contextlib
import secrets
from pathlib import Path
from time import monotonic, time
from types import TracebackType
from typing import Self

from tests.rig.rtp import RtpSender
from tests.rig.sip_call import WAIT_S, Call
from tests.rig.sip_message import SipMessage, digest, parse
from tests.rig.wire import WireMessage

# Asterisk goes on sending a cancelled INVITE to a telephone that is not there, for 32 s, because it may
# cancel only what was answered: one that comes meanwhile "rings" a millisecond, for a call long gone.
LEFT_OVER_S = 0.02
DIAL_S = 600.0  # how long an outgoing call may ring


class SipPhone(asyncio.DatagramProtocol):
    """A phone at an address Asterisk knows, or a caller at the trunk's: `async with SipPhone(...) as phone`.

    `log` holds what came and went, one line each, oldest first; it is also written to `log_file` at the end.
    `wire` holds the same messages whole.
    """

    allow = "INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY, UPDATE, INFO, REFER"

    def __init__(
        self,
        user: str,
        address: tuple[str, int],
        pbx: tuple[str, int],
        *,
        password: str = "",
        media_port: int = 9,
        media: bool = False,
        log_file: Path | None = None,
    ) -> None:
        self.user, self.password, self.pbx = user, password, pbx
        self.host, self.port = address
        self.media_port = media_port
        self.media: RtpSender | None = None
        self.calls: list[Call] = []
        self.log: list[str] = []
        self.wire: list[WireMessage] = []
        self._wants_media, self._log_file = media, log_file
        self._inbox: asyncio.Queue[SipMessage] = asyncio.Queue()
        self._arrived: asyncio.Queue[Call] = asyncio.Queue()
        self._answers: dict[tuple[str, str], SipMessage] = {}
        self._transport: asyncio.DatagramTransport | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._closed = asyncio.Event()
        self._began = monotonic()

    @property
    def contact(self) -> str:
        """Where we want to be reached."""
        return f"<sip:{self.user}@{self.host}:{self.port}>"

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=(self.host, self.port)
        )
        if self._wants_media:
            self.media = await RtpSender.open(self.host, self.media_port)
        self._tasks.append(loop.create_task(self._work(), name=f"phone {self.user}"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        if self.media is not None:
            await self.media.close()
        if self._transport is not None:
            self._transport.close()
            await self._closed.wait()  # or else the next phone finds the address still taken
        if self._log_file is not None:
            self._log_file.write_text("\n".join(self.log) + "\n")
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                task.result()  # a fault of the phone itself must not pass for a quiet phone

    # --- what a test tells it to do -------------------------------------------------------------------------

    async def ringing(self, timeout_s: float = WAIT_S) -> Call:
        """The next call that comes in here. Raises AssertionError when none does."""
        try:
            async with asyncio.timeout(timeout_s):
                return await self._arrived.get()
        except TimeoutError:
            raise AssertionError("\n".join([f"phone {self.user} does not ring", *self.log])) from None

    async def call(self, number: str, *, caller: str = "", until: str = "talking", **headers: str) -> Call:
        """Dials `number`; returns when the call is `until` (or further), or has ended.

        `caller` is the From address of somebody at the trunk; an agent's phone calls as itself. Further
        headers by name with underscores: `privacy="id"`.
        """
        host, port = self.pbx
        uri = f"sip:{number}@{host}:{port}"
        local = f"{caller or f'<sip:{self.user}@{host}>'};tag={secrets.token_hex(4)}"
        call = Call(self, f"{secrets.token_hex(8)}@{self.host}", local, f"<{uri}>", uri)
        call.outgoing = True
        call.invite = call.build("INVITE", body=call.sdp("sendrecv"), extra=headers)
        self.calls.append(call)
        self._tasks.append(asyncio.get_running_loop().create_task(self._dial(call, headers)))
        return await call.reached(*(("ringing",) if until == "ringing" else ()), "talking", "ended")

    async def _dial(self, call: Call, headers: dict[str, str]) -> None:
        assert call.invite is not None
        reply = await call.final(call.invite, DIAL_S)
        if reply.status in (401, 407):
            asked, name = {
                401: ("www-authenticate", "authorization"),
                407: ("proxy-authenticate", "proxy_authorization"),
            }[reply.status]
            proof = digest(reply[asked], "INVITE", call.target, self.user, self.password)
            call.invite = call.build("INVITE", body=call.sdp("sendrecv"), extra={**headers, name: proof})
            reply = await call.final(call.invite, DIAL_S)
        if reply.status == 200:
            await call.established(reply)
        else:
            await call.enter("ended", "cancelled" if reply.status == 487 else f"refused {reply.status}")

    # --- wire -----------------------------------------------------------------------------------------------

    def note(self, line: str) -> None:
        """Adds to the log, with the seconds since the phone was made."""
        self.log.append(f"{monotonic() - self._began:8.3f} {line}")

    def received(self, method: str) -> int:
        """How many requests of this method came in."""
        return sum(f" <- {method} " in line for line in self.log)

    def send(self, message: SipMessage) -> None:
        """Sends to Asterisk."""
        assert self._transport is not None
        self.note(f"-> {message.start} [{message['cseq']}]")
        self.wire.append(WireMessage(time(), True, message))
        self._transport.sendto(message.encode(), self.pbx)

    def reply(self, request: SipMessage, status: int, reason: str, call: Call | None, body: str = "") -> None:
        """Answers a request, and remembers the answer should the request come again."""
        tag = call.local.rpartition("tag=")[2] if call else secrets.token_hex(4)
        answer = request.reply(status, reason, tag=tag, body=body, contact=self.contact, allow=self.allow)
        self._answers[_transaction(request)] = answer
        self.send(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed.set()

    def datagram_received(self, data: bytes, addr: object) -> None:
        if data.strip():  # keep-alives are empty
            self._inbox.put_nowait(parse(data))

    async def _work(self) -> None:
        while True:
            message = await self._inbox.get()
            told = f" {message.body.strip()}" if message.method == "NOTIFY" else ""  # how a REFER went
            self.note(f"<- {message.start} [{message['cseq']}]{told}")
            self.wire.append(WireMessage(time(), False, message))
            answerable = not message.is_response and message.method != "ACK"
            if answerable and _transaction(message) in self._answers:
                self.send(self._answers[_transaction(message)])
                continue
            call, is_new = self._find(message)
            if call is not None:
                await call.receive(message)
                if is_new:
                    asyncio.get_running_loop().call_later(LEFT_OVER_S, self._arrive, call)
            elif message.method in ("OPTIONS", "NOTIFY"):
                self.reply(message, 200, "OK", None)
            elif answerable:
                self.reply(message, 481, "Call Does Not Exist", None)  # left over from an earlier test

    def _arrive(self, call: Call) -> None:
        if call.end != "cancelled":
            self._arrived.put_nowait(call)

    def _find(self, message: SipMessage) -> tuple[Call | None, bool]:
        """The call this belongs to, and whether it is a new one."""
        for call in self.calls:
            if call.call_id == message["call-id"]:
                return call, False
        if message.is_response or message.method != "INVITE" or ";tag=" in message["to"]:
            return None, False
        local = f"{message['to']};tag={secrets.token_hex(4)}"
        call = Call(self, message["call-id"], local, message["from"], message.uri("contact"))
        call.invite = message
        self.calls.append(call)
        return call, True


def _transaction(message: SipMessage) -> tuple[str, str]:
    return message["via"], message["cseq"]

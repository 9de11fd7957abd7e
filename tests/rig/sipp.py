"""Runs SIPp: callers and agents that follow one of our scenarios, and what went over the wire."""

import asyncio
import itertools
import os
import re
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.rig.asterisk import AsteriskRig
from tests.rig.asterisk_program import SETUP
from tests.rig.caller import Caller
from tests.rig.wire import WireMessage, read_sipp_log

SCENARIOS = Path(__file__).parent / "scenarios"
WAIT_S = 30.0
BIND_S = 5.0  # SIPp listens after 30 ms
LOOK_S = 0.01  # SIPp tells nobody how far it has come: its log is looked at this often


class SippMissing(Exception):
    """SIPp is not on PATH. Never a reason to skip: the message says what to run."""


@dataclass(frozen=True, slots=True)
class SippResult:
    """How a run ended.

    `wire` has one line a message, oldest first: `-> INVITE …` was sent, `<- SIP/2.0 180 …` was received.
    """

    exit_code: int
    wire: tuple[str, ...]
    errors: str
    messages: tuple[WireMessage, ...] = ()

    def sent(self, start: str) -> int:
        """How many messages beginning so were sent: a method, or `SIP/2.0 200`."""
        return sum(line.startswith(f"-> {start}") for line in self.wire)

    def received(self, start: str) -> int:
        """How many came in."""
        return sum(line.startswith(f"<- {start}") for line in self.wire)

    def check(self) -> Self:
        """Raises AssertionError unless every call went as the scenario says."""
        if self.exit_code != 0:
            raise AssertionError(
                "SIPp ended with {}\n{}\n{}".format(self.exit_code, "\n".join(self.wire), self.errors)
            )
        return self


class Sipp:
    """One SIPp process. Leaving the `async with` ends it, if it has not ended by itself."""

    _serial = itertools.count(1)

    def __init__(
        self, rig: AsteriskRig, scenario: str, address: tuple[str, int], media_port: int, log: Path
    ) -> None:
        self.stem = log / f"{next(self._serial):03}-{scenario}"
        self._rig, self._scenario, self._address, self._media_port = rig, scenario, address, media_port
        self._process: asyncio.subprocess.Process | None = None
        self.values: dict[str, str] = {}
        self.calls = 1

    @classmethod
    def caller(
        cls,
        rig: AsteriskRig,
        log: Path,
        number: str,
        who: Caller | None = None,
        scenario: str = "caller_hangs_up",
        **values: object,
    ) -> Self:
        """Somebody outside who dials `number`. The values are the scenario's: `talk_ms`, `ring_ms`."""
        who = who or Caller()
        port, media_port = rig.caller_ports()
        run = cls(rig, scenario, (rig.trunk_host, port), media_port, log)
        run.values = {name: str(value) for name, value in values.items()}
        run.values |= {"number": number, "caller": who.address, "headers": "\n      ".join(who.lines)}
        return run

    @classmethod
    def carrier(
        cls, rig: AsteriskRig, log: Path, scenario: str = "agent_answers", calls: int = 1, **values: object
    ) -> Self:
        """Whoever is called through the trunk; scenarios and values are those of an agent's phone."""
        port, media_port = rig.caller_ports()
        del port  # Asterisk knows the carrier by an address of its own
        run = cls(rig, scenario, rig.carrier_address, media_port, log)
        run.values = {name: str(value) for name, value in values.items()}
        run.calls = calls
        return run

    @classmethod
    def agent(
        cls,
        rig: AsteriskRig,
        log: Path,
        agent: str,
        scenario: str = "agent_answers",
        calls: int = 1,
        **values: object,
    ) -> Self:
        """The phone of an agent, for so many calls.

        The values are the scenario's: `ring_ms`, `talk_ms`, `hold_ms`, `status`.
        """
        run = cls(rig, scenario, rig.phone_address(agent), rig.phone_media_port(agent), log)
        run.values = {name: str(value) for name, value in values.items()}
        run.calls = calls
        return run

    async def __aenter__(self) -> Self:
        sipp = shutil.which("sipp")
        if sipp is None:
            raise SippMissing(f"no sipp on PATH: run {SETUP} as root on Debian")
        self.stem.parent.mkdir(parents=True, exist_ok=True)
        script = self.stem.with_suffix(".xml")
        script.write_text(_render((SCENARIOS / f"{self._scenario}.xml").read_text(), self.values))
        host, port = self._address
        with self.stem.with_suffix(".screen").open("wb") as screen:
            self._process = await asyncio.create_subprocess_exec(
                sipp,
                f"{self._rig.host}:{self._rig.sip_port}",
                *("-sf", str(script), "-i", host, "-p", str(port), "-mi", host, "-mp", str(self._media_port)),
                *("-m", str(self.calls), "-nostdin", "-aa", "-rtp_echo"),
                *("-trace_msg", "-message_file", str(self.stem.with_suffix(".wire"))),
                *("-trace_err", "-error_file", str(self.stem.with_suffix(".errors"))),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=screen,
                stderr=screen,
                env={**os.environ, "TZ": "UTC"},  # its log has the local time
            )
        async with asyncio.timeout(BIND_S):
            # Nothing tells that SIPp listens, except the kernel.
            while self._process.returncode is None and not _bound(host, port):
                await asyncio.sleep(0.005)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def stop(self) -> SippResult:
        """Ends it at once; the other side hears nothing of it."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        return self.result()

    async def finished(self, timeout_s: float = WAIT_S) -> SippResult:
        """Waits until every call has played the scenario. Raises AssertionError with the wire so far."""
        assert self._process is not None
        try:
            async with asyncio.timeout(timeout_s):
                await self._process.wait()
        except TimeoutError:
            result = await self.stop()
            raise AssertionError(f"{self._scenario} did not end:\n" + "\n".join(result.wire)) from None
        return self.result()

    def result(self) -> SippResult:
        """What there is to know so far."""
        assert self._process is not None
        code = self._process.returncode
        errors = "\n".join(_read(self.stem.with_suffix(end)) for end in (".errors", ".screen") if code)
        messages = self.messages()
        return SippResult(
            -1 if code is None else code, tuple(message.line for message in messages), errors, messages
        )

    def messages(self) -> tuple[WireMessage, ...]:
        """What went over the wire so far."""
        return tuple(read_sipp_log(_read(self.stem.with_suffix(".wire"))))

    # --- in step with a test --------------------------------------------------------------------------------

    async def seen(self, *lines: str, timeout_s: float = WAIT_S) -> WireMessage:
        """The first message that begins so (`<- SIP/2.0 200`), be it past or still to come.

        Raises AssertionError when SIPp ends or the time is up without it.
        """
        assert self._process is not None
        deadline = asyncio.get_running_loop().time() + timeout_s
        while True:
            over = self._process.returncode is not None or asyncio.get_running_loop().time() > deadline
            messages = self.messages()
            for message in messages:
                if message.line.startswith(lines):
                    return message
            if over:
                wire = "\n".join(message.line for message in messages)
                raise AssertionError(f"{self._scenario}: no {lines}\n{wire}")
            await asyncio.sleep(LOOK_S)

    def cue(self) -> None:
        """Lets the scenario go on from where it waits for a MESSAGE, which Asterisk never sends here."""
        call_id = self.messages()[0].message["call-id"]
        host, port = self._address
        lines = [
            f"INFO sip:{host}:{port} SIP/2.0",
            f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bKcue",
            "From: <sip:cue@localhost>;tag=cue",
            "To: <sip:cue@localhost>;tag=cue",
            f"Call-ID: {call_id}",
            "CSeq: 1 INFO",
            "Content-Length: 0",
        ]
        text = "\r\n".join(lines) + "\r\n\r\n"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as baton:
            baton.sendto(text.encode(), self._address)


def _render(text: str, values: dict[str, str]) -> str:
    if not values.get("headers"):
        text = text.replace("      @headers@\n", "")
    return re.sub(r"@([a-z_]+)@", lambda found: values[found[1]], text)


def _read(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""


def _bound(host: str, port: int) -> bool:
    packed = "".join(f"{int(part):02X}" for part in reversed(host.split(".")))
    return f" {packed}:{port:04X} " in Path("/proc/net/udp").read_text()

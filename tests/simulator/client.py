"""A small AMI client for the simulator's own tests: says what it is told to, keeps all it hears."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from cti_bridge.simulator import Simulator

WAIT_S = 10.0


class AmiClient:
    """Use as ``async with AmiClient(simulator) as client``. ``data``: everything heard so far."""

    def __init__(self, simulator: Simulator) -> None:
        self._address = (simulator.host, simulator.port)
        self.data = b""

    async def __aenter__(self) -> Self:
        self.reader, self.writer = await asyncio.open_connection(*self._address)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.writer.close()

    async def say(self, text: str) -> None:
        """Send lines as they are, LF becoming CR LF."""
        self.writer.write(text.replace("\n", "\r\n").encode())
        await self.writer.drain()

    async def ask(self, action: str, until: str = "\n\n", **headers: str) -> str:
        """Send an action; what comes after it up to and with ``until``."""
        heard = len(self.data)
        lines = "".join(f"{name}: {value}\n" for name, value in headers.items())
        await self.say(f"Action: {action}\n{lines}\n")
        return await self.hear(until, heard)

    async def hear(self, until: str, after: int = 0) -> str:
        """Wait until ``until`` was heard beyond the first ``after`` bytes; the text up to and with it."""
        mark = until.replace("\n", "\r\n").encode()
        async with asyncio.timeout(WAIT_S):
            while (found := self.data.find(mark, after)) < 0:
                data = await self.reader.read(65_536)
                if not data:
                    raise EOFError(self.data[after:])
                self.data += data
        return self.data[after : found + len(mark)].decode().replace("\r\n", "\n")

    async def hear_end(self) -> str:
        """Everything until the other side closes."""
        async with asyncio.timeout(WAIT_S):
            while data := await self.reader.read(65_536):
                self.data += data
        return self.data.decode().replace("\r\n", "\n")

    async def sign_in(self, events: str = "call,agent,system", secret: str = "s3cret") -> None:
        """Log in as ``cti-bridge``."""
        await self.ask("Login", Username="cti-bridge", Secret=secret, Events=events)

"""A bare listener on the manager interface, for tests of the rig; it shares nothing with the bridge's own."""

import asyncio
import itertools
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tests.rig.asterisk import AsteriskRig

WAIT_S = 10.0
Block = dict[str, str]


class AmiListener:
    """Logs in, keeps every block in `blocks`, performs actions. A repeated header keeps its last value."""

    def __init__(self, rig: AsteriskRig, *, secret: str = "", source: str = "127.0.0.1") -> None:
        self._rig, self._secret, self._source = rig, secret or rig.ami_secret, source
        self.blocks: list[Block] = []
        self._numbers = itertools.count(1)
        self._changed = asyncio.Condition()
        self._reader_task: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        reader, self._writer = await asyncio.open_connection(
            self._rig.host, self._rig.ami_port, local_addr=(self._source, 0)
        )
        await reader.readline()  # the greeting is no block
        self._reader_task = asyncio.create_task(self._read(reader))
        login = await self.act("Login", Username=self._rig.ami_user, Secret=self._secret)
        if login["Response"] != "Success":
            await self.close()
            raise AssertionError(login)
        await self.event("FullyBooted")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Hangs up on Asterisk."""
        assert self._writer is not None and self._reader_task is not None
        self._writer.close()
        self._reader_task.cancel()
        await asyncio.gather(self._reader_task, self._writer.wait_closed(), return_exceptions=True)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        block: Block = {}
        while raw := await reader.readline():
            name, colon, value = raw.decode(errors="replace").rstrip("\r\n").partition(":")
            if colon:
                block[name] = value.strip()
            elif block:
                async with self._changed:
                    self.blocks.append(block)
                    self._changed.notify_all()
                block = {}

    async def act(self, action: str, **headers: str) -> Block:
        """Performs an action; returns the response."""
        assert self._writer is not None
        number = f"{action}-{next(self._numbers)}"
        lines = [
            f"Action: {action}",
            f"ActionID: {number}",
            *(f"{key}: {value}" for key, value in headers.items()),
        ]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        return await self._first(
            lambda block: block.get("ActionID") == number and "Response" in block, number
        )

    async def event(self, name: str, **headers: str) -> Block:
        """The first event of this name with these headers, be it past or still to come."""
        wanted = {"Event": name, **headers}
        return await self._first(lambda block: wanted.items() <= block.items(), str(wanted))

    async def _first(self, fits: Callable[[Block], bool], what: str) -> Block:
        def found() -> Block | None:
            return next((block for block in self.blocks if fits(block)), None)

        try:
            async with asyncio.timeout(WAIT_S), self._changed:
                await self._changed.wait_for(lambda: found() is not None)
        except TimeoutError:
            names = [block.get("Event", "") for block in self.blocks]
            raise AssertionError(f"no {what} among {names}") from None
        block = found()
        assert block is not None
        return block

    def events(self, name: str) -> list[Block]:
        """Every event of this name so far."""
        return [block for block in self.blocks if block.get("Event") == name]

"""Sends silence, because some of what Asterisk does (Local channels going away) waits for audio to flow."""

import asyncio
import struct
from typing import Self

FRAME_S = 0.02
FRAME = b"\xff" * 160  # 20 ms of µ-law silence


class RtpSender(asyncio.DatagramProtocol):
    """Sends a frame every 20 ms to `target` while there is one; what arrives is counted in `received`."""

    def __init__(self) -> None:
        self.target: tuple[str, int] | None = None
        self.received = 0
        self._sequence = 0
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self._closed = asyncio.Event()

    @classmethod
    async def open(cls, host: str, port: int) -> Self:
        """A sender bound to this address."""
        loop = asyncio.get_running_loop()
        transport, protocol = await loop.create_datagram_endpoint(cls, local_addr=(host, port))
        protocol._transport = transport
        protocol._send()
        return protocol

    async def close(self) -> None:
        """Stops at once; the port is free when this returns."""
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.close()
            await self._closed.wait()

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.received += 1

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed.set()

    def error_received(self, exc: Exception) -> None:
        """The other side has closed its port; the call is ending."""

    def _send(self) -> None:
        if self.target is not None and self._transport is not None:
            header = struct.pack(
                "!BBHII", 0x80, 0, self._sequence & 0xFFFF, self._sequence * 160 & 0xFFFFFFFF, 1
            )
            self._transport.sendto(header + FRAME, self.target)
            self._sequence += 1
        self._timer = asyncio.get_running_loop().call_later(FRAME_S, self._send)

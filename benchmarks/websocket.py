"""WebSocket by hand (RFC 6455), as little as two processes of ours need: no extensions, no fragments."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


def request(host: str, port: int, path: str, cookie: str) -> bytes:
    """A client's opening handshake."""
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
    ]
    if cookie:
        lines.append(f"Cookie: {cookie}")
    return "\r\n".join([*lines, "", ""]).encode()


def accept(opening: bytes) -> tuple[str, bytes]:
    """A server's answer to an opening handshake; the path asked for, and the bytes to send."""
    lines = opening.split(b"\r\n")
    path = lines[0].split(b" ")[1].decode()
    headers = {name.lower(): value for name, _, value in (line.partition(b": ") for line in lines[1:])}
    digest = base64.b64encode(hashlib.sha1(headers[b"sec-websocket-key"] + _GUID).digest())
    answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    return path, answer + b"Sec-WebSocket-Accept: " + digest + b"\r\n\r\n"


def server_frame(payload: bytes) -> bytes:
    """A text frame from a server: unmasked."""
    size = len(payload)
    if size < 126:
        return bytes((0x80 | TEXT, size)) + payload
    if size < 65_536:
        return bytes((0x80 | TEXT, 126)) + size.to_bytes(2) + payload
    return bytes((0x80 | TEXT, 127)) + size.to_bytes(8) + payload


def client_frame(opcode: int, payload: bytes) -> bytes:
    """A short frame from a client: masked, here with zeroes."""
    assert len(payload) < 126
    return bytes((0x80 | opcode, 0x80 | len(payload), 0, 0, 0, 0)) + payload


class Frames:
    """Cuts a server's bytes into frames."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """The opcode and payload of each frame that ``data`` completes."""
        buffer = self._buffer + data if self._buffer else data
        at = 0
        while len(buffer) - at >= 2:
            size, begin = buffer[at + 1], at + 2
            if size == 126:
                begin += 2
                size = int.from_bytes(buffer[at + 2 : begin])
            elif size == 127:
                begin += 8
                size = int.from_bytes(buffer[at + 2 : begin])
            if len(buffer) < begin + size:
                break
            yield buffer[at] & 15, buffer[begin : begin + size]
            at = begin + size
        self._buffer = buffer[at:]

"""Hands each rig a block of ports of its own, so that several may run on one machine at a time."""

import fcntl
import socket
import tempfile
from pathlib import Path

BLOCK = 1000
# Below the kernel's range for outgoing connections (from 32768), which would steal ports from a block.
FIRST, LAST = 10_000, 31_000

LOOPBACK = "127.0.0.1"
TRUNK_HOST = "127.0.0.2"  # pjsip.conf knows the trunk by this address, the phones are all on the other one

SIP, AMI, CARRIER = 0, 1, 2
PHONES = 100  # + 1..6
PHONE_MEDIA = 110  # + 10 * 1..6; SIPp takes four ports from there
CALLERS, CALLERS_END = 200, 300
CALLER_MEDIA = 300
RTP, RTP_END = 400, 999


class NoFreePorts(Exception):
    """Every block is taken; some rig was not stopped."""


class PortBlock:
    """A thousand ports, held by a file lock until `release` or the end of the process."""

    def __init__(self) -> None:
        for base in range(FIRST, LAST + 1, BLOCK):
            lock = (Path(tempfile.gettempdir()) / f"cti-bridge-ports-{base}.lock").open("w")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.close()
                continue
            if _free(base + SIP, socket.SOCK_DGRAM) and _free(base + AMI, socket.SOCK_STREAM):
                self._lock = lock
                self._base = base
                self._next_caller = CALLERS
                return
            lock.close()
        raise NoFreePorts(f"no free block of {BLOCK} ports between {FIRST} and {LAST + BLOCK}")

    def __getitem__(self, offset: int) -> int:
        """The port at this offset of the block."""
        return self._base + offset

    def next_caller(self) -> tuple[int, int]:
        """A signalling and a media port for one more caller; they come round again after 25 callers."""
        offset = self._next_caller
        self._next_caller = offset + 4 if offset + 4 < CALLERS_END else CALLERS
        return self._base + offset, self._base + offset + CALLER_MEDIA - CALLERS

    def release(self) -> None:
        """Gives the block back."""
        self._lock.close()


def _free(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True

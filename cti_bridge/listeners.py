"""Listeners: what to tell the operator when a port cannot be opened."""

from __future__ import annotations

import errno
import socket
from typing import Literal

from cti_bridge.errors import Unavailable


def listen_fault(error: OSError, section: Literal["http", "push"], host: str, port: int) -> Unavailable:
    """Why ``host`` and ``port`` of this section of the settings cannot be listened on."""
    address = f"{host}:{port}"
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return Unavailable(f"{section}.host", f"{host} is not an address of this machine")
    if error.errno == errno.EADDRINUSE:
        return Unavailable(f"{section}.port", f"{address} is in use by another program")
    if error.errno in (errno.EACCES, errno.EPERM):
        return Unavailable(f"{section}.port", f"{address} may not be opened by this user")
    return Unavailable(f"{section}.port", f"{address} cannot be opened: {error.strerror or error}")

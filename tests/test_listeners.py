import asyncio
import errno
import socket

import pytest

from cti_bridge.listeners import listen_fault


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (OSError(errno.EADDRINUSE, "in use"), "push.port: h:80 is in use by another program"),
        (PermissionError(errno.EACCES, "denied"), "push.port: h:80 may not be opened by this user"),
        (OSError(errno.EADDRNOTAVAIL, "no"), "push.host: h is not an address of this machine"),
        (socket.gaierror(socket.EAI_NONAME, "unknown"), "push.host: h is not an address of this machine"),
        (
            OSError(errno.EMFILE, "too many open files"),
            "push.port: h:80 cannot be opened: too many open files",
        ),
        (OSError("odd"), "push.port: h:80 cannot be opened: odd"),
    ],
)
def test_the_fault_names_the_setting(error: OSError, text: str) -> None:
    assert str(listen_fault(error, "push", "h", 80)) == text


async def test_asyncios_own_error_is_understood() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(OSError) as caught:
            await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", port)
    assert "in use by another program" in str(listen_fault(caught.value, "http", "127.0.0.1", port))

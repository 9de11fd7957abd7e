"""The data folder of embedded servers: made, locked against a second bridge, with a place for sockets."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from cti_bridge.errors import Unavailable
from cti_bridge.storage.system_user import SystemUser, first_closed, give

SETTING = "storage.data_dir"
# sockaddr_un.sun_path with its final zero: unix(7) on Linux, sys/un.h on macOS.
MAX_SOCKET_PATH_BYTES = 104 if sys.platform == "darwin" else 108

# What separates or quotes folders in PostgreSQL's setting and hosts in a client's address.
_SEPARATORS = frozenset(',"')


def open_folder(folder: Path) -> Path:
    """Make ``folder`` when it is missing; its absolute path.

    Root's is open for passing through, since PostgreSQL runs as another user
    and keeps its own folder in it closed.

    Raises: Unavailable.
    """
    folder = folder.expanduser().absolute()
    try:
        folder.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(SETTING, f"{folder} cannot be made: {error.strerror}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Unavailable(SETTING, f"{folder} cannot be written to by this user")
    return folder


def check_way(user: SystemUser | None, folder: Path) -> None:
    """Raises: Unavailable when ``user`` may not pass a folder above ``folder``, naming it."""
    closed = first_closed(user, folder) if user else None
    if user and closed:
        raise Unavailable(
            SETTING,
            f"{closed} is closed to user {user.name}, as whom PostgreSQL runs since it cannot run as root; "
            f"choose a folder outside, or open the way with: chmod o+x {closed}",
        )


def lock(folder: Path, name: str) -> int:
    """Take the lock ``<name>.lock`` in ``folder``; gone when the file descriptor closes or we die.

    Raises: Unavailable when another process holds it.
    """
    path = folder / f"{name}.lock"
    try:
        held = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unavailable(SETTING, f"{path} cannot be opened: {error.strerror}") from error
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        owner = os.read(held, 32).decode(errors="replace").strip()
        os.close(held)
        raise Unavailable(SETTING, f"{folder} is in use by another bridge (process {owner})") from error
    os.truncate(held, 0)
    os.write(held, f"{os.getpid()}\n".encode())
    return held


def socket_folder(folder: Path, socket_name: str, user: SystemUser | None) -> Path:
    """A folder only ``user`` (or we) may enter, short enough for ``socket_name`` in it to be a socket.

    It is ``folder`` itself where that is short and plain enough, else one
    under the temporary folder that is the same at every start.

    Raises: Unavailable.
    """
    is_plain = not set(str(folder)) & _SEPARATORS
    if is_plain and len(os.fsencode(folder / socket_name)) < MAX_SOCKET_PATH_BYTES:
        return folder
    mark = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    for parent in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 - the folder's owner is checked
        short = parent / f"cti-{mark}"
        if len(os.fsencode(short / socket_name)) < MAX_SOCKET_PATH_BYTES:
            return _own(short, user)
    raise Unavailable(SETTING, f"{folder} is too long a path for a socket, and so is {tempfile.gettempdir()}")


def leave_socket_folder(folder: Path, made: Path) -> None:
    """Remove what ``socket_folder`` made outside of ``folder``, once the server has left it empty."""
    if made != folder:
        with suppress(OSError):
            made.rmdir()


def _own(folder: Path, user: SystemUser | None) -> Path:
    """A private folder in a place all may write to: ours already or new, never somebody else's."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
        owners = {os.geteuid(), user.uid if user else os.geteuid()}
        if not stat.S_ISDIR(status.st_mode) or status.st_uid not in owners or status.st_mode & 0o077:
            raise Unavailable(SETTING, f"{folder} exists and is not a private folder of ours")
        if user:
            give(user, folder)
    except OSError as error:
        raise Unavailable(SETTING, f"{folder} cannot be made: {error.strerror}") from error
    check_way(user, folder)
    return folder

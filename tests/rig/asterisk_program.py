"""Finds an Asterisk on this machine, and knows how to start it and how to reach its console."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Protocol

SETUP = "tests/setup_system.sh"
OLDEST = 18


class AsteriskMissing(Exception):
    """There is no Asterisk to test with. Never a reason to skip: the message says what to run."""


class Program(Protocol):
    """An Asterisk that can be started with a directory of ours as its home."""

    def inside(self, home: Path) -> Path:
        """The path under which Asterisk itself sees `home`."""

    def start(self, home: Path, *arguments: str) -> list[str]:
        """The command that becomes the server's process."""

    def join(self, pid: int, *arguments: str) -> list[str]:
        """The command that runs a console beside the server with this process id."""


class OnPath:
    """An Asterisk that the system has."""

    def inside(self, home: Path) -> Path:
        """The same path."""
        return home

    def start(self, home: Path, *arguments: str) -> list[str]:
        """As it is."""
        return ["asterisk", *arguments]

    def join(self, pid: int, *arguments: str) -> list[str]:
        """As it is."""
        return ["asterisk", *arguments]


class InFolder:
    """An Asterisk in a folder with another Debian; `home` is seen from there as /mnt.

    Each server gets a mount namespace of its own (`unshare -m`), so the folder itself is never written to and
    serves several at a time. Every link of the chain execs the next: the process id is Asterisk's own.
    """

    def __init__(self, root: Path) -> None:
        self._root = str(root)

    def inside(self, home: Path) -> Path:
        """Where `home` is mounted."""
        return Path("/mnt")

    def start(self, home: Path, *arguments: str) -> list[str]:
        """Mounts, then chroot."""
        script = (
            'mount -t proc proc "$1/proc" && mount --bind "$2" "$1/mnt" && root="$1" && shift 2'
            ' && exec chroot "$root" asterisk "$@"'
        )
        return ["unshare", "-m", "sh", "-c", script, "sh", self._root, str(home), *arguments]

    def join(self, pid: int, *arguments: str) -> list[str]:
        """Joins the server's mounts, then chroot."""
        return ["nsenter", "-t", str(pid), "-m", "chroot", self._root, "asterisk", *arguments]


def asterisk_folder() -> Path:
    """Where setup_system.sh puts an Asterisk on a machine whose archive has none."""
    default = Path.home() / ".cache" / "cti-bridge" / "asterisk-root"
    return Path(os.environ.get("CTI_TEST_ASTERISK_ROOT") or default)


def find_asterisk() -> Program:
    """The one on PATH if it is not too old, else the one in the folder. Raises AsteriskMissing."""
    if shutil.which("asterisk"):
        words = subprocess.run(
            ["asterisk", "-V"], capture_output=True, text=True, check=True, timeout=10
        ).stdout
        version = re.match(r"Asterisk (\d+)", words)
        if version and int(version[1]) >= OLDEST:
            return OnPath()
    folder = asterisk_folder()
    if not (folder / "usr/sbin/asterisk").exists():
        raise AsteriskMissing(
            f"no asterisk >= {OLDEST} on PATH and none in {folder}: run {SETUP} as root on Debian, "
            "or set CTI_TEST_ASTERISK_ROOT to a folder it made"
        )
    if os.geteuid() != 0:
        raise AsteriskMissing(f"the Asterisk in {folder} needs chroot, so the tests must run as root")
    return InFolder(folder)

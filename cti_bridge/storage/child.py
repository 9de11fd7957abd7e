"""A server of ours as a child process: started out of the terminal's reach, watched, stopped.

Two tricks carry it. The child leads a session of its own, so that Ctrl-C in
the terminal reaches the bridge only, which then stops its servers in order.
And the child inherits the write end of a pipe nobody else holds: the read end
reports end-of-file when the child and everything it forked are gone, on every
platform, without polling. For PostgreSQL that is the moment its shared memory
is free again, which the death of its first process alone is not.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cti_bridge.storage.system_user import SystemUser

MAX_LOG_BYTES = 10_000_000
_TAIL_BYTES = 4000


@dataclass(frozen=True, slots=True)
class Child:
    """A running (or dead) child. ``alive_fd`` becomes readable when all of it is gone."""

    process: subprocess.Popen[bytes]
    alive_fd: int

    @property
    def is_running(self) -> bool:
        """Whether the child's first process lives; reaps it when it does not."""
        return self.process.poll() is None


def environment() -> dict[str, str]:
    """What a child may see of our environment: never ``PG*`` variables, which would redirect it."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "TZ") if name in os.environ}
    return {"LC_ALL": "C", **kept}


def spawn(argv: Sequence[str], *, cwd: Path, log_path: Path, user: SystemUser | None) -> Child:
    """Start ``argv`` with its output in ``log_path``. Blocks for milliseconds: call it in a thread.

    A log that has outgrown ``MAX_LOG_BYTES`` is set aside as ``<name>.1``, once a start.

    Raises: OSError.
    """
    if log_path.exists() and log_path.stat().st_size > MAX_LOG_BYTES:
        log_path.replace(log_path.with_name(log_path.name + ".1"))
    read_end, write_end = os.pipe()
    try:
        with log_path.open("ab") as log:
            process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env=environment(),
                pass_fds=(write_end,),
                start_new_session=True,
                umask=0o077,
                user=user.uid if user else None,
                group=user.gid if user else None,
                extra_groups=[] if user else None,
            )
    except BaseException:
        os.close(read_end)
        raise
    finally:
        os.close(write_end)
    return Child(process, read_end)


async def wait_gone(child: Child) -> int:
    """Wait until the child and all it forked are gone; its exit status (negative: the signal).

    One waiter at a time.
    """
    loop = asyncio.get_running_loop()
    gone = loop.create_future()

    def at_end_of_file() -> None:
        loop.remove_reader(child.alive_fd)
        if not gone.done():
            gone.set_result(None)

    loop.add_reader(child.alive_fd, at_end_of_file)
    try:
        await gone
    finally:
        loop.remove_reader(child.alive_fd)
    return await asyncio.to_thread(child.process.wait)


async def stop(child: Child, signals: Sequence[tuple[signal.Signals, float]]) -> None:
    """Send each signal in turn, waiting its seconds for the end, then SIGKILL; frees the child."""
    for number, patience_s in (*signals, (signal.SIGKILL, 5.0)):
        if child.is_running:
            child.process.send_signal(number)
        try:
            async with asyncio.timeout(patience_s):
                await wait_gone(child)
            break
        except TimeoutError:
            continue
    os.close(child.alive_fd)


def log_tail(log_path: Path) -> str:
    """The last words in a log, on one line: why a server would not start."""
    try:
        with log_path.open("rb") as log:
            log.seek(max(0, log_path.stat().st_size - _TAIL_BYTES))
            lines = log.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    return " | ".join(line.strip() for line in lines[-4:] if line.strip())

"""A real Asterisk, started, asked, restarted, killed and stopped as a test wishes."""

import atexit
import contextlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import ClassVar, Self

from tests.rig import ports
from tests.rig.asterisk_config import carrier_address, lay_out, phone_address
from tests.rig.asterisk_program import AsteriskMissing, find_asterisk
from tests.rig.ports import PortBlock

__all__ = ["AsteriskFailed", "AsteriskMissing", "AsteriskRig"]

# How a program ends that fell over by itself.
CRASHES = {-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS}

START_S, STOP_S, CLI_S, QUIET_S = 15.0, 15.0, 10.0, 10.0  # on an idle machine 0.35, 0.9, 0.02 and 0.05


class AsteriskFailed(Exception):
    """Asterisk is there, but did not start, answer or fall quiet in time; the message has its last words."""


class AsteriskRig:
    """One Asterisk with ports and directories of its own. `start` returns when calls can be made.

    Two queues of config/asterisk and two more for tests (see asterisk_config), six phones expected at
    `phone_address`, callers at `trunk_host`, a carrier for outgoing calls at `carrier_address`. Every method
    blocks for a moment; a coroutine that operates phones calls the slow ones through `asyncio.to_thread`.

    With a `home` given, configuration and log/console stay there; without, all is gone after `stop`. After
    `stop` the ports belong to others: make a new rig. `prepare` is called after each start.

    `crashes`: the signals by which any of them fell over by itself. Asterisk 22 does, once in some thousand
    calls; `recover` brings it back, and what was under way is no fault of whoever made it.
    """

    crashes: ClassVar[list[int]] = []

    host = ports.LOOPBACK
    trunk_host = ports.TRUNK_HOST
    ami_user, ami_secret = "cti-bridge", "change-me"  # config/asterisk/manager.conf

    def __init__(
        self,
        home: Path | None = None,
        *,
        may_act: bool = True,
        prepare: "Callable[[AsteriskRig], None]" = lambda rig: None,
    ) -> None:
        self._prepare = prepare
        self._has_crashed = False
        self._may_act = may_act  # see asterisk_config.lay_out
        self._program = find_asterisk()
        self._ports = PortBlock()
        self._own_home = home is None
        # A short path, since a control socket's may not exceed 107 bytes.
        self.home = home or Path(tempfile.mkdtemp(prefix="cti-ast-"))
        self._conf = f"{self._program.inside(self.home)}/etc/asterisk.conf"
        self._process: subprocess.Popen[bytes] | None = None
        self._console: threading.Thread | None = None
        self._ready = threading.Event()

    # --- addresses ------------------------------------------------------------------------------------------

    @property
    def ami_port(self) -> int:
        """TCP port of the manager interface."""
        return self._ports[ports.AMI]

    @property
    def sip_port(self) -> int:
        """UDP port for calls."""
        return self._ports[ports.SIP]

    @property
    def carrier_address(self) -> tuple[str, int]:
        """Where calls to the outside arrive, should something listen there."""
        return carrier_address(self._ports)

    def phone_address(self, agent: str) -> tuple[str, int]:
        """Where the phone of this agent (1001 … 1006) is expected."""
        return phone_address(self._ports, agent)

    def phone_media_port(self, agent: str) -> int:
        """An RTP port for this agent's phone."""
        return self._ports[ports.PHONE_MEDIA + 10 * (int(agent) - 1000)]

    def caller_ports(self) -> tuple[int, int]:
        """Signalling and media port for one more caller on `trunk_host`."""
        return self._ports.next_caller()

    # --- life -----------------------------------------------------------------------------------------------

    def start(self) -> Self:
        """Starts Asterisk and waits until it is fully booted. Raises AsteriskFailed."""
        if self._process is not None:
            raise AsteriskFailed("already running")
        lay_out(self.home, self._program.inside(self.home), self._ports, may_act=self._may_act)
        self._ready.clear()
        self._process = subprocess.Popen(
            self._program.start(self.home, "-f", "-C", self._conf),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.home,
            start_new_session=True,  # a Ctrl-C meant for the test run must not reach it before stop() does
        )
        atexit.register(self.stop)
        self._console = threading.Thread(target=self._read_console, args=(self._process,), daemon=True)
        self._console.start()
        if not self._ready.wait(START_S) or self._process.poll() is not None:
            words = self._last_words()
            self.stop()
            raise AsteriskFailed(f"Asterisk did not start:\n{words}")
        self.cli("core waitfullybooted")
        self._prepare(self)
        return self

    def recover(self) -> bool:
        """Starts it again if it fell over by itself; whether it did."""
        if not self._has_crashed:
            return False
        self._has_crashed, self._process = False, None
        self.start()
        return True

    def stop(self) -> None:
        """Ends it in an orderly way, as a system shutdown would (SIGTERM), and gives its ports back."""
        atexit.unregister(self.stop)
        self._end(signal.SIGTERM)
        self._ports.release()
        if self._own_home:
            shutil.rmtree(self.home, ignore_errors=True)

    def kill(self) -> None:
        """Ends it at once (SIGKILL): no event, no hang-up reaches anybody. `start` may follow."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Ends it in an orderly way and starts it again on the same ports."""
        self._end(signal.SIGTERM)
        self.start()

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_S)
        if self._console is not None:
            self._console.join(STOP_S)

    def _read_console(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout as lines, (self.home / "log" / "console").open("ab") as log:
            for line in lines:
                log.write(line)
                log.flush()
                if b"Asterisk Ready." in line:
                    self._ready.set()
        self._ready.set()  # end of file: it died, and start() need not wait any longer
        if process is self._process and (ended := process.wait()) in CRASHES:
            self.crashes.append(-ended)
            self._has_crashed = True

    def _last_words(self) -> str:
        with contextlib.suppress(FileNotFoundError):
            text = (self.home / "log" / "console").read_text(errors="replace")
            return "\n".join(_plain(text).splitlines()[-20:])
        return "(nothing)"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # --- use ------------------------------------------------------------------------------------------------

    def cli(self, command: str) -> str:
        """What a console command prints (`asterisk -rx`), without colour."""
        if self._process is None:
            raise AsteriskFailed("not running")
        answer = subprocess.run(
            self._program.join(self._process.pid, "-C", self._conf, "-rx", command),
            capture_output=True,
            timeout=CLI_S,
            check=False,
        )
        text = _plain(answer.stdout.decode(errors="replace"))
        if answer.returncode != 0 or "Unable to connect to remote asterisk" in text:
            raise AsteriskFailed(
                f"{command!r}: {text}{answer.stderr.decode(errors='replace')}\n{self._last_words()}"
            )
        return text

    def channels(self) -> int:
        """How many channels are alive."""
        count = re.search(r"(\d+) active channel", self.cli("core show channels count"))
        if count is None:
            raise AsteriskFailed("no channel count")
        return int(count[1])

    def hangup_all(self) -> None:
        """Ends every call and waits until no channel is left."""
        deadline = monotonic() + QUIET_S
        while self.channels():  # a console command takes 20 ms, so the loop needs no pause of its own
            if monotonic() > deadline:
                raise AsteriskFailed(f"calls do not end:\n{self.cli('core show channels concise')}")
            self.cli("channel request hangup all")


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)

"""What the command line shares: one loop, orderly ends, faults as one line, progress."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from cti_bridge.errors import BridgeError, ConfigError, Refused, Unavailable

EXIT_FAILED = 1
EXIT_CONFIG = 2
EXIT_RETRY = 75  # EX_TEMPFAIL of sysexits: a supervisor of processes may try again
EXIT_INTERRUPTED = 130

T = TypeVar("T")
_console = Console(stderr=True, highlight=False)


def say(message: str) -> None:
    """Write a line for the person at the terminal."""
    _console.print(message, markup=False, soft_wrap=True)


def fail(message: str, code: int = EXIT_FAILED) -> SystemExit:
    """The exit to raise, once its reason is written."""
    say(f"cti-bridge: {message}")
    return SystemExit(code)


def run_once(work: Coroutine[Any, Any, T]) -> T:
    """Run one piece of work to its end."""
    with _faults():
        return _on_a_loop(work)


def run_until_stopped(work: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Run until done, Ctrl-C or SIGTERM; a second Ctrl-C does not wait for an orderly end."""

    async def until_stopped() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()

        def stop_once(number: signal.Signals) -> None:
            stop.set()
            loop.remove_signal_handler(number)

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop_once, number)
        await work(stop)

    with _faults():
        _on_a_loop(until_stopped())


def _on_a_loop(coroutine: Coroutine[Any, Any, T]) -> T:
    try:
        import uvloop
    except ImportError:  # there is no uvloop for Windows
        return asyncio.run(coroutine)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(coroutine)


@contextmanager
def _faults() -> Iterator[None]:
    """Every foreseen fault is one line; the exit code says whether trying again may help."""
    try:
        yield
    except KeyboardInterrupt:
        raise SystemExit(EXIT_INTERRUPTED) from None
    except FileExistsError as error:
        raise fail(f"{error.filename}: exists already") from None
    except BaseExceptionGroup as group:
        found = _leaves(group)
        if not all(isinstance(error, BridgeError) for error in found):
            raise
        for fault in found:
            say(f"cti-bridge: {fault}")
        raise SystemExit(max(map(_code, found))) from None
    except BridgeError as error:
        raise fail(str(error), _code(error)) from None


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    return [
        leaf
        for error in group.exceptions
        for leaf in (_leaves(error) if isinstance(error, BaseExceptionGroup) else [error])
    ]


def _code(error: BaseException) -> int:
    if isinstance(error, Unavailable):
        # A port of our own that is taken is a matter of configuration; a peer may come back.
        return EXIT_CONFIG if error.setting.startswith(("http.", "push.", "pbx[")) else EXIT_RETRY
    return EXIT_CONFIG if isinstance(error, (ConfigError, Refused)) else EXIT_FAILED


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each thing that is done; plain lines where there is no terminal."""
    if not _console.is_terminal:
        said: set[str] = set()

        def tell(what: str, _done: int, _total: int) -> None:
            if what not in said:
                said.add(what)
                say(f"{what} ...")

        yield tell
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=_console) as bars:
        tasks: dict[str, TaskID] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield show

"""One Asterisk for the whole run, phones for each test, and quiet between tests."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.rig.asterisk import AsteriskRig
from tests.rig.phone_shop import PhoneShop
from tests.shapes import table


@pytest.fixture(scope="session")
def asterisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AsteriskRig]:
    """A running Asterisk; its configuration and log/console stay in pytest's temporary folder."""
    with AsteriskRig(tmp_path_factory.mktemp("asterisk")) as rig:
        yield rig


@pytest.fixture(autouse=True)
def quiet(asterisk: AsteriskRig) -> Iterator[None]:
    """No call of one test is heard in the next."""
    yield
    if not asterisk.recover():
        asterisk.hangup_all()


@pytest.fixture
async def phones(asterisk: AsteriskRig, tmp_path: Path) -> AsyncIterator[PhoneShop]:
    """Phones that a test operates by hand."""
    async with AsyncExitStack() as exits:
        yield PhoneShop(asterisk, tmp_path, exits)
        # While they still can answer: an unanswered BYE is repeated for half a minute, into the next test.
        await asyncio.to_thread(asterisk.hangup_all)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show every shape that was played: how often it was offered, who answered, and whether SIP agrees."""
    if table.ROWS:
        terminalreporter.write_sep("=", "call shapes on a real Asterisk")
        for line in table.lines():
            terminalreporter.write_line(line)

"""One Asterisk whose user may record too, phones for each test, and a bridge's half that asks it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.command.asterisk.asker import Asker
from tests.rig.asterisk import AsteriskRig
from tests.rig.phone_shop import PhoneShop

# Beside the user of config/asterisk one that may do everything, and one that may only look.
USERS = """
[powerful](cti-bridge)
write = reporting,agent,call,originate,system
[onlooker](cti-bridge)
write = reporting
[parrot](cti-bridge)
write = call
"""


@pytest.fixture(scope="session")
def asterisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AsteriskRig]:
    with AsteriskRig(tmp_path_factory.mktemp("asterisk"), prepare=add_users) as rig:
        yield rig


def add_users(rig: AsteriskRig) -> None:
    """Manager users of other powers, and what holding needs."""
    with (rig.home / "etc" / "local" / "manager.conf").open("a") as users:
        users.write(USERS)
    rig.cli("manager reload")
    (rig.home / "etc" / "pjsip_notify.conf").touch()
    rig.cli("module load res_pjsip_notify.so")


@pytest.fixture(autouse=True)
def quiet(asterisk: AsteriskRig) -> Iterator[None]:
    yield
    if not asterisk.recover():
        asterisk.hangup_all()


@pytest.fixture
async def phones(asterisk: AsteriskRig, tmp_path: Path) -> AsyncIterator[PhoneShop]:
    async with AsyncExitStack() as exits:
        yield PhoneShop(asterisk, tmp_path, exits)
        await asyncio.to_thread(asterisk.hangup_all)


@pytest.fixture
async def asker(asterisk: AsteriskRig) -> AsyncIterator[Asker]:
    async with Asker(asterisk) as asker:
        yield asker


@pytest.fixture
async def powerful(asterisk: AsteriskRig) -> AsyncIterator[Asker]:
    async with Asker(asterisk, user="powerful") as asker:
        yield asker


@pytest.fixture
async def onlooker(asterisk: AsteriskRig) -> AsyncIterator[Asker]:
    async with Asker(asterisk, user="onlooker") as asker:
        yield asker

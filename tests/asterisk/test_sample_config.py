"""config/asterisk: it starts clean, and its manager user can do what docs/asterisk.md says, and no more."""

import pytest

from tests.rig.ami import AmiListener
from tests.rig.asterisk import AsteriskRig
from tests.rig.caller import YAMADA
from tests.rig.phone_shop import PhoneShop

pytestmark = pytest.mark.asterisk

ORDERS = "0312345678"


def test_asterisk_starts_without_a_complaint(asterisk: AsteriskRig) -> None:
    console = (asterisk.home / "log" / "console").read_text()
    assert "Asterisk Ready" in console
    started = console[: console.index("Asterisk Ready")]
    assert not [line for line in started.splitlines() if "WARNING" in line or "ERROR" in line]


async def test_the_manager_user_hears_enough_and_no_more(asterisk: AsteriskRig, phones: PhoneShop) -> None:
    agent, caller = await phones.agent("1001"), await phones.outside()
    async with AmiListener(asterisk) as ami:
        dialled = await caller.call(ORDERS, caller=YAMADA.address, until="ringing")
        await (await agent.ringing()).answer()
        await dialled.reached("talking")
        await dialled.hangup()
        await ami.event("Hangup", CallerIDNum="09012345678")
        classes = {block["Privilege"] for block in ami.blocks if "Privilege" in block}
        late = [block for block in ami.blocks if "Event" in block and "Timestamp" not in block]
    assert classes == {"call,all", "agent,all", "system,all"}
    assert [block["Event"] for block in late] == ["FullyBooted"]


NEEDED = ["CoreShowChannels", "QueueStatus", "DeviceStateList", "Ping"]
ACTING = ["Originate", "Redirect", "BlindTransfer", "Atxfer", "Park", "QueuePause", "QueueAdd", "QueueRemove"]
NEVER = ["Command", "Reload", "ModuleLoad", "GetConfig", "UpdateConfig", "DBPut", "UserEvent"]


async def refused(rig: AsteriskRig) -> list[str]:
    async with AmiListener(rig) as ami:
        answers = {action: await ami.act(action) for action in NEEDED + ACTING + NEVER}
    return [action for action, answer in answers.items() if answer.get("Message") == "Permission denied"]


async def test_the_manager_user_may_do_enough_and_no_more(asterisk: AsteriskRig) -> None:
    with AsteriskRig(may_act=False) as as_shipped:
        assert await refused(as_shipped) == ACTING + NEVER
    assert await refused(asterisk) == NEVER


async def test_the_manager_user_may_come_from_its_own_machine_only(asterisk: AsteriskRig) -> None:
    with pytest.raises(AssertionError, match="Authentication failed"):
        async with AmiListener(asterisk, source="127.0.0.2"):
            pass


async def test_a_wrong_secret_is_refused(asterisk: AsteriskRig) -> None:
    with pytest.raises(AssertionError, match="Authentication failed"):
        async with AmiListener(asterisk, secret="wrong"):
            pass

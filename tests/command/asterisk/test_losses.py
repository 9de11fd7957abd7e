"""An Asterisk that dies while a command waits for its event."""

import asyncio
from collections.abc import Iterator

import pytest

from cti_bridge.calls import commands as cmd
from cti_bridge.calls import events as ev
from cti_bridge.calls.commands import RefusalCode, Refused, Unconfirmed
from cti_bridge.calls.ids import ChannelId, Endpoint
from tests.command.asterisk.asker import PBX, Asker
from tests.rig.asterisk import AsteriskRig
from tests.rig.phone_shop import PhoneShop

pytestmark = pytest.mark.asterisk


@pytest.fixture
def asterisk() -> Iterator[AsteriskRig]:
    """One of its own: the others' loses what was written into its configuration when it starts again."""
    with AsteriskRig() as rig:
        yield rig


async def test_killed_while_the_supervisor_is_rung(
    asker: Asker, asterisk: AsteriskRig, phones: PhoneShop
) -> None:
    await asker.talk(phones)
    supervisor = await phones.agent("1006")
    spy = cmd.Spy(
        PBX,
        ChannelId("cti-lost"),
        Endpoint("PJSIP/1006"),
        asker.channel("PJSIP/1002"),
        cmd.SpyMode.LISTEN,
    )
    asking = asyncio.create_task(asker.perform(spy))
    await supervisor.ringing()
    await asyncio.to_thread(asterisk.kill)
    try:
        result = await asking
        assert isinstance(result, Unconfirmed)
        assert result.waited_s < 5
        await asker.heard(ev.SourceLost)
        gone = await asker.perform(cmd.HangUp(PBX, spy.target))
        assert isinstance(gone, Refused)
        assert gone.code is RefusalCode.PBX_AWAY
    finally:
        await asyncio.to_thread(asterisk.start)

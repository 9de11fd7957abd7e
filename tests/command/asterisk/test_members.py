"""Queue members of a real Asterisk: paused, added, removed, whatever they are called there."""

from collections.abc import AsyncIterator

import pytest

from cti_bridge.calls import commands as cmd
from cti_bridge.calls.commands import Done, Membership, RefusalCode, Refused
from cti_bridge.calls.ids import Endpoint, QueueId
from tests.command.asterisk.asker import PBX, Asker
from tests.rig.asterisk import AsteriskRig

pytestmark = pytest.mark.asterisk
ORDERS, LOCALS = QueueId("orders"), QueueId("locals")
PHONE = Endpoint("PJSIP/1005")


@pytest.fixture(autouse=True)
async def as_before(asterisk: AsteriskRig) -> AsyncIterator[None]:
    yield
    asterisk.cli("queue unpause member PJSIP/1001")
    asterisk.cli("queue unpause member Local/1004@phones")
    asterisk.cli("queue remove member PJSIP/1005 from orders")


def memberships(asker: Asker, endpoint: str) -> tuple[Membership, ...]:
    served = asker.live.tables(PBX).memberships[Endpoint(endpoint)]
    return tuple(Membership(queue, member.interface) for queue, member in served.items())


@pytest.mark.parametrize("endpoint", ["PJSIP/1001", "PJSIP/1004"])
async def test_a_pause_is_done_once_every_queue_says_so(asker: Asker, endpoint: str) -> None:
    members = memberships(asker, endpoint)
    assert len(members) >= 2
    assert await asker.perform(cmd.Pause(PBX, members, True, "昼休み")) == Done()
    served = asker.live.tables(PBX).memberships[Endpoint(endpoint)]
    assert [(one.is_paused, one.pause_reason) for one in served.values()] == [(True, "昼休み")] * len(members)
    # Already so is done too, and Asterisk says so by the same event.
    assert await asker.perform(cmd.Pause(PBX, members, True, "昼休み")) == Done()
    assert await asker.perform(cmd.Pause(PBX, members, False, "")) == Done()
    assert not any(one.is_paused for one in served.values())


async def test_a_member_behind_a_local_channel_is_called_by_its_own_name(asker: Asker) -> None:
    assert Membership(LOCALS, "Local/1004@phones") in memberships(asker, "PJSIP/1004")


async def test_a_telephone_that_serves_no_queue(asker: Asker) -> None:
    stranger = (Membership(ORDERS, "PJSIP/1777"),)
    result = await asker.perform(cmd.Pause(PBX, stranger, True, ""))
    assert isinstance(result, Refused)
    assert result.code is RefusalCode.NOT_FOUND


async def test_signing_in_to_a_queue_and_out(asker: Asker) -> None:
    join = cmd.AddMember(PBX, ORDERS, PHONE, 2, "伊藤 直子")
    leave = cmd.RemoveMember(PBX, ORDERS, PHONE, PHONE)
    assert await asker.perform(join) == Done()
    assert ORDERS in asker.live.tables(PBX).memberships[PHONE]
    assert await asker.perform(join) == Done()
    assert await asker.perform(leave) == Done()
    assert PHONE not in asker.live.tables(PBX).memberships
    assert await asker.perform(leave) == Done()


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (cmd.AddMember(PBX, QueueId("none"), PHONE, 0, ""), RefusalCode.NOT_FOUND),
        (cmd.RemoveMember(PBX, QueueId("none"), PHONE, PHONE), RefusalCode.NOT_FOUND),
        # Listed in queues.conf: nothing but that file takes it out.
        (
            cmd.RemoveMember(PBX, ORDERS, Endpoint("PJSIP/1001"), "PJSIP/1001"),
            RefusalCode.NOT_SUPPORTED,
        ),
    ],
)
async def test_what_cannot_be(asker: Asker, command: cmd.Command, code: RefusalCode) -> None:
    result = await asker.perform(command)
    assert isinstance(result, Refused)
    assert result.code is code


async def test_a_user_without_the_class(onlooker: Asker) -> None:
    for command in (
        cmd.Pause(PBX, (Membership(ORDERS, "PJSIP/1001"),), True, ""),
        cmd.AddMember(PBX, ORDERS, PHONE, 0, ""),
        cmd.RemoveMember(PBX, ORDERS, PHONE, PHONE),
    ):
        result = await onlooker.perform(command)
        assert isinstance(result, Refused)
        assert result.code is RefusalCode.NOT_PERMITTED_AT_PBX
        assert "'agent'" in result.detail

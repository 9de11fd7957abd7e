"""Signing on at a shared telephone and off again, with a PBX that is told what to answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cti_bridge.agents.desks import AgentQueue, Desks, SharedPhone, Taking
from cti_bridge.calls import commands as cmd
from cti_bridge.calls import events as ev
from cti_bridge.calls.commands import Done, RefusalCode, Refused, Result
from cti_bridge.calls.ids import AgentId, Endpoint, PbxId
from cti_bridge.calls.queue_events import DeviceUse, MemberChanged, MemberRemoved
from cti_bridge.command.hot_desk import HotDesk
from tests.conftest import Database
from tests.live_tables import MAIN, ORDERS, SUPPORT, Floor, person

DESK, OTHER = Endpoint("PJSIP/2001"), Endpoint("PJSIP/2002")
SATO, SUZUKI = person("sato", name="佐藤 花子"), person("suzuki", name="鈴木 一郎")


class Pbx:
    """Does what it is asked and tells the live tables, unless told to refuse."""

    def __init__(self, floor: Floor) -> None:
        self.asked: list[cmd.Command] = []
        self.refusals: dict[type[cmd.Command], Result] = {}
        self._floor = floor

    async def perform(self, wish: cmd.Command, tell: Callable[[ev.CallEvent], None]) -> Result:
        self.asked.append(wish)
        if type(wish) in self.refusals:
            return self.refusals[type(wish)]
        match wish:
            case cmd.AddMember(pbx=pbx, queue=queue, endpoint=endpoint, name=name):
                use = DeviceUse.IDLE
                self._floor.say(MemberChanged(pbx, 0.0, queue, endpoint, name, False, "", use, endpoint))
            case cmd.RemoveMember(pbx=pbx, queue=queue, endpoint=endpoint):
                self._floor.say(MemberRemoved(pbx, 0.0, queue, endpoint))
        return Done()


class Office:
    def __init__(self, database: Database) -> None:
        self.floor = Floor()
        self.pbx = Pbx(self.floor)
        self.desks = Desks(database.pool)
        self.hot_desk = HotDesk(self.floor.live, self.desks, {MAIN: self.pbx}, self.floor.say)

    def serves(self, endpoint: Endpoint) -> set[str]:
        return set(self.floor.tables.memberships.get(endpoint, {}))

    async def sits(self, endpoint: Endpoint = DESK) -> AgentId | None:
        phone = await self.desks.phone(MAIN, endpoint)
        assert isinstance(phone, SharedPhone)
        return phone.agent_id


@pytest.fixture
async def office(database: Database) -> Office:
    await database.pool.executemany(
        "insert into agent (agent_id, login, name, role) values ($1, $1, $2, 'agent')",
        [(one.agent_id, one.name) for one in (SATO, SUZUKI)],
    )
    await database.pool.execute(
        "insert into agent_queue values ('main', 'orders', 'sato', 2), ('main', 'support', 'sato', 0),"
        " ('branch', 'far', 'sato', 0), ('main', 'orders', 'suzuki', 0)"
    )
    office = Office(database)
    await office.desks.add(MAIN, DESK)
    await office.desks.add(MAIN, OTHER)
    return office


def code(result: Result) -> RefusalCode:
    assert isinstance(result, Refused), result
    return result.code


async def test_signing_on_brings_the_queues_and_off_takes_them(office: Office) -> None:
    assert await office.hot_desk.sign_on(SATO, MAIN, DESK) == Done()
    assert office.pbx.asked == [
        cmd.AddMember(MAIN, ORDERS, DESK, 2, "佐藤 花子"),
        cmd.AddMember(MAIN, SUPPORT, DESK, 0, "佐藤 花子"),
    ]
    assert await office.sits() == "sato"
    assert await office.hot_desk.sign_off(SATO) == Done()
    assert office.serves(DESK) == set()
    assert await office.sits() is None


async def test_twice_is_as_good_as_once(office: Office) -> None:
    for _ in range(2):
        assert await office.hot_desk.sign_on(SATO, MAIN, DESK) == Done()
    assert office.serves(DESK) == {ORDERS, SUPPORT}
    for _ in range(2):
        assert await office.hot_desk.sign_off(SATO) == Done()


async def test_a_forgotten_telephone_is_taken_over_with_its_queues(office: Office) -> None:
    await office.hot_desk.sign_on(SATO, MAIN, DESK)
    assert await office.hot_desk.sign_on(SUZUKI, MAIN, DESK) == Done()
    assert await office.sits() == "suzuki"
    assert office.serves(DESK) == {ORDERS}
    assert await office.desks.phones_of(SATO.agent_id) == []


async def test_moving_to_another_telephone(office: Office) -> None:
    await office.hot_desk.sign_on(SATO, MAIN, DESK)
    assert await office.hot_desk.sign_on(SATO, MAIN, OTHER) == Done()
    assert (office.serves(DESK), office.serves(OTHER)) == (set(), {ORDERS, SUPPORT})
    assert (await office.sits(DESK), await office.sits(OTHER)) == (None, "sato")


@pytest.mark.parametrize("use", [DeviceUse.IN_USE, DeviceUse.RINGING, DeviceUse.ON_HOLD, DeviceUse.BUSY])
async def test_a_telephone_in_use_is_left_alone(office: Office, use: DeviceUse) -> None:
    await office.hot_desk.sign_on(SATO, MAIN, DESK)
    office.floor.device(DESK, use)
    assert code(await office.hot_desk.sign_on(SUZUKI, MAIN, DESK)) is RefusalCode.BUSY
    assert code(await office.hot_desk.sign_on(SATO, MAIN, OTHER)) is RefusalCode.BUSY
    assert code(await office.hot_desk.sign_off(SATO)) is RefusalCode.BUSY
    assert await office.sits() == "sato"
    # Whoever sits there may say so again in the middle of a call.
    assert await office.hot_desk.sign_on(SATO, MAIN, DESK) == Done()


async def test_what_is_no_shared_telephone(office: Office, database: Database) -> None:
    await database.pool.execute("insert into agent_endpoint values ('main', 'PJSIP/1001', 'suzuki')")
    own = await office.hot_desk.sign_on(SATO, MAIN, Endpoint("PJSIP/1001"))
    assert code(own) is RefusalCode.NOT_ALLOWED
    unknown = await office.hot_desk.sign_on(SATO, MAIN, Endpoint("PJSIP/2999"))
    assert code(unknown) is RefusalCode.NOT_FOUND
    assert code(await office.hot_desk.sign_on(SATO, PbxId("none"), DESK)) is RefusalCode.NOT_FOUND


async def test_a_pbx_that_is_away_keeps_the_telephone_where_it_was(office: Office) -> None:
    await office.hot_desk.sign_on(SATO, MAIN, DESK)
    office.pbx.refusals[cmd.RemoveMember] = away = Refused(RefusalCode.PBX_AWAY, "")
    assert await office.hot_desk.sign_off(SATO) == away
    assert await office.hot_desk.sign_on(SUZUKI, MAIN, DESK) == away
    assert await office.sits() == "sato"
    office.pbx.refusals.clear()
    assert await office.hot_desk.sign_off(SATO) == Done()


async def test_a_queue_that_was_refused_is_asked_for_again(office: Office) -> None:
    office.pbx.refusals[cmd.AddMember] = denied = Refused(RefusalCode.NOT_PERMITTED_AT_PBX, "")
    assert await office.hot_desk.sign_on(SATO, MAIN, DESK) == denied
    assert await office.sits() == "sato"
    office.pbx.refusals.clear()
    assert await office.hot_desk.sign_on(SATO, MAIN, DESK) == Done()
    assert office.serves(DESK) == {ORDERS, SUPPORT}


async def test_a_member_of_the_pbxs_own_configuration_stays(office: Office) -> None:
    await office.hot_desk.sign_on(SATO, MAIN, DESK)
    office.pbx.refusals[cmd.RemoveMember] = Refused(RefusalCode.NOT_SUPPORTED, "not dynamic")
    assert await office.hot_desk.sign_off(SATO) == Done()
    assert await office.sits() is None


async def test_of_two_who_are_quick_one_sits_down(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    async def too_late(phone: SharedPhone, agent_id: AgentId) -> Taking:
        return Taking.CHANGED

    monkeypatch.setattr(office.desks, "take", too_late)
    assert code(await office.hot_desk.sign_on(SATO, MAIN, DESK)) is RefusalCode.WRONG_STATE


async def test_which_queues_are_an_agents(office: Office) -> None:
    assert await office.hot_desk.may_serve(SATO.agent_id, MAIN, ORDERS)
    assert not await office.hot_desk.may_serve(SUZUKI.agent_id, MAIN, SUPPORT)
    assert AgentQueue(PbxId("branch"), "far", 0) in await office.desks.queues_of(SATO.agent_id)  # type: ignore[arg-type]

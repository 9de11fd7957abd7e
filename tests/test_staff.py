"""Whose session counts, by the roster as it was last read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cti_bridge.agents.permissions import Role
from cti_bridge.agents.roster import Roster, add_agent, change_member
from cti_bridge.agents.sessions import Session, SessionKey
from cti_bridge.calls.ids import AgentId
from cti_bridge.staff import Staff
from tests.conftest import Database

AT = datetime(2026, 4, 8, 1, 0, tzinfo=UTC)
HANAKO = AgentId("a1")


def session(role: Role = "agent", created_at: datetime = AT, agent_id: str = "a1") -> Session:
    return Session(
        key=SessionKey("k"), agent_id=AgentId(agent_id), login="1", role=role, created_at=created_at
    )


@pytest.fixture
async def staff(database: Database) -> Staff:
    await add_agent(database.pool, agent_id="a1", login="1", name="担当 花子")
    staff = Staff(database.pool, lambda: None)
    await staff.read_anew()
    return staff


async def test_whoever_works_here_is_admitted(staff: Staff) -> None:
    assert staff.admits(session())
    assert not staff.admits(session(agent_id="a2"))


async def test_another_role_is_another_sign_in(staff: Staff, database: Database) -> None:
    await add_agent(database.pool, agent_id="a1", login="1", name="担当 花子", role="supervisor")
    await staff.read_anew()
    assert not staff.admits(session())
    assert staff.admits(session("supervisor"))


async def test_sessions_begun_before_a_sign_out_everywhere_are_over(staff: Staff, database: Database) -> None:
    await Roster(database.pool).sign_out(HANAKO, AT)
    await Roster(database.pool).sign_out(HANAKO, AT - timedelta(hours=1))  # a slow clock takes nothing back
    await staff.read_anew()
    assert not staff.admits(session())
    assert staff.admits(session(created_at=AT + timedelta(microseconds=1)))


async def test_who_was_disabled_does_not_come_back_with_an_old_session(
    staff: Staff, database: Database
) -> None:
    assert await change_member(database.pool, "1", AT, is_active=False)
    await staff.read_anew()
    assert not staff.admits(session())
    assert await change_member(database.pool, "1", AT + timedelta(hours=1), is_active=True)
    await staff.read_anew()
    assert not staff.admits(session())
    assert staff.admits(session(created_at=AT + timedelta(hours=2)))

from typing import get_args

import pytest

from cti_bridge.agents.permissions import RIGHTS, Right, Role, may

OWN = {
    Right.FOLLOW_OWN_SCREEN,
    Right.CALL_OUT,
    Right.HANDLE_OWN_CALL,
    Right.CHOOSE_OWN_STATE,
    Right.SEE_CUSTOMERS,
    Right.CHANGE_CUSTOMERS,
}


def test_every_role_is_listed() -> None:
    assert set(RIGHTS) == set(get_args(Role))


def test_agents_act_on_what_is_theirs_alone() -> None:
    assert RIGHTS["agent"] == OWN


@pytest.mark.parametrize("role", ["supervisor", "administrator"])
def test_who_leads_may_do_everything_agents_may_and_more(role: Role) -> None:
    assert RIGHTS[role] > OWN
    assert all(may(role, right) for right in Right)

from typing import get_args

import pytest

from cti_bridge.agents.permissions import RIGHTS, Right, Role, may


def test_every_role_has_a_line_in_the_table() -> None:
    assert set(RIGHTS) == set(get_args(Role))


@pytest.mark.parametrize(
    ("role", "board"),
    [("agent", False), ("supervisor", True), ("administrator", True)],
)
def test_who_follows_what(role: Role, board: bool) -> None:
    assert may(role, Right.FOLLOW_OWN_SCREEN)
    assert may(role, Right.FOLLOW_BOARD) is board

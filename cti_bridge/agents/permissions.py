"""What each role may do, as one table.

Everybody follows their own screen: a supervisor's telephone rings too.
Supervisors and administrators also follow the board, which shows every live
call. Nobody follows another agent's screen: it holds that caller's card, and
who saw whose card must stay true.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, TypeAlias

Role: TypeAlias = Literal["agent", "supervisor", "administrator"]


class Right(StrEnum):
    """One thing a role may or may not do."""

    FOLLOW_OWN_SCREEN = "follow_own_screen"
    FOLLOW_BOARD = "follow_board"


RIGHTS: dict[Role, frozenset[Right]] = {
    "agent": frozenset({Right.FOLLOW_OWN_SCREEN}),
    "supervisor": frozenset({Right.FOLLOW_OWN_SCREEN, Right.FOLLOW_BOARD}),
    "administrator": frozenset({Right.FOLLOW_OWN_SCREEN, Right.FOLLOW_BOARD}),
}


def may(role: Role, right: Right) -> bool:
    """Whether ``role`` has ``right``."""
    return right in RIGHTS[role]

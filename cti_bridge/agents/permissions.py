"""What each role may do, as one table.

Everybody follows their own screen: a supervisor's telephone rings too.
Supervisors and administrators also follow the board, which shows every live
call. Nobody follows another agent's screen: it holds that caller's card, and
who saw whose card must stay true.

Everybody acts on the call they are in themselves. Only supervisors and
administrators end others' calls, listen to them, and say who serves which
queue; agents choose among the queues that are theirs.

Everybody looks up and changes customers, which is written down; who saw whose
card only those see who lead, and they correct notes that others wrote.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, TypeAlias

Role: TypeAlias = Literal["agent", "supervisor", "administrator"]


class Right(StrEnum):
    """One thing a role may or may not do."""

    FOLLOW_OWN_SCREEN = "follow_own_screen"
    FOLLOW_BOARD = "follow_board"
    SEE_CALLS = "see_calls"
    CALL_OUT = "call_out"
    HANDLE_OWN_CALL = "handle_own_call"
    CHOOSE_OWN_STATE = "choose_own_state"
    HANDLE_OTHERS_CALLS = "handle_others_calls"
    CHOOSE_OTHERS_STATE = "choose_others_state"
    LISTEN_IN = "listen_in"
    SEE_CUSTOMERS = "see_customers"
    CHANGE_CUSTOMERS = "change_customers"
    CHANGE_OTHERS_NOTES = "change_others_notes"
    SEE_AUDIT = "see_audit"


_EVERYBODY = frozenset(
    {
        Right.FOLLOW_OWN_SCREEN,
        Right.CALL_OUT,
        Right.HANDLE_OWN_CALL,
        Right.CHOOSE_OWN_STATE,
        Right.SEE_CUSTOMERS,
        Right.CHANGE_CUSTOMERS,
    }
)
_WHO_LEAD = _EVERYBODY | {
    Right.FOLLOW_BOARD,
    Right.SEE_CALLS,
    Right.HANDLE_OTHERS_CALLS,
    Right.CHOOSE_OTHERS_STATE,
    Right.LISTEN_IN,
    Right.CHANGE_OTHERS_NOTES,
    Right.SEE_AUDIT,
}

RIGHTS: dict[Role, frozenset[Right]] = {
    "agent": _EVERYBODY,
    "supervisor": _WHO_LEAD,
    "administrator": _WHO_LEAD,
}


def may(role: Role, right: Right) -> bool:
    """Whether ``role`` has ``right``."""
    return right in RIGHTS[role]

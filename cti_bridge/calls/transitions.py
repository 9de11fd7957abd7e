"""The table of one call at one agent: from state and trigger to the next state.

A pair that is not listed changes nothing and is counted. Pairs that a healthy
PBX repeats (a second cancel for the losers of a ring-all) are listed as
staying where they are. ``docs/call-states.md`` is drawn from this table.
"""

from __future__ import annotations

from enum import StrEnum

from cti_bridge.calls.views import OfferState


class LegTrigger(StrEnum):
    """What can happen to a call at an agent. ``ANSWERED``: the other side, where the agent calls out."""

    ANSWERED = "answered"
    HELD = "held"
    RESUMED = "resumed"
    DIAL_ENDED = "dial_ended"
    HUNG_UP = "hung_up"


S, T = OfferState, LegTrigger

LEG: dict[tuple[OfferState, LegTrigger], OfferState] = {
    (S.DIALLING, T.ANSWERED): S.TALKING,
    (S.DIALLING, T.DIAL_ENDED): S.WITHDRAWN,
    (S.DIALLING, T.HUNG_UP): S.WITHDRAWN,
    (S.RINGING, T.ANSWERED): S.TALKING,
    (S.RINGING, T.DIAL_ENDED): S.WITHDRAWN,
    (S.RINGING, T.HUNG_UP): S.WITHDRAWN,
    (S.TALKING, T.ANSWERED): S.TALKING,
    (S.TALKING, T.HELD): S.HELD,
    (S.TALKING, T.RESUMED): S.TALKING,  # parking and REFER emit Unhold without Hold
    (S.TALKING, T.HUNG_UP): S.ENDED,
    (S.HELD, T.ANSWERED): S.HELD,
    (S.HELD, T.HELD): S.HELD,
    (S.HELD, T.RESUMED): S.TALKING,
    (S.HELD, T.HUNG_UP): S.ENDED,
    (S.WITHDRAWN, T.DIAL_ENDED): S.WITHDRAWN,
    (S.WITHDRAWN, T.HUNG_UP): S.WITHDRAWN,
}

FIRST = (S.RINGING, S.DIALLING)
LIVE = frozenset({S.DIALLING, S.RINGING, S.TALKING, S.HELD})
ANSWERED = frozenset({S.TALKING, S.HELD})

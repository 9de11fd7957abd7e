"""Outcomes: how what a call consists of ends.

From the smallest to the largest: a dialled leg, a parking, an offer, an
agent's part, a wait in a queue, the whole call.
"""

from __future__ import annotations

from enum import StrEnum


class DialOutcome(StrEnum):
    """How one dialled leg ended, from the side of the one who dialled.

    ``FORWARDED``: the telephone sent the call on to another.
    """

    ANSWERED = "answered"
    FORWARDED = "forwarded"
    CANCELLED = "cancelled"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    FAILED = "failed"


class ParkEnd(StrEnum):
    """How a parked call left its slot."""

    RETRIEVED = "retrieved"
    TIMED_OUT = "timed_out"
    GAVE_UP = "gave_up"


class WithdrawReason(StrEnum):
    """Why an offer left a screen before its agent answered.

    ``ABANDONED``: the caller gave up. ``CANCELLED``: a colleague who was asking took it back.
    ``NOT_REACHED``: whom the agent called did not answer.
    """

    ANSWERED_ELSEWHERE = "answered_elsewhere"
    ABANDONED = "abandoned"
    TIMEOUT = "timeout"
    REJECTED = "rejected"
    TRANSFERRED = "transferred"
    CANCELLED = "cancelled"
    NOT_REACHED = "not_reached"
    LOST = "lost"


class PartReason(StrEnum):
    """How an agent's part of an answered call ended. ``TRANSFERRED``: the call went on elsewhere."""

    COMPLETED = "completed"
    TRANSFERRED = "transferred"
    PARKED = "parked"
    LOST = "lost"


class EndReason(StrEnum):
    """How a whole call ended.

    ``ABANDONED``: who called gave up waiting. ``NOT_REACHED``: whom the agent
    called did not answer. ``MERGED``: it went on as part of another call.
    ``LOST``: its end was not seen, or the PBX stopped under it.
    """

    COMPLETED = "completed"
    ABANDONED = "abandoned"
    NOT_REACHED = "not_reached"
    MERGED = "merged"
    LOST = "lost"


class QueueOutcome(StrEnum):
    """What a queue counts of one caller. ``LEFT``: neither answered nor abandoned (timeout, overflow)."""

    OFFERED = "offered"
    ANSWERED = "answered"
    ABANDONED = "abandoned"
    LEFT = "left"

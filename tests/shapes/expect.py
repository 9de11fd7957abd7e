"""What a shape must look like, declared by hand: at each agent, every time a call is offered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from cti_bridge.calls.record import CallRecord
from tests.shapes.stage import Stage

Drive: TypeAlias = Callable[[Stage], Awaitable[None]]

YAMADA, SASAKI, CUSTOMER = "+819012345678", "+81312349999", "+819055556666"
INTERNAL = "internal"  # a colleague; not one from outside


@dataclass(frozen=True, slots=True)
class Offer:
    """One call at one agent.

    `end` is the last word of the agent's part: a PartReason if the agent answered, else a WithdrawReason.
    `dials`: the agent's phone called (out, to pick up, to fetch) and did not ring. `forwards`: it sent the
    caller on by itself, while it rang. `mused`: how often Asterisk, without the phone's doing, played music
    to the other side, while the agent keyed or consulted. `asked_by`: the agent who consults here and hands
    nothing over, so that the display never shows the caller.
    """

    agent: str
    end: str
    caller: str = YAMADA
    by: str = ""  # the agent who transferred it here
    dials: bool = False
    forwards: bool = False
    mused: int = 0
    asked_by: str = ""

    @property
    def answered(self) -> bool:
        """Whether the agent and the other side talked."""
        return self.end in ("completed", "transferred", "parked") and not self.forwards


@dataclass(frozen=True, slots=True)
class Shape:
    """A scene and what is expected of it. `offers` are in order for each agent.

    `outcomes`: one for each call with somebody outside, in order. `history`: what the records of these calls
    tell of queues, transfers and parking, in order; see `told`. `silent_rings`, `silent_dials`: agents whose
    phone rings or calls without an offer, once for each time they stand here. `pauses`: the agents who
    paused, each with the reason, as `1001 昼休み`; nobody else is seen paused.
    """

    drive: Drive
    offers: tuple[Offer, ...]
    outcomes: tuple[str, ...] = ("completed",)
    history: tuple[str, ...] = ()
    silent_rings: tuple[str, ...] = ()
    silent_dials: tuple[str, ...] = ()
    pauses: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The scene's."""
        return self.drive.__name__


def told(record: CallRecord) -> list[str]:
    """The history of one call, as the shapes write it."""
    lines = [f"{wait.queue} {wait.outcome}" for wait in record.queue_waits]
    lines += [f"{one.kind} by {_plain(one.by)} to {_plain(one.to)}" for one in record.transfers]
    return lines + [f"parked by {_plain(park.by)}, {park.how}" for park in record.parks]


def _plain(who: str | None) -> str:
    return (who or "nobody").removeprefix("a")


SHAPES: dict[str, Shape] = {}  # in the order in which they are played


def shape(*offers: Offer, **expected: tuple[str, ...]) -> Callable[[Drive], Drive]:
    """Registers the scene beneath with these expectations: see Shape."""

    def register(drive: Drive) -> Drive:
        SHAPES[drive.__name__] = Shape(drive, offers, **expected)
        return drive

    return register

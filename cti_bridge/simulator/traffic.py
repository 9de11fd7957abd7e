"""Plans of simulated traffic: who calls when, how long each rings and talks; the same for the same seed."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, TypeVar

from cti_bridge.errors import UsageError
from cti_bridge.simulator.plant import Caller

CallerKind: TypeAlias = Literal["known", "unknown", "withheld", "pay_phone"]
Span: TypeAlias = tuple[float, float]
_Name = TypeVar("_Name", bound=str)

# What Japanese trunks put where a number should be (TTC JJ-90.24).
_WITHHELD = (Caller("anonymous", "Anonymous"), Caller("anonymous", "非通知"))
_PAY_PHONE = Caller("anonymous", "Coin line/payphone")


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """One call as it is meant to go. Delays count from the moment that makes them possible.

    ``pick``: which of those who ring answers, 0 the first, just under 1 the
    last. ``reject_pick``: likewise who refuses first, None when nobody does.
    ``patience_s``: the caller gives up when nobody has answered by then.
    """

    starts_after_s: float
    caller: Caller
    to: str
    pick: float
    answer_after_s: float
    reject_pick: float | None
    patience_s: float
    hold_after_s: float | None
    hold_s: float
    talk_s: float
    agent_hangs_up: bool


@dataclass(frozen=True, slots=True)
class TrafficPlan:
    """How much traffic, and of what kind. Spans are least and most seconds, even in between.

    ``callers``: number and name of those the centre knows. ``destinations``:
    queues and endpoints with their weights. ``calls`` None: no end.
    ``unknown_prefix``: seven digits, four more follow; Japan gives out no such
    mobile numbers. ``favoured``: endpoints and how long each lets a call ring before it
    answers; while one of them rings nobody else takes that call, and the
    caller does not give up.
    """

    calls_per_s: float
    callers: Sequence[tuple[str, str]]
    destinations: Mapping[str, float]
    calls: int | None = None
    seed: int = 1
    arrivals: Literal["steady", "poisson"] = "poisson"
    kinds: Mapping[CallerKind, float] = field(
        default_factory=lambda: {"known": 0.75, "unknown": 0.15, "withheld": 0.08, "pay_phone": 0.02}
    )
    unknown_prefix: str = "0900000"
    answer_s: Span = (2.0, 9.0)
    talk_s: Span = (60.0, 300.0)
    abandon_probability: float = 0.05
    patience_s: Span = (5.0, 40.0)
    longest_wait_s: float = 300.0
    reject_probability: float = 0.02
    hold_probability: float = 0.1
    hold_after_s: Span = (5.0, 20.0)
    hold_s: Span = (5.0, 30.0)
    agent_hangs_up_probability: float = 0.4
    favoured: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.calls_per_s <= 0:
            raise UsageError("calls_per_s must be more than nothing")
        if not self.destinations:
            raise UsageError("destinations is empty")
        if self.kinds.get("known") and not self.callers:
            raise UsageError("callers is empty, but known ones are to call")

    def planned(self) -> Iterator[PlannedCall]:
        """The calls in order; every call of a seed is the same in every run."""
        numbers = itertools.count() if self.calls is None else range(self.calls)
        after_s = 0.0
        for n in numbers:
            # One generator for each call: whatever one call draws, the next is not changed by it.
            draw = random.Random(f"{self.seed}:{n}")
            steady_s = 1 / self.calls_per_s
            after_s += steady_s if self.arrivals == "steady" else draw.expovariate(self.calls_per_s)
            yield self._call(after_s, draw)

    def _call(self, starts_after_s: float, draw: random.Random) -> PlannedCall:
        rejects = draw.random() < self.reject_probability
        gives_up = draw.random() < self.abandon_probability
        holds = draw.random() < self.hold_probability
        return PlannedCall(
            starts_after_s,
            self._caller(draw),
            _weighted(draw, self.destinations),
            draw.random(),
            draw.uniform(*self.answer_s),
            draw.random() if rejects else None,
            draw.uniform(*self.patience_s) if gives_up else self.longest_wait_s,
            draw.uniform(*self.hold_after_s) if holds else None,
            draw.uniform(*self.hold_s),
            draw.uniform(*self.talk_s),
            draw.random() < self.agent_hangs_up_probability,
        )

    def _caller(self, draw: random.Random) -> Caller:
        kind = _weighted(draw, self.kinds)
        if kind == "known":
            return Caller(*draw.choice(self.callers))
        if kind == "unknown":
            return Caller(f"{self.unknown_prefix}{draw.randrange(10_000):04}")
        return _PAY_PHONE if kind == "pay_phone" else draw.choice(_WITHHELD)


def _weighted(draw: random.Random, weights: Mapping[_Name, float]) -> _Name:
    return draw.choices(list(weights), list(weights.values()))[0]

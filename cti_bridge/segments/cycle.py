"""The purchase cycle: after how many days somebody buys a product again, and when that is due.

The median of the days between purchases, with their median distance from it
as the spread: one stay in hospital or one gift moves neither by much. Fewer
purchases than the settings ask for, or days that vary by more than half of
the cycle, are no cycle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

# Beyond this share of the cycle the days between two purchases tell nothing of the next.
MAX_SPREAD_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Cycle:
    """``days`` from one purchase to the next, give or take ``spread_days``; the next is due on ``due_on``."""

    days: float
    spread_days: float
    due_on: date


def cycle(bought_on: Sequence[date], min_purchases: int) -> Cycle | None:
    """The cycle behind purchases on these days, in any order; None where they do not show one."""
    days = sorted(set(bought_on))
    if len(days) < max(min_purchases, 2):
        return None
    between = [(later - earlier).days for earlier, later in pairwise(days)]
    middle = float(median(between))
    spread = float(median(abs(one - middle) for one in between))
    if spread > MAX_SPREAD_SHARE * middle:
        return None
    return Cycle(middle, spread, days[-1] + timedelta(days=round(middle)))

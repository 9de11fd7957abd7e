"""RFM: how lately, how often and for how much a customer bought, each scored from 1 to 5, 5 the best.

The rule of the quintiles, with its answer to ties: the score of a value is
``1 + floor(5 * lower / n)``, where ``lower`` is how many of the ``n``
customers have a strictly lower value. Equal values get equal scores, so where
many bought once, no score may begin inside them and some scores stay empty.

A score is thereby a function of the value alone, and the lowest value of each
score says all of it: these boundaries are kept, and score whoever buys
between two rebuilds. Recency is the negative of the days since the last
order, so that of all three measures more is better.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cti_bridge.settings import SegmentSettings

SCORES: Final = 5
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Boundaries:
    """Where scores begin: ``at_least[i]`` is the lowest value that gets ``scores[i]``; both ascend."""

    at_least: tuple[float, ...]
    scores: tuple[int, ...]

    def score(self, value: float) -> int:
        """The score of one value; below all boundaries that of the lowest."""
        if not self.scores:
            return 1
        return self.scores[max(bisect_right(self.at_least, value) - 1, 0)]

    def score_all(self, values: Values) -> NDArray[np.int64]:
        """The score of each of ``values``."""
        if not self.scores:
            return np.ones(len(values), dtype=np.int64)
        places = np.searchsorted(np.array(self.at_least), values, side="right") - 1
        return np.array(self.scores, dtype=np.int64)[np.maximum(places, 0)]


@dataclass(frozen=True, slots=True)
class RfmBoundaries:
    """The boundaries of the three measures."""

    recency: Boundaries
    frequency: Boundaries
    monetary: Boundaries

    @property
    def are_known(self) -> bool:
        """False where nobody has been compared with anybody yet: before the first rebuild."""
        return bool(self.recency.scores)


def quintiles(values: Values) -> Boundaries:
    """The boundaries by which ``values`` fall into fifths."""
    if not len(values):
        return Boundaries((), ())
    distinct, lower = np.unique(np.sort(values), return_index=True)
    scores = 1 + (SCORES * lower) // len(values)
    begins = np.unique(scores, return_index=True)
    return Boundaries(
        tuple(float(distinct[place]) for place in begins[1]), tuple(int(score) for score in begins[0])
    )


def thresholds(at_least: Sequence[float]) -> Boundaries:
    """Fixed boundaries: where the scores 2, 3, 4 and 5 begin, ascending. A later of two equal ones counts."""
    begins: dict[float, int] = {float("-inf"): 1}
    for score, value in enumerate(at_least, 2):
        begins[float(value)] = score
    return Boundaries(tuple(begins), tuple(begins.values()))


def fixed(settings: SegmentSettings) -> RfmBoundaries:
    """The boundaries that the settings fix."""
    return RfmBoundaries(
        thresholds([-days for days in settings.recency_days]),
        thresholds(settings.frequency_orders),
        thresholds(settings.monetary_minor),
    )

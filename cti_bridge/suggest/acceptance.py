"""How willingly each product is accepted, learned from what became of suggestions. Pure but for reading.

The rule: acceptance of a product is a Beta distribution, begun with the
overall rate as if that had been seen ``PRIOR_WEIGHT`` times, to which each
accepted and each declined offer is added. For a customer and a day one draw is
taken of each product (Thompson sampling), so that what was seldom offered is
tried now and then, and one day's list stays the same. A product's score is
multiplied by its draw over the overall rate, to the power of ``learning``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import asyncpg
import numpy as np
from numpy.typing import NDArray

PRIOR_WEIGHT = 8.0
# Nothing rises or sinks beyond this, however it was answered.
MOST, LEAST = 4.0, 0.1


@dataclass(frozen=True, slots=True)
class Acceptance:
    """By product id: how often it was accepted and how often declined."""

    answered: Mapping[int, tuple[int, int]]

    @property
    def rate(self) -> float:
        """The overall rate, begun with one of two."""
        accepted = sum(one[0] for one in self.answered.values())
        declined = sum(one[1] for one in self.answered.values())
        return (accepted + 1) / (accepted + declined + 2)

    def mean(self, product_ids: NDArray[np.int64]) -> NDArray[np.float64]:
        """How willingly each product is expected to be accepted, from 0 to 1."""
        return self._moments(product_ids)[0]

    def drawn(
        self, product_ids: NDArray[np.int64], learning: float, customer_id: int, today: date
    ) -> NDArray[np.float64]:
        """The factor of each product for this customer today."""
        if not self.answered or learning == 0:
            return np.ones(len(product_ids))
        mean, deviation = self._moments(product_ids)
        chance = np.random.default_rng([customer_id, today.toordinal()])
        # The normal beside the Beta of these moments: drawing 400 Betas takes ten times as long.
        draw = mean + deviation * chance.standard_normal(len(product_ids))
        return self._factor(np.clip(draw, 0.01, 0.99), learning)

    def _moments(self, product_ids: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        rate = self.rate
        accepted, declined = np.zeros(len(product_ids)), np.zeros(len(product_ids))
        for product_id, (yes, no) in self.answered.items():
            place = int(np.searchsorted(product_ids, product_id))
            if place < len(product_ids) and product_ids[place] == product_id:
                accepted[place], declined[place] = yes, no
        a, b = rate * PRIOR_WEIGHT + accepted, (1 - rate) * PRIOR_WEIGHT + declined
        mean = a / (a + b)
        # Never answered products keep a small spread only: they are tried, not thrown about.
        return mean, np.sqrt(a * b / ((a + b) ** 2 * (a + b + 1)))

    def _factor(self, acceptance: NDArray[np.float64], learning: float) -> NDArray[np.float64]:
        return np.clip((acceptance / self.rate) ** learning, LEAST, MOST)


async def read_acceptance(connection: asyncpg.Connection) -> Acceptance:
    """What was answered so far. Raises: what is in ``storage.postgres.FAULTS``."""
    rows = await connection.fetch(
        "select product_id, count(*) filter (where outcome = 'accepted') as accepted,"
        " count(*) filter (where outcome = 'declined') as declined from suggestion_outcome"
        " where outcome in ('accepted', 'declined') group by 1"
    )
    return Acceptance({row["product_id"]: (row["accepted"], row["declined"]) for row in rows})

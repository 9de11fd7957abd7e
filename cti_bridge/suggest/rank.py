"""The best few products for one customer: reasons weighed, what was learned applied. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from cti_bridge.settings import SuggestSettings
from cti_bridge.suggest.candidates import COMPONENTS, Candidates, Component

# The card shows five; the others stand by for what is sold out meanwhile.
SUGGESTIONS = 8
# What was accepted once makes the rest of its category a little more welcome.
WELCOME = 1.15


@dataclass(frozen=True, slots=True)
class Choice:
    """One product chosen. ``component`` spoke most for it; ``due_on``: when it runs out, if that is it."""

    place: int
    score: float
    component: Component
    due_on: date | None = None


def weights_of(settings: SuggestSettings) -> dict[Component, float]:
    """How much each component counts."""
    return {
        "like": settings.weight_like,
        "together": settings.weight_together,
        "after": settings.weight_after,
        "replenishment": settings.weight_replenishment,
        "counselling": settings.weight_counselling,
        "popular": settings.weight_popular,
    }


def rank(
    found: Candidates,
    weights: Mapping[Component, float],
    factors: NDArray[np.float64],
    variant: NDArray[np.int64],
    count: int = SUGGESTIONS,
) -> list[Choice]:
    """Up to ``count`` products that are not blocked, the highest score first, one of each variant.

    Only scores above 0 count; of equal ones the lower place comes first.
    ``factors`` and ``variant`` are per product.
    """
    parts = np.array([weights[name] * found.scores[name] for name in COMPONENTS])
    scores = parts.sum(axis=0) * factors
    scores[found.blocked] = 0.0
    places = np.flatnonzero(scores > 0)
    chosen: list[Choice] = []
    taken: set[int] = set()
    for place in places[np.lexsort((places, -scores[places]))]:
        kind = int(variant[place])
        if kind in taken:
            continue
        taken.add(kind)
        component = COMPONENTS[int(np.argmax(parts[:, place]))]
        due_on = found.due_on.get(int(place)) if component == "replenishment" else None
        chosen.append(Choice(int(place), float(scores[place]), component, due_on))
        if len(chosen) == count:
            break
    return chosen

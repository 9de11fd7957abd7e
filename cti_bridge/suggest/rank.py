"""The best few products for one customer out of everything near what the customer wants."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

SUGGESTIONS = 5


def best(
    places: NDArray[np.int64],
    scores: NDArray[np.float64],
    blocked: NDArray[np.bool_],
    variant: NDArray[np.int64],
    count: int = SUGGESTIONS,
) -> list[tuple[int, float]]:
    """Up to ``count`` of ``places`` with their scores, the highest first, one of each variant.

    ``scores`` stand beside ``places``; ``blocked`` and ``variant`` are per
    product. Only scores above 0 count; of equal ones the lower place comes first.
    """
    is_open = ~blocked[places] & (scores > 0)
    places, scores = places[is_open], scores[is_open]
    found: list[tuple[int, float]] = []
    taken: set[int] = set()
    for n in np.lexsort((places, -scores)):
        place = int(places[n])
        if (kind := int(variant[place])) not in taken:
            taken.add(kind)
            found.append((place, float(scores[n])))
            if len(found) == count:
                break
    return found


def fill(
    chosen: Iterable[int],
    popular: Iterable[int],
    blocked: NDArray[np.bool_],
    variant: NDArray[np.int64],
    count: int = SUGGESTIONS,
) -> list[int]:
    """The most popular that bring ``chosen`` up to ``count``; fewer when the catalogue has no more."""
    taken = {int(variant[place]) for place in chosen}
    found: list[int] = []
    for place in popular:
        if len(taken) >= count:
            break
        if not blocked[place] and (kind := int(variant[place])) not in taken:
            taken.add(kind)
            found.append(place)
    return found

"""Suggestions for everybody, a batch of customers at a time: candidates, ranked, each with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cti_bridge.suggest.candidates import Csr, History, liking, nearness, popularity
from cti_bridge.suggest.rank import best, fill
from cti_bridge.suggest.reasons import POPULAR, Because, because

# Places and the values beside them.
Row = tuple[NDArray[np.int64], NDArray[np.float64]]
# Customer id, position from 1, product id, score, reason code, id of the reason's product.
Offer = tuple[int, int, int, float, str, int | None]


@dataclass(frozen=True, slots=True)
class Batch:
    """Offers of some customers. ``customers_done`` counts those of earlier batches too."""

    customers_done: int
    offers: list[Offer]


# Bounds what is in memory at once: some 5 offers of 200 bytes for each customer.
BATCH_CUSTOMERS = 2000


def offers(history: History, batch: int = BATCH_CUSTOMERS) -> Iterator[Batch]:
    """Everybody's offers, ``batch`` customers at a time, in the order of the customers.

    What was ever ordered is not offered, nor a favourite (the card shows those
    beside), nor what is inactive or out of stock; of an article one size only. Everybody gets five where the
    catalogue has them. Plain computing: run it in a thread.
    """
    if not len(history.customers) or not len(history.products):
        return
    wanted = liking(history)
    near = nearness(wanted)
    near_to = near.tocsc()
    popular = [int(place) for place in popularity(history)]
    for start in range(0, len(history.customers), batch):
        end = min(start + batch, len(history.customers))
        scores = (wanted[start:end] @ near).tocsr()
        made: list[Offer] = []
        for row in range(start, end):
            scored = _row(scores, row - start)
            made.extend(_of_one(history, row, _row(wanted, row), scored, near_to, popular))
        yield Batch(end, made)


def _of_one(
    history: History, row: int, wanted: Row, scored: Row, near_to: Csr, popular: list[int]
) -> Iterator[Offer]:
    blocked = ~history.can_offer
    for matrix in (history.ordered, history.favourites):
        blocked[_row(matrix, row)[0]] = True
    wants = np.zeros(len(history.products))
    wants[wanted[0]] = wanted[1]
    is_bought = np.zeros(len(history.products), dtype=np.bool_)
    is_bought[_row(history.times, row)[0]] = True

    chosen: list[tuple[int, float, Because]] = []
    for place, score in best(*scored, blocked, history.variant):
        chosen.append((place, score, because(*_row(near_to, place), wants, is_bought)))
    rest = fill([place for place, _, _ in chosen], popular, blocked, history.variant)
    chosen.extend((place, 0.0, POPULAR) for place in rest)
    for position, (place, score, reason) in enumerate(chosen, 1):
        source = None if reason.product is None else int(history.products[reason.product])
        product = int(history.products[place])
        yield int(history.customers[row]), position, product, score, reason.code, source


def _row(matrix: Csr, row: int) -> Row:
    """Places and values of one row of a CSR matrix (of one column of a CSC matrix)."""
    part = slice(matrix.indptr[row], matrix.indptr[row + 1])
    return matrix.indices[part], matrix.data[part]

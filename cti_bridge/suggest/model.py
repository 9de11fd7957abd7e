"""A trained model: what is known of products and what goes with them, in memory and in the database."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg
import numpy as np
from numpy.typing import NDArray

from cti_bridge.suggest.catalogue import Catalogue
from cti_bridge.suggest.neighbours import Near, after, like, together
from cti_bridge.suggest.purchases import Purchases

_TIMEOUT_S = 120.0
# Of fewer buyers nothing is said of whether a product is bought again.
MIN_BUYERS = 5
# From this share of buyers who came again a product counts as one that is used up.
REPEATING_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Model:
    """By place in ``catalogue``: neighbours of three kinds, buyers, and how many of them bought again.

    ``cycle_days``: between two purchases of one customer, the median over all; not a number where unknown.
    """

    catalogue: Catalogue
    like: Sequence[Near]
    together: Sequence[Near]
    after: Sequence[Near]
    buyers: NDArray[np.int64]
    rebuyers: NDArray[np.int64]
    cycle_days: NDArray[np.float64]

    def repeats(self, place: int) -> bool:
        """Whether a product is bought again when it is used up: as the shop says, else as customers do."""
        said = self.catalogue.repeats.get(place)
        if said is not None:
            return said
        buyers = int(self.buyers[place])
        return buyers >= MIN_BUYERS and int(self.rebuyers[place]) >= REPEATING_SHARE * buyers

    def popular(self) -> NDArray[np.int64]:
        """Places of what may be offered, the one with most buyers first, then by id."""
        order = np.lexsort((self.catalogue.ids, -self.buyers))
        return np.asarray(order[self.catalogue.can_offer[order]], dtype=np.int64)


def fit(purchases: Purchases, catalogue: Catalogue) -> Model:
    """Learn from ``purchases``. Plain computing: run it in a thread."""
    products = len(catalogue)
    buyers, rebuyers, cycle_days = _rebuying(purchases, products)
    return Model(
        catalogue,
        like(purchases, products),
        together(purchases, catalogue),
        after(purchases, catalogue),
        buyers,
        rebuyers,
        cycle_days,
    )


def _rebuying(
    purchases: Purchases, products: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """By product: buyers, those who bought on a second day, and the median days between two such days."""
    triples = np.unique(
        np.column_stack([purchases.customers, purchases.products, purchases.days]).reshape(-1, 3), axis=0
    )
    is_same = np.zeros(len(triples), dtype=np.bool_)
    is_same[1:] = (triples[1:, :2] == triples[:-1, :2]).all(axis=1)
    buyers = np.bincount(triples[~is_same, 1], minlength=products)
    is_second = is_same.copy()
    is_second[1:] &= ~is_same[:-1]
    rebuyers = np.bincount(triples[is_second, 1], minlength=products)
    gaps = np.diff(triples[:, 2], prepend=0)[is_same]
    of = triples[is_same, 1]
    order = np.argsort(of, kind="stable")
    cycle_days = np.full(products, np.nan)
    starts = np.searchsorted(of[order], np.arange(products + 1))
    for place in range(products):
        mine = gaps[order][starts[place] : starts[place + 1]]
        if len(mine):
            cycle_days[place] = np.median(mine)
    return buyers, rebuyers, cycle_days


async def save(connection: asyncpg.Connection, model_id: int, model: Model) -> None:
    """Write what ``load`` reads, within the caller's transaction."""
    ids = model.catalogue.ids
    await connection.copy_records_to_table(
        "model_product",
        columns=("model_id", "product_id", "buyers", "rebuyers", "cycle_days"),
        records=[
            (
                model_id,
                int(ids[n]),
                int(model.buyers[n]),
                int(model.rebuyers[n]),
                _number(model.cycle_days[n]),
            )
            for n in range(len(ids))
        ],
        timeout=_TIMEOUT_S,
    )
    await connection.copy_records_to_table(
        "model_neighbour",
        columns=("model_id", "product_id", "kind", "neighbour_id", "strength"),
        records=[
            (model_id, int(ids[place]), kind, int(ids[other]), float(strength))
            for kind, near in (("like", model.like), ("with", model.together), ("after", model.after))
            for place, (others, strengths) in enumerate(near)
            for other, strength in zip(others, strengths, strict=True)
        ],
        timeout=_TIMEOUT_S,
    )


async def current_model_id(connection: asyncpg.Connection) -> int | None:
    """Which model the cards show. Raises: what is in ``storage.postgres.FAULTS``."""
    found: int | None = await connection.fetchval("select model_id from suggestion_model where is_current")
    return found


async def load(connection: asyncpg.Connection, model_id: int, catalogue: Catalogue) -> Model:
    """The model of that id for the products of ``catalogue``; those it does not know have no neighbours.

    Raises: what is in ``storage.postgres.FAULTS``.
    """
    known = await connection.fetch(
        "select product_id, buyers, rebuyers, cycle_days from model_product where model_id = $1", model_id
    )
    near = await connection.fetch(_NEIGHBOURS, model_id, timeout=_TIMEOUT_S)
    # Thousands of small arrays: the event loop, on which rings wait, goes on meanwhile.
    return await asyncio.to_thread(_assemble, catalogue, known, near)


_NEIGHBOURS = """
select kind, product_id, array_agg(neighbour_id order by neighbour_id) as neighbours,
       array_agg(strength order by neighbour_id) as strengths
from model_neighbour where model_id = $1 group by kind, product_id
"""


def _assemble(catalogue: Catalogue, known: Sequence[asyncpg.Record], near: Sequence[asyncpg.Record]) -> Model:
    products, place_of = len(catalogue), catalogue.place_of
    buyers, rebuyers = np.zeros(products, dtype=np.int64), np.zeros(products, dtype=np.int64)
    cycle_days = np.full(products, np.nan)
    for product_id, bought, again, days in known:
        place = place_of.get(product_id)
        if place is not None:
            buyers[place], rebuyers[place] = bought, again
            cycle_days[place] = np.nan if days is None else days
    nobody: Near = (np.array([], dtype=np.int64), np.array([], dtype=np.float64))
    of: dict[str, list[Near]] = {kind: [nobody] * products for kind in ("like", "with", "after")}
    for kind, product_id, neighbours, strengths in near:
        place = place_of.get(product_id)
        if place is not None:
            of[kind][place] = _near(catalogue, neighbours, strengths)
    return Model(catalogue, of["like"], of["with"], of["after"], buyers, rebuyers, cycle_days)


def _near(catalogue: Catalogue, neighbours: Sequence[int], strengths: Sequence[float]) -> Near:
    """Neighbours in the order of their ids, which is that of their places; without those that are gone."""
    ids = np.array(neighbours, dtype=np.int64)
    places = np.searchsorted(catalogue.ids, ids)
    is_there = np.isin(ids, catalogue.ids)
    return places[is_there], np.array(strengths, dtype=np.float64)[is_there]


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)

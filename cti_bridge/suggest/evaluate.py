"""How good suggestions would have been: each customer's last purchases held back and looked for.

Everything is learned from the purchases before, the most popular list too.
Customers count who bought on at least two days. Of what they bought on the
last, new is what they had never bought before; the rest was used up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import asyncpg
import numpy as np
from numpy.typing import NDArray

from cti_bridge.settings import SuggestSettings
from cti_bridge.suggest.acceptance import Acceptance
from cti_bridge.suggest.candidates import Bought, Taste
from cti_bridge.suggest.catalogue import Catalogue, read_catalogue
from cti_bridge.suggest.model import Model, fit
from cti_bridge.suggest.purchases import Purchases, read_purchases
from cti_bridge.suggest.recommend import Recommender

SHOWN = 5
# So many customers tell within a per cent; a large house has a hundred times as many.
MAX_CUSTOMERS = 20_000
_EPOCH = date(1970, 1, 1).toordinal()

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Quality:
    """Shares: ``hit_rate`` of held-back purchases that were among the five, ``hit_rate_new`` of the new ones.

    ``coverage``: of the products, those that were ever shown to anybody.
    """

    hit_rate: float
    hit_rate_new: float
    coverage: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """``customers`` whose last purchases were held back; quality by way of suggesting."""

    customers: int
    ways: dict[str, Quality] = field(default_factory=dict)


async def evaluate(
    pool: asyncpg.Pool, settings: SuggestSettings, *, progress: Progress | None = None
) -> Evaluation:
    """Hold back each customer's last day and compare. Raises: what is in ``storage.postgres.FAULTS``."""
    async with pool.acquire() as connection, connection.transaction(readonly=True):
        catalogue = await read_catalogue(connection)
        purchases = await read_purchases(connection, catalogue)
    return compare(purchases, catalogue, settings, progress=progress)


def compare(
    purchases: Purchases, catalogue: Catalogue, settings: SuggestSettings, *, progress: Progress | None = None
) -> Evaluation:
    """The same on purchases in hand. Plain computing."""
    known, held_back = _split(purchases)
    if not held_back:
        return Evaluation(0)
    model = fit(known, catalogue)
    ours = Recommender(0, model, settings, ZoneInfo("UTC"), Acceptance({}))
    tastes = _tastes(known, sorted(held_back)[:MAX_CUSTOMERS])
    names = ("ours", "item-to-item", "most popular")
    hits, hits_new = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    shown: dict[str, set[int]] = {name: set() for name in names}
    held, held_new = 0, 0
    for number, (customer, taste) in enumerate(tastes.items(), 1):
        wanted, day = held_back[customer]
        new = wanted - taste.bought.keys()
        held, held_new = held + len(wanted), held_new + len(new)
        now = datetime.combine(date.fromordinal(_EPOCH + day), time(12), UTC)
        lists = {
            "ours": [choice.place for choice in ours.choose(taste, now)][:SHOWN],
            "item-to-item": _item_to_item(taste, model),
            "most popular": [place for place in map(int, model.popular()) if place not in taste.bought][
                :SHOWN
            ],
        }
        for name, places in lists.items():
            hits[name] += len(wanted & set(places))
            hits_new[name] += len(new & set(places))
            shown[name].update(places)
        if progress is not None and number % 500 == 0:
            progress(number, len(tastes))
    can_offer = max(1, int(catalogue.can_offer.sum()))
    ways = {
        name: Quality(hits[name] / held, hits_new[name] / max(1, held_new), len(shown[name]) / can_offer)
        for name in names
    }
    return Evaluation(len(tastes), ways)


def _split(purchases: Purchases) -> tuple[Purchases, dict[int, tuple[set[int], int]]]:
    """What is learned from, and by customer what was bought on the last day, and the day."""
    last: NDArray[np.int64] = np.zeros(len(purchases.customer_ids), dtype=np.int64)
    np.maximum.at(last, purchases.customers, purchases.days)
    is_last = purchases.days == last[purchases.customers]
    experienced = set(purchases.customers[~is_last].tolist())
    held_back: dict[int, tuple[set[int], int]] = {}
    for customer, product in zip(
        purchases.customers[is_last].tolist(), purchases.products[is_last].tolist(), strict=True
    ):
        if customer in experienced:
            held_back.setdefault(customer, (set(), int(last[customer])))[0].add(product)
    kept = ~is_last
    known = Purchases(
        purchases.customers[kept],
        purchases.orders[kept],
        purchases.products[kept],
        purchases.days[kept],
        purchases.marks,
        purchases.customer_ids,
    )
    return known, held_back


def _tastes(known: Purchases, customers: list[int]) -> dict[int, Taste]:
    order = np.lexsort((known.days, known.customers))
    ends = np.searchsorted(known.customers[order], np.arange(len(known.customer_ids) + 1))
    found: dict[int, Taste] = {}
    for customer in customers:
        mine = order[ends[customer] : ends[customer + 1]]
        bought: dict[int, Bought] = {}
        for product, day in zip(known.products[mine].tolist(), known.days[mine].tolist(), strict=True):
            before = bought.get(product)
            bought[product] = Bought((before.times if before else 0) + 1, date.fromordinal(_EPOCH + day))
        found[customer] = Taste(int(known.customer_ids[customer]), bought)
    return found


def _item_to_item(taste: Taste, model: Model) -> list[int]:
    """Plain item-to-item, the peer: nearness summed over what was bought."""
    scores = np.zeros(len(model.catalogue))
    for place, bought in taste.bought.items():
        places, strengths = model.like[place]
        scores[places] += bought.times**0.5 * strengths
    scores[list(taste.bought)] = 0.0
    scores[~model.catalogue.can_offer] = 0.0
    order = np.argsort(-scores, kind="stable")[:SHOWN]
    return [int(place) for place in order if scores[place] > 0]

"""The products as suggestions see them: each has a place, by which arrays are indexed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import asyncpg
import numpy as np
from numpy.typing import NDArray

from cti_bridge.customers.questions import Question, matches
from cti_bridge.suggest.variants import variants

Ids = NDArray[np.int64]
Flags = NDArray[np.bool_]
# For each answer to a counselling question, by question and answer: the products it speaks for.
Matches: TypeAlias = Mapping[tuple[str, str], frozenset[int]]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """``ids`` ascend; everything else is by place in them.

    ``can_offer``: active and in stock. ``variant``: the same number for sizes
    of one article. ``repeats``: whether a product is bought again, by place,
    where the shop said so.
    """

    ids: Ids
    categories: tuple[str, ...]
    can_offer: Flags
    variant: NDArray[np.int64]
    repeats: Mapping[int, bool]
    place_of: Mapping[int, int]

    @classmethod
    def of(cls, products: Iterable[tuple[int, str, str, bool, bool | None]]) -> Catalogue:
        """From (id, category, name, can be offered, repeats), in the order of their ids."""
        rows = list(products)
        ids = np.fromiter((row[0] for row in rows), np.int64, len(rows))
        return cls(
            ids=ids,
            categories=tuple(row[1] for row in rows),
            can_offer=np.fromiter((row[3] for row in rows), np.bool_, len(rows)),
            variant=variants((row[1], row[2]) for row in rows),
            repeats={place: row[4] for place, row in enumerate(rows) if row[4] is not None},
            place_of={int(product): place for place, product in enumerate(ids)},
        )

    def __len__(self) -> int:
        return len(self.ids)


async def read_catalogue(connection: asyncpg.Connection) -> Catalogue:
    """All products. Raises: what is in ``storage.postgres.FAULTS``."""
    rows = await connection.fetch(
        "select product_id, category, name, is_active and is_in_stock, repeats from product order by 1"
    )
    return Catalogue.of(tuple(row) for row in rows)


async def read_matches(connection: asyncpg.Connection, questions: Sequence[Question]) -> Matches:
    """Which answers speak for which products. Raises: what is in ``storage.postgres.FAULTS``."""
    if not questions:
        return {}
    rows = await connection.fetch("select product_id, sku, category from product")
    return matches(questions, (tuple(row) for row in rows))

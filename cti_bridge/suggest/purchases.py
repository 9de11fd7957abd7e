"""Everybody's purchases as arrays, for training: streamed, because a large house has ten million of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import asyncpg
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cti_bridge.suggest.catalogue import Catalogue

# A matrix of scipy.sparse in CSR form; scipy carries no types.
Csr = Any

_LINES = """
select o.customer_id, o.order_id, l.product_id, extract(epoch from o.ordered_at)::bigint / 86400
from "order" o join order_line l using (order_id)
where o.customer_id is not null and o.status not in ('cancelled', 'returned')
order by o.customer_id, o.order_id, l.line
"""
_MARKS = "select customer_id, product_id from favourite"
_CHUNK_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Purchases:
    """One element a line kept; customers and orders are numbered from 0, products by place.

    ``marks``: favourites, as pairs of customer and product.
    """

    customers: NDArray[np.int32]
    orders: NDArray[np.int32]
    products: NDArray[np.int32]
    days: NDArray[np.int32]
    marks: NDArray[np.int32]
    customer_ids: NDArray[np.int64]

    def times(self, products: int) -> Csr:
        """Customers by products: on how many lines each was bought."""
        ones = np.ones(len(self.customers))
        shape = (len(self.customer_ids), products)
        return sparse.csr_matrix((ones, (self.customers, self.products)), shape=shape)

    def favourites(self, products: int) -> Csr:
        """Customers by products: 1 where it is marked."""
        shape = (len(self.customer_ids), products)
        return sparse.csr_matrix(
            (np.ones(len(self.marks)), (self.marks[:, 0], self.marks[:, 1])), shape=shape
        )

    def baskets(self, products: int) -> Csr:
        """Orders by products: 1 where the order had it."""
        orders = int(self.orders.max()) + 1 if len(self.orders) else 0
        found = sparse.csr_matrix(
            (np.ones(len(self.orders)), (self.orders, self.products)), shape=(orders, products)
        )
        found.data[:] = 1.0
        return found


async def read_purchases(connection: asyncpg.Connection, catalogue: Catalogue) -> Purchases:
    """Everybody's, within the caller's transaction. Raises: what is in ``storage.postgres.FAULTS``."""
    chunks: list[NDArray[np.int64]] = []
    cursor = await connection.cursor(_LINES)
    while rows := await cursor.fetch(_CHUNK_ROWS):
        chunks.append(np.array([tuple(row) for row in rows], dtype=np.int64))
    lines = np.concatenate(chunks) if chunks else np.empty((0, 4), dtype=np.int64)
    marks = [tuple(row) for row in await connection.fetch(_MARKS)]
    return purchases_of(lines, np.array(marks, dtype=np.int64).reshape(-1, 2), catalogue)


def purchases_of(lines: NDArray[np.int64], marks: NDArray[np.int64], catalogue: Catalogue) -> Purchases:
    """From rows of customer, order, product, day, and of customer, product; unknown products are left out."""
    lines, marks = lines[np.isin(lines[:, 2], catalogue.ids)], marks[np.isin(marks[:, 1], catalogue.ids)]
    customer_ids, numbers = np.unique(np.concatenate([lines[:, 0], marks[:, 0]]), return_inverse=True)
    _, orders = np.unique(lines[:, 1], return_inverse=True)
    count = len(lines)
    marked = np.column_stack([numbers[count:], np.searchsorted(catalogue.ids, marks[:, 1])])
    return Purchases(
        customers=numbers[:count].astype(np.int32),
        orders=orders.astype(np.int32),
        products=np.searchsorted(catalogue.ids, lines[:, 2]).astype(np.int32),
        days=lines[:, 3].astype(np.int32),
        marks=marked.astype(np.int32),
        customer_ids=customer_ids,
    )

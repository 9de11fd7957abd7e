"""Which products go with which: wanted by the same people, bought in one order, bought afterwards.

All three are cosines between 0 and 1, of which the strongest few are kept for
each product. Item to item: two products are near when the same people want
both; people who want nearly everything say little. What was bought together
or afterwards needs ``MIN_SUPPORT`` cases, and counts half within one category:
an armchair completes a sofa, a second sofa does not.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from implicit.nearest_neighbours import ItemItemRecommender
from numpy.typing import NDArray
from scipy import sparse
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from cti_bridge.suggest.catalogue import Catalogue
from cti_bridge.suggest.purchases import Csr, Purchases

# Places of the neighbours, ascending, and how strong each is.
Near: TypeAlias = tuple[NDArray[np.int64], NDArray[np.float64]]

# Neighbours kept of each product. More do not help: on generated customers 50 and 300 of
# 300 products found 30.8 and 30.6 per cent of held-back purchases among the first five.
NEIGHBOURS = 50
COMPANIONS = 20
MIN_SUPPORT = 3
SAME_CATEGORY = 0.5
# A favourite says as much as one purchase.
FAVOURITE_WEIGHT = 1.0


def like(purchases: Purchases, products: int) -> list[Near]:
    """Of each product those wanted by the same people. The same input gives the same output."""
    wanted = (purchases.times(products).sqrt() + FAVOURITE_WEIGHT * purchases.favourites(products)).tocsr()
    if not wanted.nnz:
        return [_nothing()] * products
    wants = np.maximum(np.diff(wanted.indptr), 1)
    weighted = sparse.diags(np.log1p(products / wants)) @ wanted
    lengths = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=0)).ravel())
    weighted = weighted @ sparse.diags(1.0 / np.where(lengths > 0, lengths, 1.0))
    # One thread: a live server trains beside its calls. The limit on BLAS silences implicit's warning.
    model = ItemItemRecommender(K=min(NEIGHBOURS, products) + 1, num_threads=1)
    with threadpool_limits(1, "blas"):
        model.fit(sparse.csr_matrix(weighted), show_progress=False)
    near = model.similarity
    return _rows((near - sparse.diags(near.diagonal())).tocsr(), NEIGHBOURS)


def together(purchases: Purchases, catalogue: Catalogue) -> list[Near]:
    """Of each product those bought in one order with it."""
    baskets = purchases.baskets(len(catalogue))
    return _companions((baskets.T @ baskets).tocsr(), catalogue)


def after(purchases: Purchases, catalogue: Catalogue) -> list[Near]:
    """Of each product those that people bought for the first time on a later day than it."""
    products = len(catalogue)
    first = _first_days(purchases, products)
    by_product = first.tocsc()
    counts = []
    for place in range(products):
        begin, end = by_product.indptr[place], by_product.indptr[place + 1]
        buyers, days = by_product.indices[begin:end], by_product.data[begin:end]
        theirs = first[buyers]
        is_later = theirs.data > np.repeat(days, np.diff(theirs.indptr))
        counts.append(np.bincount(theirs.indices[is_later], minlength=products))
    table = sparse.csr_matrix(np.array(counts, dtype=np.float64).reshape(products, products))
    return _companions(table, catalogue, np.diff(by_product.indptr))


def _first_days(purchases: Purchases, products: int) -> Csr:
    """Customers by products: the day of the first purchase, above 0."""
    order = np.lexsort((purchases.days, purchases.products, purchases.customers))
    customers, bought = purchases.customers[order], purchases.products[order]
    is_first = np.ones(len(order), dtype=np.bool_)
    is_first[1:] = (customers[1:] != customers[:-1]) | (bought[1:] != bought[:-1])
    days = purchases.days[order][is_first].astype(np.float64)
    shape = (len(purchases.customer_ids), products)
    return sparse.csr_matrix((days, (customers[is_first], bought[is_first])), shape=shape)


def _companions(
    counts: Csr, catalogue: Catalogue, occurrences: NDArray[np.int64] | None = None
) -> list[Near]:
    """Cosines from counts of pairs; ``occurrences`` of each product alone, by default the diagonal."""
    alone = counts.diagonal() if occurrences is None else occurrences.astype(np.float64)
    pairs = counts.tocoo()
    is_pair = (pairs.row != pairs.col) & (pairs.data >= MIN_SUPPORT)
    rows, columns, data = pairs.row[is_pair], pairs.col[is_pair], pairs.data[is_pair]
    strength = data / np.sqrt(alone[rows] * alone[columns])
    _, category = np.unique(np.array(catalogue.categories), return_inverse=True)
    if len(rows):
        strength = np.where(category[rows] == category[columns], SAME_CATEGORY * strength, strength)
    return _rows(sparse.csr_matrix((strength, (rows, columns)), shape=counts.shape), COMPANIONS)


def _rows(matrix: Csr, most: int) -> list[Near]:
    """The strongest of each row; of equal ones the lower place."""
    found: list[Near] = []
    for row in range(matrix.shape[0]):
        part = slice(matrix.indptr[row], matrix.indptr[row + 1])
        places, strengths = matrix.indices[part].astype(np.int64), matrix.data[part].astype(np.float64)
        is_kept = strengths > 1e-9
        places, strengths = places[is_kept], strengths[is_kept]
        best = np.sort(np.lexsort((places, -strengths))[:most])
        places, strengths = places[best], strengths[best]
        order = np.argsort(places)
        found.append((places[order], strengths[order]))
    return found


def _nothing() -> Near:
    return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float64)

"""How near each product is to each other product, from what everybody bought and marked.

Item to item: two products are near when the same people want both. Their
nearness is a cosine, in which people who want nearly everything say little.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from implicit.nearest_neighbours import ItemItemRecommender
from numpy.typing import NDArray
from scipy import sparse
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

# A matrix of scipy.sparse in CSR form; scipy carries no types.
Csr = Any
Ids = NDArray[np.int64]

# Neighbours kept of each product. More do not help: on generated customers 50 and 300 of
# 300 products found 30.8 and 30.6 per cent of held-back purchases among the first five.
NEIGHBOURS = 50
# A favourite says as much as one purchase.
FAVOURITE_WEIGHT = 1.0


@dataclass(frozen=True, slots=True)
class History:
    """What training knows; rows of the matrices are places in ``customers``, columns in ``products``.

    ``customers`` and ``products`` are ids, ascending. ``times``: how often each
    was bought and kept. ``ordered``: 1 where it was ever ordered, even if sent
    back. ``favourites``: 1 where it is marked. ``can_offer``: per product,
    whether it is active and in stock. ``variant``: per product, the same number
    for sizes of one article.
    """

    customers: Ids
    products: Ids
    times: Csr
    ordered: Csr
    favourites: Csr
    can_offer: NDArray[np.bool_]
    variant: NDArray[np.int64]


def liking(history: History) -> Csr:
    """How much each customer showed to want each product; grows with the root of the times bought."""
    return (history.times.sqrt() + FAVOURITE_WEIGHT * history.favourites).tocsr()


def nearness(wanted: Csr) -> Csr:
    """Products by products, 0 to 1: of each the ``NEIGHBOURS`` nearest, itself left out.

    ``wanted`` is what ``liking`` returns. The same input gives the same output.
    """
    _, products = wanted.shape
    wants = np.maximum(np.diff(wanted.indptr), 1)
    weighted = sparse.diags(np.log1p(products / wants)) @ wanted
    lengths = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=0)).ravel())
    weighted = weighted @ sparse.diags(1.0 / np.where(lengths > 0, lengths, 1.0))
    # One thread: a live server trains beside its calls. The limit on BLAS silences implicit's warning.
    model = ItemItemRecommender(K=min(NEIGHBOURS, products) + 1, num_threads=1)
    with threadpool_limits(1, "blas"):
        model.fit(sparse.csr_matrix(weighted), show_progress=False)
    near = model.similarity
    return (near - sparse.diags(near.diagonal())).tocsr()


def popularity(history: History) -> NDArray[np.int64]:
    """Places of the products that may be offered, the one with most buyers first, then by id."""
    buyers = np.bincount(history.times.indices, minlength=len(history.products))
    order = np.lexsort((history.products, -buyers))
    return np.asarray(order[history.can_offer[order]], dtype=np.int64)

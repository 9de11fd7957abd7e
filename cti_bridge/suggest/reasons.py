"""Why a product is suggested, as a code the pages turn into a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Code = Literal["bought_with", "favourite_like", "popular"]


@dataclass(frozen=True, slots=True)
class Because:
    """``product``: place of the product that speaks most for the suggestion; None for ``popular``."""

    code: Code
    product: int | None


POPULAR = Because("popular", None)


def because(
    sources: NDArray[np.int64],
    nearness: NDArray[np.float64],
    wanted: NDArray[np.float64],
    is_bought: NDArray[np.bool_],
) -> Because:
    """The reason for a product near ``sources``, how near each is standing beside it.

    ``wanted`` and ``is_bought`` are per product, of the customer. The product
    that adds most to the score is named; of equal ones the first. What was
    bought is named as bought even if it is a favourite too.
    """
    source = int(sources[np.argmax(wanted[sources] * nearness)])
    return Because("bought_with" if is_bought[source] else "favourite_like", source)

"""Which products are one article in several sizes, told by their names.

Five sizes of one tea are no five suggestions. Shops seldom say which articles
belong together, but they write the size last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

# A last word with a digit in it, or a letter size, alone or a span of two (M-L).
_SIZE = re.compile(r"\s+(?:\S*\d\S*|(?:[SML]|[X3-9]?[SL]{1,3})(?:-(?:[SML]|LL))?)$")


def variants(names: Iterable[tuple[str, str]]) -> NDArray[np.int64]:
    """For each (category, name) a number, the same for names that differ only in their size."""
    numbers: dict[tuple[str, str], int] = {}
    return np.array(
        [numbers.setdefault((category, _SIZE.sub("", name)), len(numbers)) for category, name in names],
        dtype=np.int64,
    )

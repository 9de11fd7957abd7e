"""Which products mark a stage: by the kind each bears, and by the rules of the settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal, TypeAlias

import asyncpg

from cti_bridge.settings import ProductRule, SegmentSettings

Kind: TypeAlias = Literal["trial", "main", "subscription", "other"]


@dataclass(frozen=True, slots=True)
class Kinds:
    """The kind of each product by id. Without any main product, whatever is no trial counts as one."""

    by_product: Mapping[int, Kind]

    def of(self, product_id: int) -> Kind:
        """The product's kind."""
        return self.by_product.get(product_id, "other")

    @classmethod
    def of_catalogue(cls, products: Iterable[tuple[int, str, str, Kind]], settings: SegmentSettings) -> Kinds:
        """From (id, SKU, category, own kind). A rule that names the product counts before its own kind."""
        rules: tuple[tuple[Kind, ProductRule], ...] = (
            ("subscription", settings.subscription),
            ("trial", settings.trial),
            ("main", settings.main),
        )
        found: dict[int, Kind] = {}
        for product_id, sku, category, own in products:
            found[product_id] = next((kind for kind, rule in rules if _names(rule, sku, category)), own)
        if "main" not in found.values():
            found = {product: "main" if kind == "other" else kind for product, kind in found.items()}
        return cls(found)


async def read_kinds(connection: asyncpg.Connection, settings: SegmentSettings) -> Kinds:
    """The kinds of all products. Raises: what is in ``storage.postgres.FAULTS``."""
    rows = await connection.fetch("select product_id, sku, category, kind from product")
    return Kinds.of_catalogue((tuple(row) for row in rows), settings)


def _names(rule: ProductRule, sku: str, category: str) -> bool:
    return any(fnmatchcase(sku, pattern) for pattern in rule.skus) or any(
        fnmatchcase(category, pattern) for pattern in rule.categories
    )

"""How customers are told apart by what they bought: RFM, stage, purchase cycle."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, field_validator

from cti_bridge.settings.section import Section

Days: TypeAlias = Annotated[int, Field(ge=1, le=36_500)]
# Where the scores 2, 3, 4 and 5 begin.
Steps: TypeAlias = tuple[int, int, int, int]


class ProductRule(Section):
    """Products by their SKUs or categories, as shell patterns (``TRIAL-*``)."""

    skus: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


class SegmentSettings(Section):
    """``rfm``: scores from a fifth of the customers each, or from fixed thresholds.

    ``recency_days``: a last order at most so many days ago scores 2, 3, 4, 5;
    the others from so many orders, so much money. ``trial``, ``main``,
    ``subscription``: which products mark a stage, beside the kind each product
    itself bears. ``rebuild_at``: when, in the region's time, all is computed anew.
    """

    rfm: Literal["quintiles", "thresholds"] = "quintiles"
    recency_days: Steps = (365, 180, 90, 30)
    frequency_orders: Steps = (2, 3, 5, 10)
    monetary_minor: Steps = (5_000, 15_000, 50_000, 150_000)
    dormant_after_days: Days = 365
    repeater_from_orders: Annotated[int, Field(ge=2, le=100)] = 2
    trial: ProductRule = ProductRule()
    main: ProductRule = ProductRule()
    subscription: ProductRule = ProductRule()
    cycle_min_purchases: Annotated[int, Field(ge=3, le=50)] = 3
    due_before_days: Annotated[int, Field(ge=0, le=365)] = 7
    overdue_after_days: Annotated[int, Field(ge=0, le=365)] = 7
    rebuild_at: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] = "03:30"

    @field_validator("recency_days")
    @classmethod
    def _falls(cls, steps: Steps) -> Steps:
        if list(steps) != sorted(steps, reverse=True):
            raise ValueError("must fall from score to score: who ordered lately scores more")
        return steps

    @field_validator("frequency_orders", "monetary_minor")
    @classmethod
    def _rises(cls, steps: Steps) -> Steps:
        if list(steps) != sorted(steps):
            raise ValueError("must rise from score to score: who bought more scores more")
        return steps

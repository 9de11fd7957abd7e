"""What is suggested, how it is ranked, and when nothing is."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

from cti_bridge.settings.section import Section

Weight: TypeAlias = Annotated[float, Field(ge=0, le=100)]


class SuggestSettings(Section):
    """``weight_*``: how much each reason counts. ``learning``: how far outcomes move a product's rank.

    ``gate_*``: no cross-sell before one of them is reached; 0 for no gate.

    ``declined_rest_days``: how long what was declined is not offered again;
    ``bought_rest_days``: the same for what was just bought. ``train_at``: when, in the region's time.
    """

    weight_like: Weight = 1.0
    weight_together: Weight = 0.3
    weight_after: Weight = 0.2
    weight_replenishment: Weight = 1.5
    weight_counselling: Weight = 1.0
    weight_popular: Weight = 0.05
    learning: Annotated[float, Field(ge=0, le=1)] = 0.5
    declined_rest_days: Annotated[int, Field(ge=0, le=3650)] = 90
    bought_rest_days: Annotated[int, Field(ge=0, le=3650)] = 14
    gate_thank_yous: Annotated[int, Field(ge=0, le=100)] = 0
    gate_months: Annotated[int, Field(ge=0, le=120)] = 0
    train_at: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] = "04:00"

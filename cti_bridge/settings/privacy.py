"""Who sees what of a customer, and how long records are kept."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from cti_bridge.settings.section import Section

# 0: kept for good.
KeptDays: TypeAlias = Annotated[int, Field(ge=0, le=36_500)]


class PrivacySettings(Section):
    """``ringing_card``: what an agent sees of the caller before answering.

    ``all`` the whole card, ``masked`` the card with name, numbers and address
    covered, ``name_only`` the name with its reading, rank and cautions.
    """

    ringing_card: Literal["all", "masked", "name_only"] = "all"


class RetentionSettings(Section):
    """How many days each kind of record is kept after its end; 0 for good."""

    calls_days: KeptDays = 0
    contacts_days: KeptDays = 0
    notes_days: KeptDays = 0
    orders_days: KeptDays = 0
    outcomes_days: KeptDays = 0
    card_views_days: KeptDays = 730
    commands_days: KeptDays = 365

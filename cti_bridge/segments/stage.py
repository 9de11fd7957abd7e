"""The seven stages of a customer, told by what was bought.

The first that holds, from above:

=============  ===================================================================================
excluded       marked so: staff, resellers, people who asked to be left alone
never_bought   no order was kept
subscription   a subscription was bought, the last one no longer ago than ``dormant_after_days``
dormant        the last order is longer ago than that
repeater       a main product was bought on at least ``repeater_from_orders`` days
main           a main product was bought
trial          something else was bought: a trial, an accessory
=============  ===================================================================================
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from cti_bridge.segments.kinds import Kind
from cti_bridge.segments.names import Stage
from cti_bridge.settings import SegmentSettings


@dataclass(frozen=True, slots=True)
class StageRules:
    """See ``settings.SegmentSettings``."""

    dormant_after_days: int = 365
    repeater_from_orders: int = 2

    @classmethod
    def of(cls, settings: SegmentSettings) -> StageRules:
        """The rules of the settings."""
        return cls(settings.dormant_after_days, settings.repeater_from_orders)


def stage(
    *,
    is_excluded: bool,
    last_order_on: date | None,
    bought: Iterable[tuple[Kind, date]],
    today: date,
    rules: StageRules,
) -> Stage:
    """The stage of who bought products of these kinds on these days, and last ordered on that one."""
    if is_excluded:
        return "excluded"
    if last_order_on is None:
        return "never_bought"
    days: dict[Kind, set[date]] = {}
    for kind, day in bought:
        days.setdefault(kind, set()).add(day)
    subscribed = days.get("subscription")
    if subscribed and (today - max(subscribed)).days <= rules.dormant_after_days:
        return "subscription"
    if (today - last_order_on).days > rules.dormant_after_days:
        return "dormant"
    main = len(days.get("main", ()))
    if main >= rules.repeater_from_orders:
        return "repeater"
    return "main" if main else "trial"

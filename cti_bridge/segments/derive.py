"""From a customer's history to where the customer stands: a segment, with the share of each product. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from cti_bridge.segments.cues import preferred_channel
from cti_bridge.segments.cycle import cycle
from cti_bridge.segments.history import History
from cti_bridge.segments.kinds import Kinds
from cti_bridge.segments.names import ContactChannel, Stage
from cti_bridge.segments.rfm import RfmBoundaries
from cti_bridge.segments.stage import StageRules, stage


@dataclass(frozen=True, slots=True)
class Rules:
    """What segments are computed by. ``zone``: where days begin."""

    kinds: Kinds
    boundaries: RfmBoundaries
    stage: StageRules
    cycle_min_purchases: int
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Share:
    """One product in all that was bought. ``times``: on how many days."""

    product_id: int
    times: int
    quantity: int
    amount_minor: int
    first_at: datetime
    last_at: datetime
    cycle_days: float | None
    spread_days: float | None
    due_on: date | None


@dataclass(frozen=True, slots=True)
class Scores:
    """RFM, each from 1 to 5."""

    recency: int
    frequency: int
    monetary: int


@dataclass(frozen=True, slots=True)
class Segment:
    """Where one customer stands. ``scores`` is None for who never bought."""

    customer_id: int
    stage: Stage
    scores: Scores | None
    orders_total: int
    amount_total_minor: int
    first_order_at: datetime | None
    last_order_at: datetime | None
    contacts_total: int
    last_call_at: datetime | None
    thank_yous: int
    preferred_channel: ContactChannel | None
    shares: tuple[Share, ...]


def derive(history: History, rules: Rules, now: datetime) -> Segment:
    """The segment of ``history`` as of ``now``, which is aware."""
    today = now.astimezone(rules.zone).date()
    last = history.last_order_at
    last_on = None if last is None else last.astimezone(rules.zone).date()
    kinds = rules.kinds
    return Segment(
        customer_id=history.customer_id,
        stage=stage(
            is_excluded=history.is_excluded,
            last_order_on=last_on,
            bought=((kinds.of(one.product_id), day) for one in history.products for day in one.days),
            today=today,
            rules=rules.stage,
        ),
        scores=(
            _scores(history, rules.boundaries, (today - last_on).days)
            if last_on is not None and rules.boundaries.are_known
            else None
        ),
        orders_total=history.orders,
        amount_total_minor=history.amount_minor,
        first_order_at=history.first_order_at,
        last_order_at=last,
        contacts_total=history.contacts,
        last_call_at=history.last_call_at,
        thank_yous=history.thank_yous,
        preferred_channel=preferred_channel(history.came, now),
        shares=_shares(history, rules.cycle_min_purchases),
    )


def _scores(history: History, boundaries: RfmBoundaries, days: int) -> Scores:
    return Scores(
        boundaries.recency.score(-days),
        boundaries.frequency.score(history.orders),
        boundaries.monetary.score(history.amount_minor),
    )


def _shares(history: History, min_purchases: int) -> tuple[Share, ...]:
    shares = []
    for one in history.products:
        found = cycle(one.days, min_purchases) if len(one.days) >= min_purchases else None
        shares.append(
            Share(
                one.product_id,
                len(one.days),
                one.quantity,
                one.amount_minor,
                one.first_at,
                one.last_at,
                None if found is None else found.days,
                None if found is None else found.spread_days,
                None if found is None else found.due_on,
            )
        )
    return tuple(shares)

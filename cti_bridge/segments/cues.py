"""Which channel a customer prefers, told by how the customer comes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from cti_bridge.segments.names import ContactChannel

# Fewer contacts of the customer's own say nothing of a preference.
MIN_CONTACTS = 3
# A contact counts half as much after a year: people change from letters to the telephone.
HALF_LIFE_DAYS = 365.0


def preferred_channel(
    contacts: Iterable[tuple[ContactChannel, datetime]], now: datetime
) -> ContactChannel | None:
    """The channel of most of the customer's own contacts, later ones counting more; None for too few.

    Of channels that weigh the same the one used last.
    """
    weights: dict[ContactChannel, float] = {}
    last: dict[ContactChannel, datetime] = {}
    count = 0
    for channel, at in contacts:
        count += 1
        age_days = max(0.0, (now - at).total_seconds() / 86_400)
        weights[channel] = weights.get(channel, 0.0) + 0.5 ** (age_days / HALF_LIFE_DAYS)
        last[channel] = max(last.get(channel, at), at)
    if count < MIN_CONTACTS:
        return None
    return max(weights, key=lambda channel: (weights[channel], last[channel], channel))

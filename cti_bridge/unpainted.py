"""Offers that went out and that no browser has painted yet: each is painted once, or over before.

A browser says of a frame that it is on the screen. Then every earlier offer of
the topic is too, whether it came in its own frame, in a snapshot after an
outage, or while the tab was hidden.
"""

from __future__ import annotations

from dataclasses import dataclass

from cti_bridge.calls.ids import CallId, OfferId
from cti_bridge.calls.views import OfferView
from cti_bridge.push.topics import Topic


@dataclass(frozen=True, slots=True)
class Sent:
    """One offer on its way to the screen; times are monotonic."""

    offer: OfferView
    call_id: CallId
    read_ns: int
    published_ns: int


class Unpainted:
    """By topic and offset. Whatever is over is dropped, so that there is no more than live offers."""

    def __init__(self) -> None:
        self._sent: dict[Topic, dict[int, Sent]] = {}

    def went_out(self, topic: Topic, offset: int, sent: Sent) -> None:
        """An offer was published at ``offset``."""
        self._sent.setdefault(topic, {})[offset] = sent

    def painted(self, topic: Topic, offset: int) -> list[tuple[Sent, bool]]:
        """What is on the screen now and was not before; whether in its own frame, so that the time counts."""
        waiting = self._sent.get(topic)
        if not waiting:
            return []
        found = [(at, sent) for at, sent in waiting.items() if at <= offset]
        for at, _ in found:
            del waiting[at]
        return [(sent, at == offset) for at, sent in found]

    def over(self, topic: Topic, offer_id: OfferId) -> bool:
        """An offer is over; answers whether it went out and was never painted."""
        waiting = self._sent.get(topic, {})
        for at, sent in waiting.items():
            if sent.offer.offer_id == offer_id:
                del waiting[at]
                return True
        return False

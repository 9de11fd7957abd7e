"""Offers on their way to a screen (P5): painted once, or over before."""

from __future__ import annotations

from cti_bridge.calls.ids import AgentId, CallId, OfferId
from cti_bridge.calls.views import OfferState, OfferView
from cti_bridge.push.topics import agent_topic
from cti_bridge.unpainted import Sent, Unpainted

A1, A2 = agent_topic(AgentId("a1")), agent_topic(AgentId("a2"))


def sent(offer_id: str) -> Sent:
    view = OfferView(OfferId(offer_id), AgentId("a1"), OfferState.RINGING, 1.0, None, None, None)
    return Sent(view, CallId("c1"), 1, 2)


def test_an_offer_is_painted_once_and_its_own_frame_gives_the_time() -> None:
    unpainted = Unpainted()
    unpainted.went_out(A1, 7, sent("o1"))
    assert unpainted.painted(A2, 7) == []
    assert unpainted.painted(A1, 6) == []
    assert unpainted.painted(A1, 7) == [(sent("o1"), True)]
    assert unpainted.painted(A1, 7) == []
    assert not unpainted.over(A1, OfferId("o1"))


def test_a_later_frame_on_the_screen_means_the_earlier_ones_are_too() -> None:
    unpainted = Unpainted()
    unpainted.went_out(A1, 7, sent("o1"))
    unpainted.went_out(A1, 9, sent("o2"))
    unpainted.went_out(A1, 12, sent("o3"))
    assert unpainted.painted(A1, 9) == [(sent("o1"), False), (sent("o2"), True)]
    assert unpainted.painted(A1, 20) == [(sent("o3"), False)]


def test_what_is_over_before_it_was_painted_never_will_be() -> None:
    unpainted = Unpainted()
    unpainted.went_out(A1, 7, sent("o1"))
    unpainted.went_out(A1, 8, sent("o2"))
    assert unpainted.over(A1, OfferId("o1"))
    assert not unpainted.over(A1, OfferId("o1"))
    assert not unpainted.over(A2, OfferId("o2"))
    assert unpainted.painted(A1, 8) == [(sent("o2"), True)]

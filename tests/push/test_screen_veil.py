"""What a ringing agent's screen is sent (O4): nothing covered until that agent answers, then all.

The call itself bears the number it comes from, as the ringing telephone shows
it too: the law is about the card.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cti_bridge.calls.outcomes import PartReason, WithdrawReason
from cti_bridge.calls.views import OfferState, OfferView
from cti_bridge.lookup.card import Card, Lookup
from cti_bridge.lookup.veil import masked, name_only
from cti_bridge.push.topics import agent_topic
from tests.lookup.test_veil import card
from tests.push.test_screen import A1, A2, COLLEAGUE, YAMADA, Browser, Stage, call, offer

VEILS = [masked, name_only]
# One customer a card; each text stands in one part of it or in several.
NOTES = ("膝が痛い", "猫アレルギー", "贈り物に緑茶")
CARDS = [
    msgspec.json.encode(card("山田 太郎", "ヤマダ タロウ", f"+8190{n}2345678", f"大阪府豊中市{n}丁目", note))
    for n, note in enumerate(NOTES, 1)
]
COVERED = [
    *NOTES,
    *(f"大阪府豊中市{n}丁目" for n in (1, 2, 3)),
    *(f"90{n}2345678" for n in (1, 2, 3)),
    "158-0094",
    "who@example.jp",
    "1948",
    "C-77",
    '"N1"',
]
STEPS = ("ring", "answer", "hold", "resume", "end", "withdraw", "recall", "card", "browser")
Veil = Callable[[bytes], bytes]


def whole(raw: bytes) -> Any:
    return json.loads(raw)


def cards_in(frame: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each offer's card in a frame, with the offer's id."""
    data = frame["data"]
    for one in data.get("offers", [data]):
        if one.get("card") is not None:
            yield one["offer_id"], one["card"]


def covered_text(frame: dict[str, Any], answered: set[str]) -> list[str]:
    """What of the covered text stands in a frame where it must not."""
    text = "".join(
        json.dumps(each, ensure_ascii=False) for offer_id, each in cards_in(frame) if offer_id not in answered
    )
    return [one for one in COVERED if one in text]


def test_the_covered_texts_stand_on_the_cards() -> None:
    everything = b"".join(CARDS).decode()
    assert [one for one in COVERED if one not in everything] == []


@pytest.mark.parametrize("veil", VEILS)
def test_who_answers_gets_it_whole_and_the_other_never(veil: Veil) -> None:
    stage = Stage(veil)
    winner, loser = stage.browser(A1), stage.browser(A2)
    first, second = offer("o1"), offer("o2", agent_id=A2)
    for each in (first, second):
        stage.screens.offered(call(), each, Lookup.FOUND, CARDS[0])
        assert stage.screens.covers(each)
    answered = offer("o1", OfferState.TALKING, answered_at_s=3.0)
    stage.screens.answered(answered)
    assert not stage.screens.covers(answered)
    assert stage.screens.covers(second)
    late = stage.browser(A2)
    stage.screens.withdrawn(second, WithdrawReason.ANSWERED_ELSEWHERE)
    assert winner.types == ["snapshot", "call.offered", "call.answered", "card.resolved"]
    assert winner.state["offers"][0]["card"] == whole(CARDS[0])
    assert covered_text(winner.frames[1], set()) == []
    assert loser.types == ["snapshot", "call.offered", "call.withdrawn"]
    for frame in loser.frames + late.frames:
        assert covered_text(frame, set()) == []


@pytest.mark.parametrize("veil", VEILS)
def test_a_card_that_comes_late_or_changes_is_covered_too(veil: Veil) -> None:
    stage = Stage(veil)
    browser = stage.browser()
    stage.screens.offered(call(), offer(), Lookup.PENDING, None)
    for raw in CARDS:
        assert stage.screens.resolved(A1, offer().offer_id, Lookup.FOUND, raw)
    stage.screens.recalled(call("main-2.0", COLLEAGUE), offer(transferred_by=A2), Lookup.FOUND, CARDS[0])
    assert browser.types[1:] == ["call.offered", *["card.resolved"] * 3, "call.transferred"]
    shown = [seen for frame in browser.frames for _, seen in cards_in(frame)]
    assert len(shown) == 4
    for frame in browser.frames:
        assert covered_text(frame, set()) == []
    for seen in shown:
        assert msgspec.convert(seen, Card).cautions, "cautions are never covered"


def test_without_a_veil_the_card_is_whole_at_the_ring() -> None:
    stage = Stage()
    browser = stage.browser()
    stage.screens.offered(call(), offer(), Lookup.FOUND, CARDS[0])
    assert browser.state["offers"][0]["card"] == whole(CARDS[0])
    stage.screens.answered(offer(state=OfferState.TALKING, answered_at_s=3.0))
    assert browser.types == ["snapshot", "call.offered", "call.answered"], "it is not sent twice"


class Floor:
    """Two agents with a browser or more each, and what rings at them."""

    def __init__(self, veil: Veil) -> None:
        self.stage = Stage(veil)
        self.browsers = {A1: [self.stage.browser(A1)], A2: [self.stage.browser(A2)]}
        self.live: dict[str, OfferView] = {}
        self.answered: set[str] = set()
        self.made = 0

    def frames(self) -> Iterator[dict[str, Any]]:
        """What every browser was sent since the last look."""
        for browser in self.each():
            yield from browser.frames
            browser.frames.clear()

    def each(self) -> list[Browser]:
        return [*self.browsers[A1], *self.browsers[A2]]

    def step(self, data: st.DataObject, at: float) -> None:
        screens = self.stage.screens
        agent_id = data.draw(st.sampled_from([A1, A2]))
        raw = data.draw(st.sampled_from([None, *CARDS]))
        lookup = Lookup.PENDING if raw is None else Lookup.FOUND
        view = call(data.draw(st.sampled_from(["c1", "c2"])), data.draw(st.sampled_from([YAMADA, COLLEAGUE])))
        step = data.draw(st.sampled_from(STEPS))
        if step == "browser":
            self.browsers[agent_id].append(self.stage.browser(agent_id))
            return
        chosen = data.draw(st.sampled_from(sorted(self.live))) if self.live else None
        if step == "ring" or chosen is None:
            self.made += 1
            each = self.live[f"o{self.made}"] = offer(f"o{self.made}", agent_id=agent_id)
            screens.offered(view, each, lookup, raw)
            return
        known = self.live[chosen]
        match step:
            case "answer" if known.state is OfferState.RINGING:
                self.answered.add(chosen)
                self.live[chosen] = self.become(known, OfferState.TALKING, answered_at_s=at)
                screens.answered(self.live[chosen])
            case "hold" if known.state is OfferState.TALKING:
                self.live[chosen] = self.become(known, OfferState.HELD, held_at_s=at)
                screens.held(self.live[chosen])
            case "resume" if known.state is OfferState.HELD:
                self.live[chosen] = self.become(known, OfferState.TALKING, held_at_s=None)
                screens.resumed(self.live[chosen])
            case "end" if known.state is not OfferState.RINGING:
                ended = self.become(self.live.pop(chosen), OfferState.ENDED, ended_at_s=at)
                screens.ended(ended, PartReason.COMPLETED)
            case "withdraw" if known.state is OfferState.RINGING:
                screens.withdrawn(self.live.pop(chosen), WithdrawReason.TIMEOUT)
            case "recall":
                screens.recalled(view, known, lookup, raw)
            case "card":
                screens.resolved(known.agent_id, known.offer_id, lookup, raw)

    @staticmethod
    def become(known: OfferView, state: OfferState, **changes: Any) -> OfferView:
        fields = {
            name: getattr(known, name) for name in ("agent_id", "answered_at_s", "held_at_s", "ended_at_s")
        }
        return offer(known.offer_id, state, **fields | changes)


@pytest.mark.parametrize("veil", VEILS)
@given(st.data())
@settings(max_examples=80, deadline=None)
def test_whatever_happens_covered_text_is_sent_to_who_answered_alone(veil: Veil, data: st.DataObject) -> None:
    floor = Floor(veil)
    for at in range(data.draw(st.integers(1, 25))):
        floor.step(data, float(at))
        for frame in floor.frames():
            assert covered_text(frame, floor.answered) == []
        for agent_id, browsers in floor.browsers.items():
            snapshot = json.loads(floor.stage.screens.snapshot(agent_topic(agent_id)) or b"")
            assert covered_text({"data": snapshot}, floor.answered) == []
            cards = {one["offer_id"]: one["card"] for one in snapshot["offers"]}
            for offer_id in floor.answered & cards.keys():
                assert cards[offer_id] in [None, *map(whole, CARDS)], "whole once answered"
            for browser in browsers:
                assert {one["offer_id"]: one["card"] for one in browser.state["offers"]} == cards

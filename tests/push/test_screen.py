"""Agents' screens (P4 P5): stale snapshot + later messages = fresh snapshot, transfers told as such."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from cti_bridge.board.day import Day
from cti_bridge.board.live import Board, Person
from cti_bridge.board.windows import LatencyWindow
from cti_bridge.calls.ids import AgentId, CallId, Endpoint, OfferId, PbxId
from cti_bridge.calls.numbers import Caller, CallerKind
from cti_bridge.calls.outcomes import PartReason, WithdrawReason
from cti_bridge.calls.views import (
    AgentState,
    AgentStatus,
    AgentView,
    CallState,
    CallView,
    Direction,
    OfferState,
    OfferView,
)
from cti_bridge.clock import Clock
from cti_bridge.lookup.card import Lookup
from cti_bridge.push.frame import Frame
from cti_bridge.push.hub import LocalHub
from cti_bridge.push.screen import Screens
from cti_bridge.push.topics import agent_topic
from cti_bridge.telemetry import Telemetry

A1, A2 = AgentId("a1"), AgentId("a2")
YAMADA = Caller(CallerKind.NUMBER, "+819012345678", "090-1234-5678")
COLLEAGUE = Caller(CallerKind.EXTENSION, None, "1002")
STEPS = ("ring", "answer", "hold", "resume", "end", "withdraw", "recall", "card")
CARD = b'{"profile":{"name":"x"}}'


class Browser:
    """Applies what the screen's topic sends, as the page does."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}
        self.types: list[str] = []
        self.frames: list[dict[str, Any]] = []

    def deliver(self, frame: Frame) -> None:
        message = msgspec.json.decode(frame.json())
        self.frames.append(msgspec.json.decode(frame.json()))
        type_, data = message["type"], message["data"]
        self.types.append(type_)
        offers = {each["offer_id"]: each for each in self.state.get("offers", [])}
        match type_:
            case "snapshot":
                self.state = data
                return
            case "agent.state":
                self.state["desk"] = data
            case "notice":
                others = [each for each in self.state["notices"] if each["code"] != data["code"]]
                self.state["notices"] = others + ([data] if data["is_active"] else [])
            case "call.offered" | "call.transferred":
                offers[data["offer_id"]] = data
            case "call.withdrawn" | "call.ended":
                offers.pop(data["offer_id"])
            case "call.answered":
                offers[data["offer_id"]] |= {"state": "talking", "answered_at": data["answered_at"]}
            case "call.held":
                offers[data["offer_id"]] |= {"state": "held", "held_at": data["held_at"]}
            case "call.resumed":
                offers[data["offer_id"]] |= {"state": "talking", "held_at": None}
            case "call.recording":
                offers[data["offer_id"]]["call"] |= {name: data[name] for name in data if name != "offer_id"}
            case "card.resolved":
                offers[data["offer_id"]] |= {"lookup": data["lookup"], "card": data["card"]}
        self.state["offers"] = list(offers.values())


class Stage:
    def __init__(self, veil: Callable[[bytes], bytes] | None = None) -> None:
        clock, day = Clock(now_s=lambda: 1_800_000_000.0), Day(ZoneInfo("Asia/Tokyo"), 20)
        board = Board(day, LatencyWindow(), lambda agent_id: Person(agent_id, ""), {})
        self.hub = LocalHub(backlog_frames=64, clock=clock, telemetry=Telemetry())
        self.screens = Screens(
            self.hub, clock, day, board.label, board.waiting, lambda agent_id: f"名 {agent_id}", veil
        )
        self.hub.provide_snapshot("agent", self.screens.snapshot)
        self.screens.seat({A1, A2})

    def browser(self, agent_id: AgentId = A1) -> Browser:
        browser = Browser()
        backlog = self.hub.subscribe(agent_topic(agent_id), None, browser)
        assert backlog is not None
        for frame in backlog.frames:
            browser.deliver(frame)
        return browser


def call(call_id: str = "main-1.0", caller: Caller = YAMADA, **changes: Any) -> CallView:
    fields: dict[str, Any] = {
        "call_id": CallId(call_id),
        "pbx": PbxId("main"),
        "direction": Direction.INBOUND,
        "state": CallState.RINGING,
        "caller": caller,
        "caller_name": "",
        "dialled": "100",
        "queue": None,
        "started_at_s": 1.0,
        "queued_at_s": None,
        "answered_at_s": None,
        "ended_at_s": None,
        "offers": (),
    }
    return CallView(**fields | changes)


def offer(offer_id: str = "o1", state: OfferState = OfferState.RINGING, **changes: Any) -> OfferView:
    fields: dict[str, Any] = {
        "offer_id": OfferId(offer_id),
        "agent_id": A1,
        "state": state,
        "rang_at_s": 2.0,
        "answered_at_s": None,
        "held_at_s": None,
        "ended_at_s": None,
    }
    return OfferView(**fields | changes)


def test_a_call_that_became_anothers_is_told_as_a_transfer_and_not_as_a_ring() -> None:
    stage = Stage()
    browser = stage.browser()
    stage.screens.offered(call("main-2.0", COLLEAGUE), offer(), Lookup.INTERNAL, None)
    answered = offer(state=OfferState.TALKING, answered_at_s=3.0)
    stage.screens.answered(answered)
    passed_on = offer(state=OfferState.TALKING, answered_at_s=3.0, transferred_by=A2)
    stage.screens.recalled(call(), passed_on, Lookup.FOUND, CARD)
    stage.screens.recalled(call(), passed_on, Lookup.FOUND, CARD)
    assert browser.types == ["snapshot", "call.offered", "call.answered", "call.transferred"]
    (shown,) = browser.state["offers"]
    assert (shown["call"]["caller"]["e164"], shown["transferred_by"]) == (YAMADA.e164, "名 a2")
    assert (shown["state"], shown["lookup"], shown["card"]["profile"]["name"]) == ("talking", "found", "x")


def test_a_number_that_became_known_is_no_transfer() -> None:
    stage = Stage()
    browser = stage.browser()
    stage.screens.offered(call(caller=COLLEAGUE), offer(), Lookup.INTERNAL, None)
    stage.screens.recalled(call(), offer(), Lookup.PENDING, None)
    assert browser.types == ["snapshot", "call.offered", "call.offered"]


def test_a_recording_is_told_once_for_each_change() -> None:
    stage = Stage()
    browser = stage.browser()
    stage.screens.offered(call(), offer(state=OfferState.TALKING), Lookup.PENDING, None)
    recorded, muted = call(is_recorded=True), call(is_recorded=True, is_recording_muted=True)
    for view in (recorded, recorded, muted, recorded):
        stage.screens.recalled(view, offer(state=OfferState.TALKING), Lookup.PENDING, None)
    assert browser.types == ["snapshot", "call.offered", *["call.recording"] * 3]
    shown = browser.state["offers"][0]["call"]
    assert (shown["is_recorded"], shown["is_recording_muted"]) == (True, False)
    assert stage.browser().state == browser.state


def test_who_sent_the_call_on_stands_on_the_offer_from_its_ring() -> None:
    stage = Stage()
    stage.screens.offered(call(), offer(transferred_by=A2), Lookup.PENDING, None)
    assert stage.browser().state["offers"][0]["transferred_by"] == "名 a2"


def test_a_card_that_is_shown_already_is_not_sent_again() -> None:
    stage = Stage()
    stage.screens.offered(call(), offer(), Lookup.FOUND, CARD)
    shown = offer().offer_id
    assert not stage.screens.resolved(A1, shown, Lookup.FOUND, CARD)
    assert stage.screens.resolved(A1, shown, Lookup.UNAVAILABLE, None)
    assert not stage.screens.resolved(A2, shown, Lookup.FOUND, CARD)


def test_how_it_ended_is_said() -> None:
    stage = Stage()
    browser = stage.browser()
    frames: list[Any] = []
    browser.deliver = lambda frame: frames.append(msgspec.json.decode(frame.json()))  # type: ignore[method-assign]
    stage.screens.offered(call(), offer(), Lookup.PENDING, None)
    stage.screens.ended(offer(ended_at_s=9.0), PartReason.PARKED)
    assert frames[-1]["data"] == {"offer_id": "o1", "ended_at": "1970-01-01T00:00:09Z", "reason": "parked"}


def test_wrap_up_and_status_stand_on_the_strip() -> None:
    stage = Stage()
    browser = stage.browser()
    assert browser.state["desk"]["status"] == "signed_out"
    wrap_up = AgentView(
        A1,
        PbxId("main"),
        Endpoint("PJSIP/1001"),
        AgentState.WRAP_UP,
        5.0,
        "",
        None,
        AgentStatus.AVAILABLE,
        65.0,
    )
    stage.screens.agent_changed(wrap_up)
    stage.screens.publish_desks(is_full=False)
    desk = browser.state["desk"]
    assert (desk["state"], desk["status"]) == ("wrap_up", "available")
    assert desk["wrap_up_until"] == "1970-01-01T00:01:05Z"


def test_browsers_are_counted() -> None:
    stage = Stage()
    assert stage.screens.browsers(A1) == 0
    stage.browser()
    stage.browser()
    assert (stage.screens.browsers(A1), stage.screens.browsers(A2)) == (2, 0)


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_stale_snapshot_and_later_messages_are_a_fresh_snapshot(data: st.DataObject) -> None:
    stage = Stage()
    browsers = [stage.browser()]
    live: dict[str, OfferView] = {}
    made = 0
    for at in range(data.draw(st.integers(1, 25))):
        if data.draw(st.integers(0, 5)) == 0:
            browsers.append(stage.browser())
        caller = data.draw(st.sampled_from([YAMADA, COLLEAGUE]))
        by = data.draw(st.sampled_from([None, A1, A2]))
        view = call(
            data.draw(st.sampled_from(["c1", "c2"])),
            caller,
            queued_at_s=float(at),
            is_recorded=data.draw(st.booleans()),
            is_recording_muted=data.draw(st.booleans()),
        )
        lookup = data.draw(st.sampled_from([Lookup.FOUND, Lookup.PENDING, Lookup.UNKNOWN]))
        card = CARD if lookup is Lookup.FOUND else None
        chosen = data.draw(st.sampled_from(sorted(live))) if live else None
        step = data.draw(st.sampled_from(STEPS))
        if step == "ring" or chosen is None:
            made += 1
            each = offer(f"o{made}", transferred_by=by)
            live[each.offer_id] = each
            stage.screens.offered(view, each, lookup, card)
            continue
        known = live[chosen]
        match step:
            case "answer" if known.state is OfferState.RINGING:
                talking = OfferState.TALKING
                live[chosen] = offer(chosen, talking, answered_at_s=float(at), transferred_by=by)
                stage.screens.answered(live[chosen])
            case "hold" if known.state is OfferState.TALKING:
                live[chosen] = offer(
                    chosen, OfferState.HELD, answered_at_s=known.answered_at_s, held_at_s=float(at)
                )
                stage.screens.held(live[chosen])
            case "resume" if known.state is OfferState.HELD:
                live[chosen] = offer(chosen, OfferState.TALKING, answered_at_s=known.answered_at_s)
                stage.screens.resumed(live[chosen])
            case "end":
                stage.screens.ended(offer(chosen, ended_at_s=float(at)), PartReason.COMPLETED)
                del live[chosen]
            case "withdraw":
                stage.screens.withdrawn(live.pop(chosen), WithdrawReason.TIMEOUT)
            case "recall":
                stage.screens.recalled(view, known, lookup, card)
            case "card":
                stage.screens.resolved(A1, known.offer_id, lookup, card)
        fresh = msgspec.json.decode(stage.screens.snapshot(agent_topic(A1)) or b"")
        for browser in browsers:
            assert ordered(browser.state) == ordered(fresh)


def ordered(state: dict[str, Any]) -> dict[str, Any]:
    return state | {"offers": sorted(state["offers"], key=lambda each: str(each["offer_id"]))}

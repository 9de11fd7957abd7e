"""Effects carried out (P2 P3): one frame with its card, the deadline, faults, and no pop too many."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from cti_bridge.board.day import Day
from cti_bridge.board.live import Board, Person
from cti_bridge.board.windows import LatencyWindow
from cti_bridge.calls import effects as ef
from cti_bridge.calls import events as ev
from cti_bridge.calls.ids import AgentId, Endpoint, PbxId, QueueId
from cti_bridge.calls.numbers import Caller
from cti_bridge.calls.outcomes import EndReason
from cti_bridge.calls.queue_events import DeviceUse, MemberChanged
from cti_bridge.calls.reducer import reduce
from cti_bridge.calls.snapshot import Snapshot
from cti_bridge.clock import Clock
from cti_bridge.command.wrap_up import WrapUps
from cti_bridge.lookup.outcome import Found, Resolution, Unknown, Unreachable
from cti_bridge.perform import Performer
from cti_bridge.push.frame import Frame
from cti_bridge.push.hub import LocalHub
from cti_bridge.push.screen import Screens
from cti_bridge.push.topics import agent_topic
from cti_bridge.records.trace import Trace
from cti_bridge.telemetry import Telemetry
from tests.golden_traces import AGENTS, PBX, seated, trace_events

CARD = (
    '{"profile":{"customer_id":7,"name":"佐藤 花子","rank":"gold","numbers":[{"e164":"+81311111111"}]},'
    '"rest":[1,2]}'
).encode()


class Shelf:
    """A resolver that answers when told to."""

    def __init__(self) -> None:
        self.asked: list[Caller] = []
        self.chosen: list[tuple[int, str | None]] = []
        self.chosen_answer: Resolution | None = None
        self.answer: Resolution | Exception | None = None
        self.may_answer = asyncio.Event()

    async def resolve(self, caller: Caller) -> Resolution:
        self.asked.append(caller)
        await self.may_answer.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer or Found(caller.e164 or "", CARD)

    async def card_of(self, customer_id: int, e164: str | None) -> Resolution:
        self.chosen.append((customer_id, e164))
        return self.chosen_answer or Found(e164 or "", CARD.replace(b"7", b"%d" % customer_id))


class Browser:
    """Keeps what one agent's topic sent."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    def deliver(self, frame: Frame) -> None:
        self.messages.append(msgspec.json.decode(frame.json()))

    def types(self) -> list[str]:
        return [m["type"] for m in self.messages if m["type"] not in {"agent.state", "notice"}]

    def data(self, type_: str) -> list[dict[str, Any]]:
        return [m["data"] for m in self.messages if m["type"] == type_]


class Stage:
    """A performer between a live state and one browser an agent."""

    def __init__(self, deadline_ms: float, veil: Callable[[bytes], bytes] | None = None) -> None:
        self.shelf = Shelf()
        self.telemetry = Telemetry()
        self.live = seated()
        self.records: list[ef.RecordCall] = []
        self.gaps: list[ef.ShowSource] = []
        self.traces: list[bytes] = []
        self.views: list[tuple[str, int, str, str]] = []
        self.steps = Trace(self.live, Clock())
        self.told: list[ev.CallEvent] = []
        self.pauses: list[tuple[PbxId, Endpoint, bool]] = []
        clock, day, latency = Clock(), Day(ZoneInfo("Asia/Tokyo"), 20), LatencyWindow()
        self.hub = LocalHub(backlog_frames=64, clock=clock, telemetry=self.telemetry)
        self.board = Board(day, latency, lambda agent_id: Person(agent_id, ""), {})
        self.screens = Screens(self.hub, clock, day, self.board.label, self.board.waiting, veil=veil)
        self.hub.provide_snapshot("agent", self.screens.snapshot)
        self.performer = Performer(
            self.shelf,
            self.screens,
            self.board,
            day,
            latency,
            self.telemetry,
            clock,
            deadline_ms,
            asyncio.get_running_loop().create_task,
            self,
            self.steps,
            WrapUps(self.told.append, lambda *asked: self.pauses.append(asked), clock, pauses=True),
        )
        self.screens.seat({AgentId(f"a{number}") for number in AGENTS})
        self.browsers = {f"a{number}": Browser() for number in AGENTS}
        for agent_id, browser in self.browsers.items():
            self.hub.subscribe(agent_topic(AgentId(agent_id)), None, browser)

    def record(self, effect: ef.RecordCall) -> None:
        self.records.append(effect)

    def trace(self, payload: bytes) -> None:
        self.traces.append(payload)

    def gap(self, effect: ef.ShowSource) -> None:
        self.gaps.append(effect)

    def viewed(
        self, agent_id: AgentId, customer_id: int, reason: str, *, call_id: str | None, detail: str = ""
    ) -> None:
        self.views.append((agent_id, customer_id, reason, detail))

    def play(self, events: list[ev.CallEvent]) -> None:
        for event in events:
            effects, read_ns = reduce(self.live, event), Clock().ticks_ns()
            self.steps.heard(event, read_ns)
            self.performer.perform(effects, read_ns)

    def snapshot(self, agent_id: str) -> dict[str, Any]:
        data = self.screens.snapshot(agent_topic(AgentId(agent_id)))
        assert data is not None
        decoded: dict[str, Any] = msgspec.json.decode(data)
        return decoded


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    yield Stage(deadline_ms=1000)


def parts(name: str) -> tuple[list[ev.CallEvent], list[ev.CallEvent], list[ev.CallEvent]]:
    """A recorded call before its first ring, up to its first answer by an agent, and the rest."""
    happened = trace_events(name)
    rang = next(i for i, e in enumerate(happened) if isinstance(e, ev.ChannelRang))
    answered = next(
        (i for i, e in enumerate(happened) if i > rang and isinstance(e, ev.ChannelAnswered)), len(happened)
    )
    return happened[:rang], happened[rang:answered], happened[answered:]


async def settled() -> None:
    """Let what is ready run: a look-up's answer takes a few turns of the loop."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_card_is_fetched_before_the_ring_and_goes_out_with_it(stage: Stage) -> None:
    before, ringing, _ = parts("queue_ringall_answered_held")
    stage.play(before)
    stage.shelf.may_answer.set()
    await settled()
    assert len(stage.shelf.asked) == 1
    stage.play(ringing)
    for agent_id in ("a1001", "a1002", "a1003"):
        assert stage.browsers[agent_id].types() == ["call.offered"]
        (offer,) = stage.browsers[agent_id].data("call.offered")
        assert (offer["lookup"], offer["card"]["profile"]["rank"]) == ("found", "gold")
    assert len(stage.shelf.asked) == 1
    assert stage.board.snapshot().calls[0].customer_name == "佐藤 花子"


async def test_the_whole_call_at_winner_loser_and_bystander(stage: Stage) -> None:
    stage.shelf.may_answer.set()
    for part in parts("queue_ringall_answered_held"):
        stage.play(part)
        await settled()
    told = {agent_id: browser.types() for agent_id, browser in stage.browsers.items()}
    winner = next(agent_id for agent_id, types in told.items() if "call.answered" in types)
    assert told.pop(winner) == ["call.offered", "call.answered", "call.held", "call.resumed", "call.ended"]
    losers = [agent_id for agent_id, types in told.items() if types]
    assert len(losers) == 2
    for agent_id in losers:
        assert told[agent_id] == ["call.offered", "call.withdrawn"]
        assert stage.browsers[agent_id].data("call.withdrawn")[0]["reason"] == "answered_elsewhere"
    assert all(stage.snapshot(f"a{number}")["offers"] == [] for number in AGENTS)


async def test_whoever_has_the_call_is_told_that_it_is_recorded_and_what_is_kept_out(stage: Stage) -> None:
    before, ringing, after = parts("direct_answered")
    stage.shelf.may_answer.set()
    stage.play(before + ringing + after[:1])
    await settled()
    [call] = stage.live.tables(PBX).calls.values()
    stage.play([ev.RecordingStarted(PBX, 0.0, call.origin), ev.RecordingMuted(PBX, 0.0, call.origin, True)])
    told = [browser for browser in stage.browsers.values() if browser.data("call.recording")]
    [browser] = told
    heard = [(said["is_recorded"], said["is_recording_muted"]) for said in browser.data("call.recording")]
    assert heard == [(True, False), (True, True)]


async def test_past_the_deadline_the_ring_goes_out_bare_and_the_card_follows() -> None:
    stage = Stage(deadline_ms=0)
    before, ringing, _ = parts("direct_answered")
    stage.play(before + ringing)
    async with asyncio.timeout(5):
        while not stage.browsers["a1001"].types():
            await asyncio.sleep(0)
    assert stage.browsers["a1001"].data("call.offered")[0]["lookup"] == "pending"
    stage.shelf.may_answer.set()
    await settled()
    assert stage.browsers["a1001"].types() == ["call.offered", "card.resolved"]
    assert stage.browsers["a1001"].data("card.resolved")[0]["card"]["rest"] == [1, 2]
    assert stage.snapshot("a1001")["offers"][0]["lookup"] == "found"


async def test_a_ring_that_is_over_before_its_card_is_never_shown(stage: Stage) -> None:
    stage.play(trace_events("direct_abandoned"))
    stage.shelf.may_answer.set()
    await settled()
    assert "call.offered" not in stage.browsers["a1001"].types()
    assert stage.telemetry.registry.get_sample_value("cti_offers_total", {"outcome": "never_shown"}) == 1


async def test_an_answer_before_the_card_shows_the_call_at_once(stage: Stage) -> None:
    before, ringing, rest = parts("direct_answered")
    stage.play(before + ringing + rest[:1])
    assert stage.browsers["a1001"].types() == ["call.offered", "call.answered"]


@pytest.mark.parametrize(
    ("answer", "lookup"),
    [
        (Unknown("+819012345678"), "unknown"),
        (Unreachable("+819012345678"), "unavailable"),
        (RuntimeError("a fault of ours"), "unavailable"),
    ],
)
async def test_no_card_is_told_for_what_it_is(
    stage: Stage, answer: Resolution | Exception, lookup: str
) -> None:
    stage.shelf.answer = answer
    stage.shelf.may_answer.set()
    before, ringing, _ = parts("direct_answered")
    stage.play(before)
    await settled()
    stage.play(ringing)
    offer = stage.browsers["a1001"].data("call.offered")[0]
    assert (offer["lookup"], offer["card"]) == (lookup, None)
    assert offer["call"]["caller"]["display"]


async def test_a_store_that_comes_back_completes_the_card(stage: Stage) -> None:
    stage.shelf.answer = Unreachable("")
    stage.shelf.may_answer.set()
    before, ringing, _ = parts("direct_answered")
    stage.play(before + ringing)
    await settled()
    stage.shelf.answer = None
    stage.performer.callers.retry_unavailable()
    await settled()
    assert stage.browsers["a1001"].types() == ["call.offered", "card.resolved"]
    stage.shelf.answer = Unreachable("")
    stage.performer.callers.refresh(None)
    await settled()
    assert stage.browsers["a1001"].types() == ["call.offered", "card.resolved"], "a card shown is kept"


async def test_a_change_to_the_customer_is_seen_while_the_call_lives(stage: Stage) -> None:
    stage.shelf.may_answer.set()
    before, ringing, _ = parts("direct_answered")
    stage.play(before + ringing)
    await settled()
    e164 = stage.shelf.asked[0].e164
    assert e164 is not None
    stage.performer.callers.refresh(frozenset({"+810000"}))
    await settled()
    assert len(stage.shelf.asked) == 1
    stage.shelf.answer = Found(e164, CARD.replace(b"gold", b"platinum"))
    stage.performer.callers.refresh(frozenset({e164}))
    await settled()
    assert stage.browsers["a1001"].data("card.resolved")[0]["card"]["profile"]["rank"] == "platinum"


async def test_whom_an_agent_chose_is_shown_wherever_the_call_is(stage: Stage) -> None:
    stage.shelf.may_answer.set()
    for part in parts("queue_ringall_answered_held")[:2]:
        stage.play(part)
        await settled()
    [call_id] = stage.live.tables(PBX).calls
    live = stage.performer.live_call(call_id)
    assert live is not None
    assert live.agent_ids == {"a1001", "a1002", "a1003"}
    e164 = stage.shelf.asked[0].e164
    assert live.e164 == e164
    stage.performer.identify(call_id, 42)
    await settled()
    assert stage.shelf.chosen == [(42, e164)]
    for agent_id in live.agent_ids:
        assert stage.browsers[agent_id].data("card.resolved")[0]["card"]["profile"]["customer_id"] == 42
    # A change of the number or of the chosen customer's own number is read anew, of the chosen one.
    for changed in ({e164}, {"+81311111111"}, {"+810000"}):
        stage.performer.callers.refresh(frozenset(one for one in changed if one))
        await settled()
    assert stage.shelf.chosen == [(42, e164)] * 3
    stage.performer.identify(call_id, None)
    await settled()
    last = stage.browsers["a1001"].data("card.resolved")[-1]
    assert (last["lookup"], last["card"]) == ("unknown", None)
    assert stage.board.snapshot().calls[0].customer_name is None
    stage.performer.unidentify(call_id)
    await settled()
    assert stage.browsers["a1001"].data("card.resolved")[-1]["card"]["profile"]["customer_id"] == 7
    assert stage.snapshot("a1001")["offers"][0]["card"]["profile"]["customer_id"] == 7


async def test_who_saw_whose_card_is_written_down_once(stage: Stage) -> None:
    stage.shelf.may_answer.set()
    for part in parts("queue_ringall_answered_held"):
        stage.play(part)
        await settled()
    assert sorted(stage.views) == [(agent_id, 7, "call", "") for agent_id in ("a1001", "a1002", "a1003")]


async def test_a_covered_card_is_written_down_as_covered_and_again_when_it_is_not() -> None:
    stage = Stage(1000, veil=lambda card: card.replace("佐藤 花子".encode(), b"***"))
    stage.shelf.may_answer.set()
    before, ringing, rest = parts("direct_answered")
    stage.play(before + ringing)
    await settled()
    assert stage.browsers["a1001"].data("call.offered")[0]["card"]["profile"]["name"] == "***"
    assert stage.snapshot("a1001")["offers"][0]["card"]["profile"]["name"] == "***"
    assert stage.views == [("a1001", 7, "call", "covered")]
    stage.play(rest[:1])
    assert stage.browsers["a1001"].types() == ["call.offered", "call.answered", "card.resolved"]
    assert stage.browsers["a1001"].data("card.resolved")[0]["card"]["profile"]["name"] == "佐藤 花子"
    assert stage.snapshot("a1001")["offers"][0]["card"]["profile"]["name"] == "佐藤 花子"
    assert stage.views[1:] == [("a1001", 7, "call", "")]


async def test_a_withheld_caller_may_be_identified(stage: Stage) -> None:
    stage.shelf.may_answer.set()
    before, ringing, _ = parts("queue_ringall_withheld")
    stage.play(before + ringing)
    await settled()
    [call_id] = stage.live.tables(PBX).calls
    stage.performer.identify(call_id, 42)
    await settled()
    browser = next(b for b in stage.browsers.values() if b.types())
    assert browser.data("card.resolved")[-1]["card"]["profile"]["customer_id"] == 42
    stage.performer.unidentify(call_id)
    await settled()
    assert browser.data("card.resolved")[-1]["lookup"] == "withheld"


async def test_who_is_gone_meanwhile_is_nobody(stage: Stage) -> None:
    stage.shelf.may_answer.set()
    stage.shelf.chosen_answer = Unknown("")
    before, ringing, _ = parts("direct_answered")
    stage.play(before + ringing)
    await settled()
    [call_id] = stage.live.tables(PBX).calls
    stage.performer.identify(call_id, 42)
    await settled()
    assert stage.browsers["a1001"].data("card.resolved")[-1]["lookup"] == "unknown"


async def test_a_call_that_is_over_cannot_be_identified(stage: Stage) -> None:
    stage.shelf.may_answer.set()
    stage.play(trace_events("direct_answered"))
    [call_id] = {effect.record.call_id for effect in stage.records}
    assert stage.performer.live_call(call_id) is None
    stage.performer.identify(call_id, 42)
    await settled()
    assert stage.shelf.chosen == []


async def test_a_withheld_caller_has_no_card_even_if_the_number_was_seen(stage: Stage) -> None:
    stage.shelf.may_answer.set()
    before, ringing, _ = parts("queue_ringall_withheld")
    stage.play(before + ringing)
    await settled()
    offer = next(b for b in stage.browsers.values() if b.types()).data("call.offered")[0]
    assert (offer["lookup"], offer["card"], offer["call"]["caller"]["e164"]) == ("withheld", None, None)


async def test_paint_is_measured_once(stage: Stage) -> None:
    stage.shelf.may_answer.set()
    before, ringing, _ = parts("direct_answered")
    stage.play(before + ringing)
    await settled()
    topic = agent_topic(AgentId("a1001"))
    offset = next(m["offset"] for m in stage.browsers["a1001"].messages if m["type"] == "call.offered")
    for _ in range(2):
        stage.performer.painted(topic, offset, Clock().ticks_ns())
    sample = stage.telemetry.registry.get_sample_value
    assert sample("cti_pop_seconds_count", {"hop": "total"}) == 1
    assert sample("cti_pop_seconds_count", {"hop": "server"}) == 1


async def test_every_offer_is_painted_or_over_before(stage: Stage) -> None:
    stage.shelf.may_answer.set()
    stage.play(trace_events("direct_answered"))
    before, ringing, rest = parts("queue_ringall_answered_held")
    stage.play(before + ringing)
    await settled()
    # A browser that comes back has one of the ringing offers in a snapshot, the others have no browser.
    stage.screens.publish_desks(is_full=False)
    snapshot = stage.hub.subscribe(agent_topic(AgentId("a1001")), None, Browser())
    assert snapshot is not None
    stage.performer.painted(agent_topic(AgentId("a1001")), snapshot.frames[0].offset, Clock().ticks_ns())
    stage.play(rest)
    sample = stage.telemetry.registry.get_sample_value
    names = ("shown", "painted", "gone_unpainted")
    shown, painted, gone = (sample("cti_offers_total", {"outcome": name}) for name in names)
    assert painted == 1
    assert gone
    assert shown == painted + gone
    assert sample("cti_pop_seconds_count", {"hop": "total"}) == 0, "how long that took says nothing of us"


async def test_a_lost_pbx_is_told_and_its_return_too(stage: Stage) -> None:
    stage.play([ev.SourceLost(PBX, 5.0, "cut")])
    assert stage.snapshot("a1001")["notices"][0]["code"] == "pbx_lost"
    stage.play([Snapshot(PBX, 9.0, (), (), (), (), ())])
    assert stage.snapshot("a1001")["notices"] == []


async def test_a_call_leaves_one_record_and_its_steps() -> None:
    stage = Stage(20)
    stage.shelf.may_answer.set()
    stage.play(trace_events("direct_answered"))
    await asyncio.sleep(0)
    final = [effect.record for effect in stage.records if effect.record.ended_at_s is not None]
    assert [record.outcome for record in final] == [EndReason.COMPLETED]
    assert len(stage.traces) == 1
    assert msgspec.json.decode(stage.traces[0])["call_id"] == final[0].call_id


async def test_after_call_work_pauses_and_lets_go_in_time() -> None:
    stage = Stage(20)
    stage.live.wrap_up_s = 0.05
    seat = (PBX, Endpoint("PJSIP/1001"))
    events = trace_events("direct_answered")
    shift_s = Clock().now_s() - events[-1].at_s
    stage.play([replace(event, at_s=event.at_s + shift_s) for event in events])
    assert stage.pauses == [(*seat, True)]
    async with asyncio.timeout(5):
        while not stage.told:
            await asyncio.sleep(0.01)
    [ended] = stage.told
    assert isinstance(ended, ev.WrapUpEnded)
    paused = MemberChanged(PBX, ended.at_s, QueueId("orders"), seat[1], "", True, "wrap-up", DeviceUse.IDLE)
    stage.play([paused, ended])
    assert stage.pauses[-1] == (*seat, False)

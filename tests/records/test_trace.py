"""Traces (P7): every event of a call in its trace, merges, bounds, and what is written at its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, get_args

import pytest

from cti_bridge.calls import effects as ef
from cti_bridge.calls import events as ev
from cti_bridge.calls.ids import BridgeId, CallId, ChannelId, Endpoint, PbxId
from cti_bridge.calls.outcomes import EndReason
from cti_bridge.calls.queue_events import DeviceChanged, MemberChanged, MemberRemoved
from cti_bridge.calls.reducer import reduce
from cti_bridge.calls.snapshot import Snapshot, SnapshotChannel
from cti_bridge.clock import Clock
from cti_bridge.records import notes, trace
from cti_bridge.records.channel_of import CHANNEL_OF
from cti_bridge.records.steps import Step, StepName
from cti_bridge.records.trace import MAX_STEPS, Trace
from cti_bridge.records.trace_json import read_payload
from tests.golden_traces import PBX, names, seated, trace_events


@dataclass
class Desk:
    """A trace fed as the bridge feeds it. ``payloads``: what was written, by call."""

    live: Any = field(default_factory=seated)
    now_ns: int = 0
    payloads: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.trace = Trace(self.live, Clock(now_s=lambda: 1_800_000_000.0, ticks_ns=self.ticks))

    def ticks(self) -> int:
        return self.now_ns

    def play(self, events: list[ev.CallEvent]) -> None:
        for event in events:
            self.now_ns += 1_000_000
            effects = reduce(self.live, event)
            self.trace.heard(event, self.now_ns)
            for effect in effects:
                self.trace.did(effect, self.now_ns)
                if isinstance(effect, ef.CloseCall) and effect.into is not None:
                    self.trace.absorb(effect.call.call_id, effect.into, self.now_ns)
                elif isinstance(effect, ef.CloseCall):
                    payload = self.trace.close(effect.call, effect.reason, self.now_ns)
                    if payload is not None:
                        self.payloads[effect.call.call_id] = payload

    def only(self) -> list[Step]:
        (payload,) = self.payloads.values()
        return read_payload(payload)


def whats(steps: list[Step]) -> list[str]:
    return [step.what for step in steps]


def test_a_call_is_written_from_its_first_channel_to_its_close() -> None:
    desk = Desk()
    desk.play(trace_events("queue_ringall_answered_held"))
    steps = desk.only()
    told = whats(steps)
    assert (told[0], told[1], told[-1]) == ("channel_created", "caller_known", "closed")
    assert told.count("telephone_rang") == told.count("offered") == 3
    assert [told.count(each) for each in ("answered", "withdrawn", "held", "resumed", "part_ended")] == [
        1,
        2,
        1,
        1,
        1,
    ]
    assert [step.ms for step in steps] == sorted(step.ms for step in steps)
    known = next(step.data for step in steps if step.what == "caller_known")
    assert (known["direction"], known["kind"], known["e164"]) == ("inbound", "number", "+819012345678")
    rang = next(step.data for step in steps if step.what == "telephone_rang")
    assert (rang["endpoint"], rang["agent_id"], rang["is_offered"]) == ("PJSIP/1003", "a1003", True)


@pytest.mark.parametrize("name", names())
def test_nothing_is_kept_of_a_call_that_is_over(name: str) -> None:
    desk = Desk()
    desk.play(trace_events(name))
    tables = desk.live.tables(PBX)
    assert desk.trace._calls.keys() == tables.calls.keys()
    assert desk.trace._channels.get(PBX, {}).keys() == tables.channels.keys()
    for payload in desk.payloads.values():
        assert whats(read_payload(payload))[-1] == "closed"


def test_a_telephone_of_nobody_is_told_from_one_that_pops() -> None:
    desk = Desk()
    reduce(desk.live, ev.RosterChanged(PBX, 1.0, ()))
    desk.play(trace_events("direct_answered"))
    (rang,) = [step.data for step in desk.only() if step.what == "telephone_rang"]
    assert (rang["agent_id"], rang["is_offered"]) == (None, False)


def test_a_live_call_answers_and_one_that_closed_does_a_while() -> None:
    desk = Desk()
    happened = trace_events("direct_answered")
    call_id = CallId(f"{PBX}-{happened[0].channel}")  # type: ignore[union-attr]
    assert desk.trace.find(call_id) is None
    desk.play(happened[:8])
    kept = desk.trace.find(call_id)
    assert kept is not None
    assert (kept.reason, "offered" in whats(kept.steps)) == (None, True)
    desk.play(happened[8:])
    kept = desk.trace.find(call_id)
    assert kept is not None
    assert (kept.reason, whats(kept.steps)[-1]) == (EndReason.COMPLETED, "closed")
    assert kept.call is not None
    assert kept.call.caller.e164 == "+819012345678"


def test_look_up_frame_and_paint_stand_in_it() -> None:
    desk = Desk()
    desk.play(trace_events("direct_answered")[:8])
    (call_id,) = desk.trace._calls
    (offer,) = desk.live.pbxs[PBX].calls[call_id].view().offers
    desk.trace.asked(call_id, 9_000_000, "+819012345678")
    desk.trace.answered(call_id, 9_400_000, "found", source="cache", customer="山田 太郎", sharers=1)
    desk.trace.published(call_id, offer, 9_500_000, 7, 2, "found")
    desk.trace.painted(call_id, offer, 40_000_000)
    desk.trace.card_followed(call_id, offer, 41_000_000, "found")
    kept = desk.trace.find(call_id)
    assert kept is not None
    assert whats(kept.steps)[-5:] == [
        "lookup_began",
        "lookup_ended",
        "published",
        "painted",
        "card_followed",
    ]
    assert kept.steps[-3].data | {"offer_id": ""} == {
        "offer_id": "",
        "agent_id": "a1001",
        "offset": 7,
        "browsers": 2,
        "lookup": "found",
    }
    assert kept.steps[-2].ms - kept.steps[-3].ms == pytest.approx(30.5)
    desk.trace.published(call_id, offer, 42_000_000, None, 0, "found")
    assert whats(desk.trace.find(call_id).steps)[-1] == "no_screen"  # type: ignore[union-attr]


def test_what_became_one_call_is_one_trace_under_either_name() -> None:
    desk = Desk()
    first, second = (
        ev.ChannelCreated(
            PBX,
            float(n),
            ChannelId(f"{n}.1"),
            ChannelId(f"{n}.1"),
            Endpoint("PJSIP/trunk"),
            False,
            "0312345678",
            "",
            "100",
        )
        for n in (1, 2)
    )
    desk.play([first, second])
    keep, gone = list(desk.trace._calls)
    view = desk.live.pbxs[PBX].calls[keep].view()
    desk.trace.absorb(gone, keep, 9_000_000)
    desk.trace.absorb(gone, keep, 9_000_000)
    desk.trace.asked(gone, 10_000_000, "+81312345678")
    desk.trace.heard(ev.ChannelAnswered(PBX, 3.0, second.channel), 11_000_000)
    payload = desk.trace.close(view, EndReason.COMPLETED, 12_000_000)
    assert payload is not None
    assert whats(read_payload(payload)) == [
        "channel_created",
        "caller_known",
        "channel_created",
        "caller_known",
        "absorbed",
        "lookup_began",
        "channel_answered",
        "closed",
    ]
    assert desk.trace._calls == {}
    assert not any(desk.trace._channels.values())


def test_a_call_absorbed_by_one_that_is_not_known_keeps_its_steps() -> None:
    desk = Desk()
    desk.play(trace_events("direct_answered")[:3])
    (call_id,) = desk.trace._calls
    desk.trace.absorb(call_id, CallId("main-0.0"), 9_000_000)
    assert desk.trace._calls[CallId("main-0.0")] is desk.trace._calls[call_id]
    desk.trace.absorb(CallId("nobody"), call_id, 9_000_000)


def test_a_call_without_end_is_bounded_and_still_bears_its_end() -> None:
    desk = Desk()
    desk.play(trace_events("direct_answered")[:1])
    (call_id,) = desk.trace._calls
    view = desk.live.pbxs[PBX].calls[call_id].view()
    created = trace_events("direct_answered")[0]
    assert isinstance(created, ev.ChannelCreated)
    for at_ns in range(MAX_STEPS * 2):
        desk.trace.heard(ev.HoldStarted(PBX, 1.0, created.channel), 2_000_000 + at_ns)
    payload = desk.trace.close(view, EndReason.LOST, 9_000_000)
    assert payload is not None
    steps = read_payload(payload)
    assert whats(steps)[-2:] == ["steps_skipped", "closed"]
    assert len(steps) == MAX_STEPS + 2
    assert steps[-2].data == {"count": MAX_STEPS + 2}


def test_calls_are_bounded_in_number_and_the_oldest_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "MAX_CALLS", 3)
    desk = Desk()
    for n in range(5):
        name = ChannelId(f"{n}.0")
        trunk = Endpoint("PJSIP/trunk")
        desk.play([ev.ChannelCreated(PBX, float(n), name, name, trunk, False, "0312345678", "", "100")])
    assert list(desk.trace._calls) == ["main-2.0", "main-3.0", "main-4.0"]
    assert set(desk.trace._channels[PBX]) == {"2.0", "3.0", "4.0"}


def test_a_gap_stands_in_every_call_it_hid() -> None:
    desk = Desk()
    happened = trace_events("direct_answered")
    desk.play([*happened[:8], ev.SourceLost(PBX, 5.0, "cut")])
    channels = tuple(
        SnapshotChannel(
            channel.channel,
            channel.channel,
            channel.endpoint,
            False,
            True,
            False,
            "",
            "",
            "",
            "",
            None,
            9.0,
        )
        for channel in desk.live.pbxs[PBX].channels.values()
    )
    desk.now_ns += 12_000_000_000
    desk.play([Snapshot(PBX, 17.0, channels, (), (), (), ())])
    (call_id, *_) = desk.trace._calls
    kept = desk.trace.find(call_id)
    assert kept is not None
    gaps = [step.data for step in kept.steps if step.what in {"out_of_sight", "in_sight"}]
    assert gaps == [{"cause": "cut"}, {"gap_s": pytest.approx(12.001)}]


def test_a_call_first_seen_in_a_snapshot_begins_there() -> None:
    desk = Desk()
    trunk, phone = (
        SnapshotChannel(
            ChannelId(name),
            ChannelId("1.0"),
            Endpoint(endpoint),
            False,
            True,
            False,
            "09012345678",
            "",
            "",
            "",
            BridgeId("b"),
            30.0,
        )
        for name, endpoint in (("1.0", "PJSIP/trunk"), ("1.1", "PJSIP/1001"))
    )
    desk.play([Snapshot(PBX, 17.0, (trunk, phone), (), (), (), ())])
    (call_id,) = desk.trace._calls
    kept = desk.trace.find(call_id)
    assert kept is not None
    assert kept.steps[0].what == "in_sight"
    assert kept.steps[0].data == {"gap_s": None}


def test_blocks_that_could_not_be_read_are_told_without_their_content() -> None:
    desk = Desk()
    desk.play(trace_events("direct_answered")[:3])
    desk.trace.blocks_skipped(PBX, "garbage", 2)
    desk.trace.blocks_skipped(PbxId("other"), "garbage", 9)
    (call_id,) = desk.trace._calls
    kept = desk.trace.find(call_id)
    assert kept is not None
    assert kept.steps[-1].what == "blocks_skipped"
    assert kept.steps[-1].data == {"reason": "garbage", "count": 2}


def test_what_the_database_refuses_is_left_out() -> None:
    desk = Desk()
    name, trunk = ChannelId("1.0"), Endpoint("PJSIP/trunk\0")
    desk.play([ev.ChannelCreated(PBX, 1.0, name, name, trunk, False, "0312345678", "a\\u0000\0b", "100")])
    (call_id,) = desk.trace._calls
    view = desk.live.pbxs[PBX].calls[call_id].view()
    payload = desk.trace.close(view, EndReason.LOST, 9_000_000)
    assert payload is not None
    created = read_payload(payload)[0].data
    assert (created["endpoint"], created["caller_name"]) == ("PJSIP/trunk", "a\\u0000b")


def test_every_step_there_can_be_has_a_name_of_the_wire() -> None:
    kinds = [
        kind
        for kind in vars(notes).values()
        if isinstance(kind, type) and issubclass(kind, notes._Note) and kind is not notes._Note
    ]
    made = {_snake(kind.__name__) for kind in [*CHANNEL_OF, *kinds] if kind is not ev.ChannelRang}
    assert made | {"channel_rang"} == set(get_args(StepName))


def test_every_event_is_of_a_call_or_known_to_be_of_none() -> None:
    of_no_call = {
        MemberChanged,
        MemberRemoved,
        DeviceChanged,
        ev.RosterChanged,
        ev.WrapUpEnded,
        ev.WrapUpExtended,
        ev.PbxStopping,
        Snapshot,
        ev.SourceLost,
    }
    assert set(get_args(ev.CallEvent)) - of_no_call == CHANNEL_OF.keys()


def _snake(name: str) -> str:
    return "".join("_" + each.lower() if each.isupper() else each for each in name).removeprefix("_")

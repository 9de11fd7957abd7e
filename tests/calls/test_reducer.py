"""The call model (P2 P4): recorded calls to what the screens show, and its laws under any disorder."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cti_bridge.calls import effects as ef
from cti_bridge.calls.events import CallEvent, ChannelEnded, RosterChanged, SourceLost
from cti_bridge.calls.ids import AgentId, Endpoint
from cti_bridge.calls.outcomes import EndReason, QueueOutcome, WithdrawReason
from cti_bridge.calls.queue_events import DeviceUse
from cti_bridge.calls.record import CallRecord
from cti_bridge.calls.reducer import reduce
from cti_bridge.calls.snapshot import Snapshot
from cti_bridge.calls.state import Live
from cti_bridge.calls.views import AgentState, OfferState, QueueView
from cti_bridge.pbx.ami_message import AmiReader
from tests.golden_traces import FOLDER, PBX, events, names, seated, story, stream, trace_events

# `make nightly` tries 20,000.
LAW_EXAMPLES = int(os.environ.get("CTI_TEST_LAW_EXAMPLES", "500"))

# Of a call whose number breaks its own blocks only parts are believed; the next snapshot ends it.
HALF_SEEN = {"hostile_number"}


@pytest.mark.parametrize("name", names())
def test_screens_and_counts_are_as_recorded(name: str) -> None:
    expected = (FOLDER / f"{name}.effects").read_text().splitlines()
    assert list(story(seated(), trace_events(name))) == expected
    assert bool(expected) == (name != "queue_members")  # the one without a call


@pytest.mark.parametrize("name", names())
def test_a_finished_call_leaves_nothing_live(name: str) -> None:
    live = seated()
    for event in trace_events(name):
        reduce(live, event)
    tables = live.pbxs[PBX]
    if name in HALF_SEEN:
        assert tables.channels
        reduce(live, Snapshot(PBX, 2e9, (), (), (), (), ()))
    assert (tables.channels, tables.calls, tables.bridges) == ({}, {}, {})
    assert not any(agent.legs for agent in live.agents.values())
    assert not any(queue.waiting for queue in tables.queues.values())


@pytest.mark.parametrize("name", names())
def test_every_event_twice_changes_nothing(name: str) -> None:
    twice = [event for event in trace_events(name) for _ in range(2)]
    assert list(story(seated(), twice)) == list(story(seated(), trace_events(name)))


def _at_once(happened: list[CallEvent]) -> list[CallEvent]:
    """The same events as if they began at one time: recordings are hours apart, tombstones last minutes."""
    shift_s = 1e6 - happened[0].at_s
    return [replace(event, at_s=event.at_s + shift_s) for event in happened]


def _mixed(data: st.DataObject) -> list[CallEvent]:
    """Recorded events of two traces, some lost, some doubled, some out of order."""
    chosen = [data.draw(st.sampled_from(names())) for _ in range(2)]
    happened = [event for name in chosen for event in _at_once(trace_events(name))]
    mixed = []
    for event in happened:
        mixed += [event] * data.draw(st.sampled_from([0, 1, 1, 1, 1, 2]))
    for _ in range(data.draw(st.integers(0, 15))):
        if mixed:
            moved = mixed.pop(data.draw(st.integers(0, len(mixed) - 1)))
            mixed.insert(data.draw(st.integers(0, len(mixed))), moved)
    if data.draw(st.booleans()):
        mixed.insert(
            data.draw(st.integers(0, len(mixed))), SourceLost(PBX, mixed[-1].at_s if mixed else 1.0, "cut")
        )
    return mixed


def _torn(data: st.DataObject) -> list[CallEvent]:
    """The events that are left of a recorded stream after pieces of its bytes were lost."""
    bytes_ = bytearray(stream(data.draw(st.sampled_from(names()))))
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(64, max(64, len(bytes_) - 1)))
        del bytes_[start : start + data.draw(st.integers(1, 3000))]
    return events(AmiReader().feed(bytes(bytes_)))


class Watcher:
    """Checks the laws over every effect as it comes."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.ringing: Counter[tuple[str, str]] = Counter()
        self.open: dict[str, OfferState] = {}
        self.closed: set[str] = set()
        self.written: set[str] = set()

    def see(self, effects: list[ef.Effect]) -> None:
        for effect in effects:
            if isinstance(effect, ef.OfferCall):
                assert effect.call.call_id not in self.closed, "an offer after the call's end"
                assert effect.offer.offer_id not in self.open, "one offer twice"
                self.open[effect.offer.offer_id] = OfferState.RINGING
            elif isinstance(effect, ef.ConnectOffer | ef.HoldOffer | ef.ResumeOffer):
                assert effect.offer.offer_id in self.open, "a change to an offer nobody saw"
            elif isinstance(effect, ef.WithdrawOffer | ef.EndOffer):
                assert self.open.pop(effect.offer.offer_id, None) is not None, "an end to an offer nobody saw"
            elif isinstance(effect, ef.CloseCall):
                self.closed.add(effect.call.call_id)
            elif isinstance(effect, ef.ShowQueue):
                self.see_queue(effect.queue)
            elif isinstance(effect, ef.CountQueueCall):
                assert effect.wait_s >= 0
            elif isinstance(effect, ef.RecordCall):
                self.see_record(effect.record)
        for tables in self.live.pbxs.values():
            for call in tables.calls.values():
                ringing = Counter(
                    leg.agent_id for leg in call.legs.values() if leg.state is OfferState.RINGING
                )
                assert max(ringing.values(), default=0) <= 1, "an agent with two ringing offers for one call"

    def see_queue(self, shown: QueueView) -> None:
        members = self.live.pbxs[shown.pbx].queues[shown.queue].members.values()
        assert shown.ready == sum(member.is_ready() for member in members), "a wrong count of the ready"

    def see_record(self, record: CallRecord) -> None:
        assert record.call_id not in self.written, "a record after the last one"
        offer_ids = [stint.offer_id for stint in record.stints]
        assert len(offer_ids) == len(set(offer_ids)), "one stint twice"
        for stint in record.stints:
            for hold in stint.holds:
                assert stint.answered_at_s is not None and hold.began_at_s is not None
        if record.ended_at_s is not None:
            self.written.add(record.call_id)
            assert record.outcome is not None
            assert all(stint.ended_at_s is not None and stint.end for stint in record.stints)
            assert all(wait.left_at_s is not None for wait in record.queue_waits)
            assert all(park.ended_at_s is not None for park in record.parks)


@given(st.data(), st.sampled_from([_mixed, _torn]))
@settings(max_examples=LAW_EXAMPLES, deadline=None)
def test_no_disorder_breaks_a_law(
    data: st.DataObject, disturbed: Callable[[st.DataObject], list[CallEvent]]
) -> None:
    live = seated()
    live.wrap_up_s = 30
    watcher = Watcher(live)
    for event in disturbed(data):
        watcher.see(reduce(live, event))
    empty = Snapshot(PBX, 2e9, (), (), (), (), ())
    watcher.see(reduce(live, empty))
    tables = live.pbxs[PBX]
    assert (tables.channels, tables.calls, tables.bridges, tables.queues) == ({}, {}, {}, {})
    assert not watcher.open, "an offer that nothing took off its screen"


def test_a_late_event_does_not_raise_an_ended_call() -> None:
    live = seated()
    happened = trace_events("direct_answered")
    for event in happened:
        reduce(live, event)
    assert [line for line in story(live, happened) if line.startswith(("OfferCall", "CloseCall"))] == []


def test_a_snapshot_ends_what_is_gone_and_says_lost() -> None:
    live = seated()
    happened = trace_events("direct_answered")
    for event in happened:
        if isinstance(event, ChannelEnded):
            break
        reduce(live, event)
    reduce(live, SourceLost(PBX, happened[-1].at_s, "cut"))
    effects = reduce(live, Snapshot(PBX, happened[-1].at_s + 5, (), (), (), (), ()))
    assert [e.gap_s for e in effects if isinstance(e, ef.ShowSource)] == [pytest.approx(5)]
    assert [e.reason for e in effects if isinstance(e, ef.CloseCall)] == [EndReason.LOST]
    assert len([e for e in effects if isinstance(e, ef.EndOffer)]) == 1


def test_an_agent_seated_while_the_telephone_rings_is_offered_the_call() -> None:
    live = Live()
    for event in trace_events("direct_abandoned"):
        if isinstance(event, ChannelEnded):
            break
        reduce(live, event)
        if any(channel.is_ringing for channel in live.pbxs[PBX].channels.values()):
            break
    effects = reduce(live, RosterChanged(PBX, event.at_s, ((Endpoint("PJSIP/1001"), AgentId("a1001")),)))
    assert [type(e).__name__ for e in effects if isinstance(e, ef.OfferCall)] == ["OfferCall"]


def test_withdraw_reasons_tell_who_ended_the_ring() -> None:
    seen = set()
    for name in names():
        for event_effects in (reduce(live, event) for live in [seated()] for event in trace_events(name)):
            seen |= {e.reason for e in event_effects if isinstance(e, ef.WithdrawOffer)}
    assert seen >= {WithdrawReason.ANSWERED_ELSEWHERE, WithdrawReason.ABANDONED, WithdrawReason.TIMEOUT}


def test_queue_outcomes_are_counted_once() -> None:
    for name in names():
        live, counts = seated(), Counter[QueueOutcome]()
        for event in trace_events(name):
            counts.update(e.outcome for e in reduce(live, event) if isinstance(e, ef.CountQueueCall))
        assert counts[QueueOutcome.OFFERED] == sum(counts.values()) - counts[QueueOutcome.OFFERED], name


def test_device_states_make_agents_ready_and_offline() -> None:
    live = seated()
    for name in names():
        for event in trace_events(name):
            reduce(live, event)
    tables = live.pbxs[PBX]
    for endpoint, agent_id in tables.seats.items():
        idle = tables.devices.get(endpoint) is DeviceUse.IDLE
        assert (live.agents[agent_id].state is AgentState.READY) == idle

"""Agents' presence (A2): several telephones, status and state, pauses, after-call work, odd queue members."""

from __future__ import annotations

from dataclasses import replace

from cti_bridge.calls import effects as ef
from cti_bridge.calls.events import CallEvent, ChannelRang, RosterChanged, WrapUpEnded, WrapUpExtended
from cti_bridge.calls.ids import AgentId, ChannelId, Endpoint, PbxId, QueueId
from cti_bridge.calls.queue_events import DeviceChanged, DeviceUse, MemberChanged
from cti_bridge.calls.reducer import reduce
from cti_bridge.calls.state import Live
from cti_bridge.calls.views import AgentState, AgentStatus
from tests.golden_traces import PBX, seated, trace_events

A1001, DESK, MOBILE = AgentId("a1001"), Endpoint("PJSIP/1001"), Endpoint("PJSIP/1002")


def device(endpoint: Endpoint, use: DeviceUse, at_s: float = 1.0) -> DeviceChanged:
    return DeviceChanged(PBX, at_s, endpoint, use)


def member(
    endpoint: Endpoint, queue: str = "orders", *, paused: str | None = None, use: DeviceUse = DeviceUse.IDLE
) -> MemberChanged:
    reason = paused or ""
    return MemberChanged(PBX, 1.0, QueueId(queue), endpoint, "", paused is not None, reason, use)


def apply(live: Live, *events: CallEvent) -> list[ef.Effect]:
    return [effect for event in events for effect in reduce(live, event)]


def at_two_telephones() -> Live:
    live = Live()
    apply(live, RosterChanged(PBX, 1.0, ((DESK, A1001), (MOBILE, A1001))))
    return live


def wrapping_up() -> tuple[Live, float]:
    """A live state in which a1002 has just finished a queue's call, and when."""
    live = seated()
    live.wrap_up_s = 30
    apply(live, member(Endpoint("PJSIP/1002")))
    for event in trace_events("queue_ringall_answered_held"):
        for effect in reduce(live, event):
            if isinstance(effect, ef.BeginWrapUp):
                assert effect.seats == ((PBX, Endpoint("PJSIP/1002")),)
                assert effect.until_s == event.at_s + 30
    return live, event.at_s


def test_one_call_at_two_telephones_of_one_agent_is_one_offer() -> None:
    live = at_two_telephones()
    offers = []
    for event in trace_events("ring_group"):
        offers += [e for e in reduce(live, event) if isinstance(e, ef.OfferCall | ef.WithdrawOffer)]
    assert [type(effect).__name__ for effect in offers] == ["OfferCall"]


def test_the_telephone_that_answers_is_the_one_of_the_stint() -> None:
    live = at_two_telephones()
    records = [
        e.record
        for event in trace_events("ring_group")
        for e in reduce(live, event)
        if isinstance(e, ef.RecordCall)
    ]
    [stint] = records[-1].stints
    assert stint.endpoint == MOBILE and stint.answered_at_s is not None


def test_an_agent_with_one_telephone_free_and_one_in_use_is_busy() -> None:
    live = at_two_telephones()
    apply(live, device(DESK, DeviceUse.IDLE), device(MOBILE, DeviceUse.IN_USE))
    assert live.agents[A1001].state is AgentState.BUSY
    apply(live, device(MOBILE, DeviceUse.UNAVAILABLE))
    assert live.agents[A1001].state is AgentState.READY


def test_status_is_the_agents_choice_and_state_the_systems_view() -> None:
    live = seated()
    agent = live.agents[A1001]
    assert (agent.status, agent.state) == (AgentStatus.SIGNED_OUT, AgentState.OFFLINE)
    apply(live, device(DESK, DeviceUse.IDLE), member(DESK))
    assert (agent.status, agent.state) == (AgentStatus.AVAILABLE, AgentState.READY)
    apply(live, member(DESK, paused="昼休み"))
    assert (agent.status, agent.state, agent.pause_reason) == (
        AgentStatus.PAUSED, AgentState.PAUSED, "昼休み",
    )  # fmt: skip
    # A direct call rings a paused agent's telephone all the same: the choice stands, the state changes.
    apply(live, device(DESK, DeviceUse.IN_USE))
    assert (agent.status, agent.state) == (AgentStatus.PAUSED, AgentState.BUSY)


def test_paused_in_one_queue_of_two_is_not_paused() -> None:
    live = seated()
    apply(live, device(DESK, DeviceUse.IDLE), member(DESK, "orders", paused="x"), member(DESK, "support"))
    assert live.agents[A1001].state is AgentState.READY


def test_after_call_work_begins_with_the_end_of_the_call_and_ends_when_told() -> None:
    live, ended_at_s = wrapping_up()
    agent = live.agents[AgentId("a1002")]
    assert agent.state is AgentState.WRAP_UP and agent.wrap_up_until_s is not None
    effects = apply(live, WrapUpEnded(PBX, ended_at_s + 30, AgentId("a1002")))
    assert [type(e).__name__ for e in effects if not isinstance(e, ef.ShowAgent)] == ["EndWrapUp"]
    assert agent.state is AgentState.READY and agent.wrap_up_until_s is None


def test_after_call_work_is_made_longer_while_it_lasts() -> None:
    live, ended_at_s = wrapping_up()
    agent = live.agents[AgentId("a1002")]
    [shown] = apply(live, WrapUpExtended(PBX, ended_at_s + 5, AgentId("a1002"), ended_at_s + 90))
    assert isinstance(shown, ef.ShowAgent) and shown.agent.wrap_up_until_s == ended_at_s + 90
    apply(live, WrapUpEnded(PBX, ended_at_s + 90, AgentId("a1002")))
    for late in ("a1002", "a9999"):
        assert apply(live, WrapUpExtended(PBX, ended_at_s + 91, AgentId(late), ended_at_s + 99)) == []
    assert agent.wrap_up_until_s is None


def test_the_bridges_own_pause_reads_as_after_call_work_not_as_a_choice() -> None:
    live, at_s = wrapping_up()
    agent = live.agents[AgentId("a1002")]
    for queue in live.pbxs[PBX].queues:
        apply(live, member(Endpoint("PJSIP/1002"), queue, paused="wrap-up"))
    assert (agent.state, agent.status) == (AgentState.WRAP_UP, AgentStatus.AVAILABLE)
    [ended] = [
        e for e in apply(live, WrapUpEnded(PBX, at_s + 30, AgentId("a1002"))) if isinstance(e, ef.EndWrapUp)
    ]
    assert ended.seats == ((PBX, Endpoint("PJSIP/1002")),)


def test_a_pause_for_after_call_work_that_nobody_times_is_lifted() -> None:
    live = seated()
    effects = apply(live, member(DESK, paused="wrap-up"), member(DESK, paused="wrap-up"))
    [ended] = [e for e in effects if isinstance(e, ef.EndWrapUp)]
    assert ended.seats == ((PBX, DESK),)


def test_a_pause_of_the_agents_own_is_kept_at_the_end_of_after_call_work() -> None:
    live, at_s = wrapping_up()
    for queue in live.pbxs[PBX].queues:
        apply(live, member(Endpoint("PJSIP/1002"), queue, paused="昼休み"))
    effects = apply(live, WrapUpEnded(PBX, at_s + 30, AgentId("a1002")))
    assert [e.seats for e in effects if isinstance(e, ef.EndWrapUp)] == [()]
    assert live.agents[AgentId("a1002")].state is AgentState.PAUSED


def test_no_after_call_work_after_an_internal_or_an_unanswered_call() -> None:
    for name in ("direct_abandoned", "direct_rejected", "outbound_busy"):
        live = seated()
        live.wrap_up_s = 30
        effects = [effect for event in trace_events(name) for effect in reduce(live, event)]
        assert not [e for e in effects if isinstance(e, ef.BeginWrapUp)], name


def test_a_member_behind_a_hint_is_the_agent_of_that_extension() -> None:
    live = seated()
    hinted = Endpoint("Local/1004")
    apply(live, device(Endpoint("PJSIP/1004"), DeviceUse.IDLE), member(hinted, paused="x"))
    assert live.agents[AgentId("a1004")].state is AgentState.PAUSED
    assert list(live.pbxs[PBX].queues[QueueId("orders")].members) == ["PJSIP/1004"]


def test_a_member_seen_before_the_roster_finds_its_agent() -> None:
    live = Live()
    apply(live, device(Endpoint("PJSIP/1004"), DeviceUse.IDLE), member(Endpoint("Local/1004"), paused="x"))
    apply(live, RosterChanged(PBX, 2.0, ((Endpoint("PJSIP/1004"), AgentId("a1004")),)))
    assert live.agents[AgentId("a1004")].state is AgentState.PAUSED


def test_two_pbxs_with_the_same_unique_ids_never_meet() -> None:
    """P1: unique IDs are keys only within one PBX."""
    other = PbxId("osaka")
    live = seated()
    seats = tuple((Endpoint(f"PJSIP/{n}"), AgentId(f"b{n}")) for n in range(1001, 1007))
    apply(live, RosterChanged(other, 1.0, seats))
    alone: dict[PbxId, list[str]] = {PBX: [], other: []}
    for event in trace_events("transfer_attended_refer"):
        for pbx in (PBX, other):
            for effect in reduce(live, replace(event, pbx=pbx)):
                if isinstance(effect, ef.OfferCall | ef.ConnectOffer | ef.EndOffer):
                    assert effect.call.pbx == pbx
                    alone[pbx].append(f"{type(effect).__name__} {effect.offer.agent_id[1:]}")
                elif isinstance(effect, ef.RecordCall):
                    assert effect.record.pbx == pbx and effect.record.call_id.startswith(pbx)
                    assert {stint.agent_id[0] for stint in effect.record.stints} <= {
                        "a" if pbx == PBX else "b"
                    }
    assert alone[PBX] == alone[other] != []
    assert not any(tables.calls for tables in live.pbxs.values())


def test_one_agent_with_telephones_at_two_pbxs_has_one_state() -> None:
    other = PbxId("osaka")
    live = Live()
    apply(live, RosterChanged(PBX, 1.0, ((DESK, A1001),)), RosterChanged(other, 1.0, ((DESK, A1001),)))
    apply(live, device(DESK, DeviceUse.IDLE), DeviceChanged(other, 1.0, DESK, DeviceUse.IDLE))
    for event in trace_events("direct_answered"):
        reduce(live, replace(event, pbx=other))
        if isinstance(event, ChannelRang):
            assert live.agents[A1001].state is AgentState.RINGING
            assert live.agents[A1001].view().pbx == other
    assert live.agents[A1001].state is AgentState.READY


def test_a_telephone_of_nobody_rings_without_an_offer() -> None:
    live = Live()
    effects = [effect for event in trace_events("direct_answered") for effect in reduce(live, event)]
    assert not [e for e in effects if isinstance(e, ef.OfferCall)]
    assert ChannelId("x") not in live.pbxs[PBX].channels

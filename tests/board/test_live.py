"""The live board (V1): stale snapshot + later deltas = fresh snapshot, and rows as people read them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cti_bridge.board.day import Day
from cti_bridge.board.live import Board, Person
from cti_bridge.board.rows import BoardDelta, BoardSnapshot
from cti_bridge.board.windows import LatencyWindow
from cti_bridge.calls.effects import Effect, ShowAgent, ShowSource
from cti_bridge.calls.events import SourceLost
from cti_bridge.calls.ids import AgentId, CallId, Endpoint, PbxId, QueueId
from cti_bridge.calls.reducer import reduce
from cti_bridge.calls.views import AgentState, AgentStatus, AgentView, CallState
from tests.golden_traces import PBX, names, seated, trace_events


def fresh_board() -> tuple[Board, Day]:
    day = Day(ZoneInfo("Asia/Tokyo"), 20)
    labels = {(PBX, QueueId("orders")): "受注窓口"}
    return Board(day, LatencyWindow(), lambda agent_id: Person(f"名 {agent_id}", ""), labels), day


def feed(board: Board, day: Day, effects: list[Effect]) -> None:
    for effect in effects:
        day.count(effect)
        board.apply(effect)


def applied(snapshot: BoardSnapshot, delta: BoardDelta) -> BoardSnapshot:
    """What a browser does with a delta."""
    calls = {row.call_id: row for row in snapshot.calls} | {row.call_id: row for row in delta.calls}
    queues = {row.queue_id: row for row in snapshot.queues} | {row.queue_id: row for row in delta.queues}
    agents = {row.agent_id: row for row in snapshot.agents} | {row.agent_id: row for row in delta.agents}
    sources = {row.pbx: row for row in snapshot.sources} | {row.pbx: row for row in delta.sources}
    return BoardSnapshot(
        calls=[row for key, row in calls.items() if key not in delta.calls_gone],
        queues=[row for key, row in queues.items() if key not in delta.queues_gone],
        agents=[row for key, row in agents.items() if key not in delta.agents_gone],
        sources=list(sources.values()),
        totals=delta.totals or snapshot.totals,
        latency=delta.latency or snapshot.latency,
    )


def in_order(snapshot: BoardSnapshot) -> bytes:
    """Rows in one order, so that two snapshots can be compared."""
    ordered = msgspec.structs.replace(
        snapshot,
        calls=sorted(snapshot.calls, key=lambda row: row.call_id),
        queues=sorted(snapshot.queues, key=lambda row: row.queue_id),
        agents=sorted(snapshot.agents, key=lambda row: row.agent_id),
        sources=sorted(snapshot.sources, key=lambda row: row.pbx),
    )
    return msgspec.json.encode(ordered)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_stale_snapshot_and_later_deltas_make_a_fresh_snapshot(data: st.DataObject) -> None:
    live, (board, day) = seated(), fresh_board()
    happened = [
        e for name in data.draw(st.lists(st.sampled_from(names()), max_size=3)) for e in trace_events(name)
    ]
    if data.draw(st.booleans()):
        happened.insert(data.draw(st.integers(0, len(happened))), SourceLost(PBX, 5.0, "cut"))
    split = data.draw(st.integers(0, len(happened)))
    for event in happened[:split]:
        feed(board, day, reduce(live, event))
    stale = board.snapshot()  # deltas not yet taken may repeat part of it, never contradict it
    for event in happened[split:]:
        feed(board, day, reduce(live, event))
        if data.draw(st.integers(0, 4)) == 0:
            delta = board.take_delta()
            stale = applied(stale, delta) if delta else stale
    delta = board.take_delta()
    stale = applied(stale, delta) if delta else stale
    assert in_order(stale) == in_order(board.snapshot())


@pytest.mark.parametrize("name", names())
def test_every_call_leaves_the_board_when_it_is_over(name: str) -> None:
    live, (board, day) = seated(), fresh_board()
    seen: set[CallState] = set()
    for event in trace_events(name):
        feed(board, day, reduce(live, event))
        seen |= {row.state for row in board.snapshot().calls}
    assert {row.call_id for row in board.calls()} == live.tables(PBX).calls.keys()
    if name.startswith("queue_ringall_answered"):
        assert seen >= {CallState.QUEUED, CallState.RINGING, CallState.TALKING, CallState.HELD}


def test_an_agents_row_has_telephone_status_and_wrap_up() -> None:
    board, _ = fresh_board()
    agent_id, phone = AgentId("a1"), Endpoint("PJSIP/1001")
    view = AgentView(
        agent_id, PBX, phone, AgentState.WRAP_UP, 5.0, "", None, AgentStatus.PAUSED, wrap_up_until_s=65.0
    )
    board.apply(ShowAgent(view))
    (row,) = board.snapshot().agents
    assert (row.pbx, row.endpoint, row.status, row.state) == (PBX, phone, "paused", "wrap_up")
    assert row.wrap_up_until is not None
    assert row.wrap_up_until.timestamp() == 65.0


def test_a_gap_is_shown_until_the_next_loss_even_if_a_snapshot_is_taken_anew() -> None:
    board, _ = fresh_board()
    for at_s, is_connected, gap_s in ((1.0, False, None), (13.0, True, 12.0), (20.0, True, None)):
        board.apply(ShowSource(PBX, is_connected=is_connected, at_s=at_s, gap_s=gap_s))
    (source,) = board.snapshot().sources
    assert (source.is_connected, source.since.timestamp(), source.last_gap_s) == (True, 13.0, 12.0)
    board.apply(ShowSource(PBX, is_connected=False, at_s=30.0))
    (source,) = board.snapshot().sources
    assert (source.is_connected, source.since.timestamp(), source.last_gap_s) == (False, 30.0, None)


def test_one_call_can_be_asked_for() -> None:
    live, (board, day) = seated(), fresh_board()
    for event in trace_events("queue_ringall_answered_held")[:8]:
        feed(board, day, reduce(live, event))
    (row,) = board.calls()
    assert board.call(CallId(row.call_id)) == row
    assert board.call(CallId("main-0.0")) is None


def test_nothing_new_is_no_delta() -> None:
    board, _ = fresh_board()
    assert board.take_delta() is not None  # the first totals
    assert board.take_delta() is None


def test_a_queue_bears_its_label_and_an_agent_a_name() -> None:
    live, (board, day) = seated(), fresh_board()
    for event in trace_events("queue_ringall_answered_held"):
        feed(board, day, reduce(live, event))
    snapshot = board.snapshot()
    assert {row.label for row in snapshot.queues if row.queue == "orders"} == {"受注窓口"}
    assert all(row.name == f"名 {row.agent_id}" for row in snapshot.agents)
    assert snapshot.totals.answered == 1
    assert sum(row.calls_today for row in snapshot.agents) == 1
    assert board.label(PbxId("main"), None) is None

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cti_bridge.errors import UsageError
from cti_bridge.simulator.exchange import Exchange
from cti_bridge.simulator.layout import Layout, SimQueue
from cti_bridge.simulator.plant import Caller
from cti_bridge.simulator.player import Player
from cti_bridge.simulator.traffic import TrafficPlan
from tests.simulator.stream import events, named

AT_S = 1_800_000_000.0
AGENTS = {f"PJSIP/100{n}": f"担当 {n}" for n in range(1, 7)}
QUEUES = {
    "orders": SimQueue(members=list(AGENTS)[:3]),
    "support": SimQueue("rrmemory", list(AGENTS)[2:5], answers_first=True, timeout_s=6),
}
CALLERS = [(f"0901234{n:04}", f"顧客 {n}") for n in range(50)]


def plan(**changes: object) -> TrafficPlan:
    usual = {
        "calls_per_s": 0.2,
        "callers": CALLERS,
        "destinations": {"orders": 4, "support": 2, "PJSIP/1006": 1},
        "calls": 60,
    }
    return TrafficPlan(**{**usual, **changes})  # type: ignore[arg-type]


def played(one: TrafficPlan) -> bytes:
    """The whole stream of a plan, played as fast as it goes."""
    exchange = Exchange(Layout(AGENTS, QUEUES), AT_S)
    is_over: list[bool] = []
    Player(exchange, one, lambda: is_over.append(True)).begin(AT_S)
    while not is_over:
        assert exchange.next_due_s is not None
        exchange.advance(exchange.next_due_s)
    assert is_over == [True]
    assert not exchange.channels
    assert not exchange.bridges
    assert not any(queue.waiting for queue in exchange.queues.values())
    return b"Asterisk Call Manager/0.0.0\r\n" + b"".join(happened.block for happened in exchange.take())


def test_the_same_seed_is_the_same_stream_to_the_byte() -> None:
    assert played(plan(seed=3)) == played(plan(seed=3))
    assert played(plan(seed=3)) != played(plan(seed=4))


def test_one_call_more_changes_nothing_of_those_before() -> None:
    assert list(plan(calls=10).planned()) == list(plan(calls=11).planned())[:10]


def test_kinds_and_destinations_come_as_weighted() -> None:
    calls = list(plan(calls=4000, kinds={"known": 5, "unknown": 3, "withheld": 1, "pay_phone": 1}).planned())
    known = {number for number, _ in CALLERS}
    kinds = Counter(
        "known"
        if call.caller.number in known
        else call.caller.name
        if call.caller.number == "anonymous"
        else "unknown"
        for call in calls
    )
    assert kinds["known"] == pytest.approx(2000, rel=0.1)
    assert kinds["unknown"] == pytest.approx(1200, rel=0.1)
    assert kinds["Coin line/payphone"] == pytest.approx(400, rel=0.2)
    assert kinds["Anonymous"] + kinds["非通知"] == pytest.approx(400, rel=0.2)
    assert Counter(call.to for call in calls)["orders"] == pytest.approx(4000 * 4 / 7, rel=0.1)
    assert calls[-1].starts_after_s == pytest.approx(4000 / 0.2, rel=0.1)


def test_steady_arrivals_are_even() -> None:
    starts = [call.starts_after_s for call in plan(arrivals="steady", calls_per_s=4, calls=3).planned()]
    assert starts == [0.25, 0.5, 0.75]


def test_a_plan_without_an_end_goes_on() -> None:
    endless = plan(calls=None).planned()
    assert len([next(endless) for _ in range(1000)]) == 1000


def test_everything_a_centre_sees_comes_to_pass() -> None:
    names = Counter(label.split()[0] for label, _ in named(events(played(plan(calls=300, calls_per_s=0.05)))))
    for event in (
        "AgentConnect",
        "QueueCallerAbandon",
        "AgentRingNoAnswer",
        "Hold",
        "Unhold",
    ):
        assert names[event] > 0, event
    assert names["Newchannel"] == names["Hangup"]
    assert names["BridgeCreate"] == names["BridgeDestroy"]
    assert names["QueueCallerJoin"] == names["QueueCallerLeave"]
    assert names["AgentConnect"] == names["AgentComplete"]


def test_a_favoured_telephone_takes_every_call_that_rings_it() -> None:
    favoured = plan(
        favoured={"PJSIP/1001": 3.0},
        destinations={"orders": 1},
        calls_per_s=0.001,
        arrivals="steady",
        abandon_probability=1,
    )
    connected = [b for b in events(played(favoured)) if b.event == "AgentConnect"]
    assert len(connected) == 60
    assert {(b["Interface"], b["RingTime"]) for b in connected} == {("PJSIP/1001", "3")}


@pytest.mark.parametrize("changes", [{"calls_per_s": 0}, {"destinations": {}}, {"callers": []}])
def test_a_plan_that_cannot_be_played_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        plan(**changes)


@example(seed=2743, calls_per_s=0.25, abandon=0.0, reject=1.0, hold=0.0, answer=0.0)
@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    calls_per_s=st.floats(0.05, 20),
    abandon=st.floats(0, 1),
    reject=st.floats(0, 1),
    hold=st.floats(0, 1),
    answer=st.floats(0, 30),
)
def test_any_plan_ends_with_everything_hung_up(
    seed: int, calls_per_s: float, abandon: float, reject: float, hold: float, answer: float
) -> None:
    stream = events(
        played(
            plan(
                seed=seed,
                calls=25,
                calls_per_s=calls_per_s,
                abandon_probability=abandon,
                reject_probability=reject,
                hold_probability=hold,
                answer_s=(0, answer),
                patience_s=(0, 20),
                longest_wait_s=60,
                talk_s=(0, 20),
            )
        )
    )
    made = [b["Uniqueid"] for b in stream if b.event == "Newchannel"]
    ended = [b["Uniqueid"] for b in stream if b.event == "Hangup"]
    assert sorted(made) == sorted(ended)
    assert len(set(made)) == len(made)
    last: dict[str, str] = {}
    for block in stream:
        if block.event == "DeviceStateChange":
            assert last.get(block["Device"]) != block["State"], "a device tells only of changes"
            last[block["Device"]] = block["State"]
    assert {state for device, state in last.items() if device.startswith("PJSIP/")} == {"NOT_INUSE"}


def test_a_call_that_somebody_plays_by_hand_is_left_alone() -> None:
    exchange = Exchange(Layout(AGENTS, QUEUES), AT_S)
    is_over: list[bool] = []
    Player(exchange, plan(destinations={"support": 1}), lambda: is_over.append(True)).begin(AT_S)
    by_hand = exchange.call(AT_S, Caller("0312345678"), "PJSIP/1006")
    exchange.advance(AT_S + 29)
    assert by_hand.ringing == ["PJSIP/1006"]
    exchange.answer(AT_S + 29, by_hand, "PJSIP/1006")
    while not is_over:
        assert exchange.next_due_s is not None
        exchange.advance(exchange.next_due_s)
    assert by_hand.talking == "PJSIP/1006"

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from cti_bridge.calls.numbers import UNAVAILABLE
from cti_bridge.calls.outcomes import EndReason, PartReason, QueueOutcome
from cti_bridge.calls.record import CallRecord, Transfer, TransferKind
from cti_bridge.calls.views import Direction
from cti_bridge.records.join import absorb, succeed
from cti_bridge.records.stored import StoredCall, StoredRecord
from tests.records.samples import T0, full, park, plain, record, stint, told, wait

# The second run of the bridge began 50 seconds into the call.
RESTART = int((T0 + 50) * 1e6)


def joined(old: CallRecord, new: CallRecord) -> StoredCall:
    """What two runs told, as the second's record with what it misses."""
    return succeed(told(old, run=1, revision=2), told(new, run=RESTART, revision=RESTART + 1)).record


def test_a_later_record_of_the_same_run_replaces_the_earlier() -> None:
    old, new = told(full(), revision=1), told(record(), revision=2)
    new_of_ended = told(record(outcome=EndReason.COMPLETED, ended_at_s=T0 + 1), revision=2)
    old = told(replace(full(), has_gap=False), revision=1)
    assert succeed(old, new_of_ended) is new_of_ended
    assert succeed(old, new) is old


def test_what_was_told_earlier_never_replaces_what_was_told_later() -> None:
    early, late = told(record(), revision=1), told(record(answered_at_s=T0), revision=2)
    assert succeed(early, late) is late
    assert succeed(late, early) is late
    assert succeed(late, late) is late


def test_the_end_counts_more_than_anything_told_later_of_a_call_that_lives_or_is_lost() -> None:
    ended = told(record(ended_at_s=T0 + 9, outcome=EndReason.ABANDONED), revision=5)
    live = told(record(), revision=9)
    lost = told(record(ended_at_s=T0 + 9, outcome=EndReason.LOST), revision=9)
    assert succeed(ended, live) is succeed(live, ended) is ended
    assert succeed(ended, lost) is succeed(lost, ended) is ended


def test_a_call_thought_lost_lives_when_it_is_seen_again() -> None:
    lost = told(record(ended_at_s=T0 + 9, outcome=EndReason.LOST), revision=5)
    live = told(record(), revision=9)
    assert succeed(lost, live) is live
    assert succeed(live, lost) is live


def test_a_restarted_bridge_takes_nothing_away() -> None:
    old = record(
        answered_at_s=T0 + 12,
        queue_waits=(wait(1, 12),),
        stints=(
            stint("x", "a1", 5, 12, holds=((20, 30),)),
            stint("y", "a2", 5, ended=12, end=PartReason.LOST),
        ),
        transfers=(Transfer(TransferKind.BLIND, T0 + 40, None, "700"),),
    )
    new = record(
        started_at_s=T0 + 50,
        caller=UNAVAILABLE,
        caller_name="",
        dialled="s",
        direction=Direction.INTERNAL,
        stints=(stint("z", "a3", 60, 61),),
    )
    whole = joined(old, new)
    assert whole.started_at_s == T0
    assert whole.answered_at_s == T0 + 12
    assert (whole.caller, whole.caller_name) == (plain(old).caller, "田中")
    assert (whole.direction, whole.dialled) == ("inbound", "0120000000")
    assert whole.queue_waits == plain(old).queue_waits
    assert whole.transfers == plain(old).transfers
    assert whole.has_gap
    assert [each.offer_id for each in whole.stints] == ["x", "y", "z"]
    # The first agent's part was over when the bridge looked again, whenever that had been.
    assert (whole.stints[0].ended_at_s, whole.stints[0].end) == (T0 + 50, "lost")
    assert whole.stints[1:] == (plain(old).stints[1], plain(new).stints[0])


def test_a_stint_that_both_know_is_the_laters_with_its_true_beginning() -> None:
    old = record(stints=(stint("x", "a1", 5, 12, holds=((20, 30), (40, None)), by="a7"),))
    new = record(stints=(stint("x", "a1", 48, 48, ended=90, end=PartReason.COMPLETED, holds=((70, 80),)),))
    (found,) = joined(old, new).stints
    expected = stint(
        "x", "a1", 5, 12, ended=90, end=PartReason.COMPLETED, holds=((20, 30), (40, 50), (70, 80)), by="a7"
    )
    assert found == plain(record(stints=(expected,))).stints[0]


def test_a_wait_seen_by_both_is_one_though_the_second_rounds_its_beginning() -> None:
    old = record(queue_waits=(wait(1, 10), wait(20.75), wait(30, None, "claims")))
    new = record(queue_waits=(wait(20.0, 65), wait(66, 70)))
    waits = joined(old, new).queue_waits
    assert [
        (each.queue, each.began_at_s - T0, each.ended_at_s and each.ended_at_s - T0) for each in waits
    ] == [
        ("sales", 1, 10),
        ("sales", 20.0, 65),
        ("claims", 30, 50),
        ("sales", 66, 70),
    ]
    assert waits[2].outcome == QueueOutcome.LEFT
    later = joined(old, record(queue_waits=(wait(21.25),))).queue_waits
    assert [each.began_at_s - T0 for each in later] == [1, 20.75, 30]


def test_a_park_that_ended_unseen_is_closed() -> None:
    parks = joined(record(parks=(park("701", 10),)), record(parks=(park("702", 60),))).parks
    assert [(each.slot, each.ended_at_s) for each in parks] == [("701", T0 + 50), ("702", None)]


def test_of_an_absorbed_call_the_parts_are_kept_and_the_call_is_not() -> None:
    gone = record("main-0", started_at_s=T0 - 9, dialled="77", stints=(stint("b", "a2", 1, ended=2),))
    keeps = record(stints=(stint("a", "a1", 0, 3),))
    same_run = absorb(told(gone), told(keeps, revision=2))
    assert same_run.record == plain(keeps)
    found = absorb(told(gone), told(keeps, run=RESTART, revision=RESTART + 1)).record
    assert (found.call_id, found.started_at_s, found.dialled) == ("main-1", T0, "0120000000")
    assert [each.offer_id for each in found.stints] == ["a", "b"]


SpanOf = tuple[float, float | None]


def in_order(found: list[SpanOf]) -> list[SpanOf]:
    return sorted(found, key=lambda span: span[0])


def records(until: int) -> st.SearchStrategy[CallRecord]:
    """Records of which everything is over, or goes on, at ``until``."""
    moments = st.integers(0, until).map(float)
    over = st.tuples(moments, moments).map(lambda pair: (min(pair), max(pair)))
    spans: st.SearchStrategy[SpanOf] = st.one_of(over, st.tuples(moments, st.none()))
    several = st.lists(spans, max_size=3).map(in_order)
    return st.builds(
        lambda waits, parks, stints, started, gap: record(
            started_at_s=T0 + started,
            queue_waits=tuple(wait(*span, queue) for queue, found in waits.items() for span in found),
            parks=tuple(park(slot, *span) for slot, found in parks.items() for span in found),
            stints=tuple(
                stint(offer, "a1", began, ended=ended, holds=tuple(holds))
                for offer, ((began, ended), holds) in stints.items()
            ),
            has_gap=gap,
        ),
        st.dictionaries(st.sampled_from(["q1", "q2"]), several),
        st.dictionaries(st.sampled_from(["701", "702"]), several),
        st.dictionaries(st.sampled_from("xyz"), st.tuples(spans, several)),
        moments,
        st.booleans(),
    )


def in_any_order(told: StoredRecord) -> tuple[object, ...]:
    call = told.record
    stints = {(each.offer_id, each.rang_at_s, each.ended_at_s, frozenset(each.holds)) for each in call.stints}
    return set(call.queue_waits), set(call.parks), stints, call.started_at_s, call.has_gap


@given(records(49), records(100))
def test_the_same_record_again_changes_nothing(old: CallRecord, new: CallRecord) -> None:
    later = told(new, run=RESTART, revision=RESTART + 1)
    once = succeed(told(old), later)
    assert in_any_order(succeed(once, later)) == in_any_order(once)


@given(records(49), records(100))
def test_nothing_that_was_told_is_gone(old: CallRecord, new: CallRecord) -> None:
    found = joined(old, new)
    assert {each.offer_id for each in found.stints} == {each.offer_id for each in (*old.stints, *new.stints)}
    for each in (*old.queue_waits, *new.queue_waits):
        assert any(
            kept.queue == each.queue
            and kept.began_at_s <= each.entered_at_s <= (kept.ended_at_s or each.entered_at_s)
            for kept in found.queue_waits
        )
    assert found.started_at_s == min(old.started_at_s, new.started_at_s)

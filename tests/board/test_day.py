"""The day's counts (V1): what the tiles are made of."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from cti_bridge.board.day import Day
from cti_bridge.calls.effects import CountQueueCall
from cti_bridge.calls.ids import PbxId, QueueId
from cti_bridge.calls.outcomes import QueueOutcome

KEY = (PbxId("main"), QueueId("orders"))


def count(day: Day, outcome: QueueOutcome, wait_s: float = 0.0) -> None:
    day.count(CountQueueCall(*KEY, outcome, wait_s, at_s=1.0))


def test_an_answer_counts_for_the_service_level_up_to_the_threshold() -> None:
    day = Day(ZoneInfo("Asia/Tokyo"), threshold_s=20)
    for wait_s in (0.0, 20.0, 20.1):
        count(day, QueueOutcome.OFFERED)
        count(day, QueueOutcome.ANSWERED, wait_s)
    count(day, QueueOutcome.OFFERED)
    count(day, QueueOutcome.ABANDONED, 5.0)
    count(day, QueueOutcome.LEFT, 300.0)
    total = day.total()
    assert (total.offered, total.answered, total.answered_in_time, total.abandoned) == (4, 3, 2, 1)
    assert total.wait_answered_s == pytest.approx(40.1)


def test_the_day_turns_at_midnight_of_the_centres_time_zone() -> None:
    day = Day(ZoneInfo("Asia/Tokyo"), threshold_s=20)
    before = datetime(2026, 11, 22, 14, 59, tzinfo=UTC).timestamp()
    assert not day.turn(before)
    count(day, QueueOutcome.OFFERED)
    assert not day.turn(before + 30)
    assert day.total().offered == 1
    assert day.turn(before + 60)
    assert day.total().offered == 0


def test_a_clock_that_steps_back_loses_no_count() -> None:
    day = Day(ZoneInfo("Asia/Tokyo"), threshold_s=20)
    midnight = datetime(2026, 11, 22, 15, 0, tzinfo=UTC).timestamp()
    day.turn(midnight)
    count(day, QueueOutcome.OFFERED)
    assert not day.turn(midnight - 5)
    assert day.total().offered == 1

from __future__ import annotations

import asyncio
import itertools
from contextlib import suppress
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti_bridge import nightly
from cti_bridge.clock import Clock
from cti_bridge.errors import Refused
from cti_bridge.nightly import every_night, next_time

JAPAN, BERLIN = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-04-08T18:29:59Z", "2026-04-08T18:30:00Z"),
        ("2026-04-08T18:30:00Z", "2026-04-09T18:30:00Z"),
        ("2026-04-08T12:00:00Z", "2026-04-08T18:30:00Z"),
    ],
)
def test_the_next_half_past_three(now: str, due: str) -> None:
    assert next_time(datetime.fromisoformat(now), "03:30", JAPAN) == datetime.fromisoformat(due)


@given(st.floats(1.5e9, 2.2e9), st.times())
def test_it_is_always_ahead_and_at_most_a_day_and_an_hour(now_s: float, at: time) -> None:
    now = datetime.fromtimestamp(now_s, UTC)
    due = next_time(now, f"{at:%H:%M}", BERLIN)
    assert 0 < (due - now).total_seconds() <= 25 * 3600


async def test_work_is_done_each_night_whatever_becomes_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nightly, "LOOK_EVERY_S", 0.001)
    hours = itertools.count()
    began_s = datetime(2026, 4, 8, tzinfo=UTC).timestamp()
    outcomes: list[Exception | None] = [Refused("busy"), OSError("away"), ValueError("a fault of ours"), None]
    done = asyncio.Event()

    async def work() -> str:
        outcome = outcomes.pop(0)
        if not outcomes:
            done.set()
        if outcome is not None:
            raise outcome
        return "done"

    # A clock that is an hour later whenever it is looked at.
    clock = Clock(now_s=lambda: began_s + 3600 * next(hours))
    task = asyncio.create_task(every_night("test", "03:30", JAPAN, work, clock))
    async with asyncio.timeout(5):
        await done.wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert next(hours) >= 3 * 24

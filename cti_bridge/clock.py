"""Wall and monotonic time, passed in so that tests can move it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Clock:
    """``now_s``: seconds since the Unix epoch. ``ticks_ns``: monotonic nanoseconds."""

    now_s: Callable[[], float] = time.time
    ticks_ns: Callable[[], int] = time.perf_counter_ns


def as_utc(at_s: float) -> datetime:
    """The aware UTC datetime of ``at_s`` seconds since the Unix epoch."""
    return datetime.fromtimestamp(at_s, UTC)

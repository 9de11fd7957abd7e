"""Work that is done once a day at a time of the region's clock, when few people call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog

from cti_bridge.clock import Clock, as_utc
from cti_bridge.errors import BridgeError
from cti_bridge.storage.postgres import FAULTS, explain

_log = structlog.get_logger(__name__)

# One wait is never longer: a clock that was set, or a machine that slept, is noticed.
LOOK_EVERY_S = 60.0


async def every_night(
    name: str, at: str, zone: ZoneInfo, work: Callable[[], Awaitable[object]], clock: Clock
) -> None:
    """Do ``work`` each day at ``at`` (``HH:MM`` in ``zone``); runs until cancelled.

    Whatever goes wrong with it is logged, and tried again the next night.
    """
    due = next_time(as_utc(clock.now_s()), at, zone)
    while True:
        left_s = (due - as_utc(clock.now_s())).total_seconds()
        if left_s > 0:
            await asyncio.sleep(min(left_s, LOOK_EVERY_S))
            continue
        try:
            done = await work()
        except BridgeError as error:
            _log.warning("nightly_work_failed", work=name, cause=str(error))
        except FAULTS as error:
            _log.warning("nightly_work_failed", work=name, cause=explain(error))
        except Exception:  # noqa: BLE001 - a task's border: one night's fault costs no later night
            _log.exception("nightly_work_failed", work=name)
        else:
            _log.info("nightly_work_done", work=name, result=str(done))
        due = next_time(as_utc(clock.now_s()), at, zone)


def next_time(now: datetime, at: str, zone: ZoneInfo) -> datetime:
    """The next moment after ``now`` (aware) at which clocks in ``zone`` show ``at``, ``HH:MM``."""
    local = now.astimezone(zone)
    on_that_day = time.fromisoformat(at)
    for days in (0, 1):
        due = datetime.combine(local.date() + timedelta(days=days), on_that_day, zone)
        if due > now:
            break
    return due

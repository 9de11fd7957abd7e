"""A trace as it is written: steps with their times as JSON, and read back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

import msgspec

from cti_bridge.calls.ids import CallId
from cti_bridge.clock import Clock, as_utc
from cti_bridge.records import notes
from cti_bridge.records.steps import Step

# What PostgreSQL's jsonb refuses. Should a backslash and these letters be meant, cleaning changes nothing.
_NUL = b"\\u0000"


class _Written(msgspec.Struct, gc=False):
    """A step; ``data`` is the event or note itself."""

    at: datetime
    ms: float
    what: str
    data: Any


class _Payload(msgspec.Struct):
    """``recorded_at``: seconds since the epoch."""

    call_id: str
    recorded_at: float
    steps: list[_Written]


class _Read(msgspec.Struct):
    steps: list[Step]


def write_payload(call_id: CallId, steps_at: Sequence[tuple[int, Any]], skipped: int, clock: Clock) -> bytes:
    """JSON: call_id, recorded_at, steps in the order of their times, which are ticks of ``clock``."""
    now_s, now_ns = clock.now_s(), clock.ticks_ns()
    ordered = sorted(steps_at, key=itemgetter(0))
    if skipped:
        ordered.insert(len(ordered) - 1, (ordered[-1][0], notes.StepsSkipped(skipped)))
    first_ns = ordered[0][0] if ordered else now_ns
    zero_s = now_s - now_ns / 1e9
    written = [
        _Written(as_utc(zero_s + at_ns / 1e9), round((at_ns - first_ns) / 1e6, 3), _name(step), step)
        for at_ns, step in ordered
    ]
    payload = msgspec.json.encode(_Payload(call_id, now_s, written))
    if _NUL in payload:
        payload = msgspec.json.encode(_without_nul(msgspec.json.decode(payload)))
    return payload


def read_payload(payload: bytes) -> list[Step]:
    """The steps of what was written."""
    return msgspec.json.decode(payload, type=_Read).steps


def read_steps(steps: str) -> list[Step]:
    """The steps alone, as the database keeps them."""
    return _read_steps(steps)


_read_steps = msgspec.json.Decoder(list[Step]).decode
_NAMES: dict[type[Any], str] = {}


def _name(step: object) -> str:
    """channel_created for ChannelCreated."""
    kind = type(step)
    name = _NAMES.get(kind)
    if name is None:
        name = _NAMES[kind] = re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()
    return name


def _without_nul(value: Any) -> Any:
    match value:
        case str():
            return value.replace("\0", "")
        case dict():
            return {key: _without_nul(each) for key, each in value.items()}
        case list():
            return [_without_nul(each) for each in value]
        case _:
            return value

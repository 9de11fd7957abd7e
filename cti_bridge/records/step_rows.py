"""Writes the steps that led to a pop into PostgreSQL, the latest of a call in place of those before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import asyncpg
import msgspec

TRACE: Final = "trace"

_WRITE = """
insert into call_trace (call_id, recorded_at, steps)
select call_id, to_timestamp(recorded_at), steps
from jsonb_to_recordset($1::jsonb) as t (call_id text, recorded_at float8, steps jsonb)
on conflict (call_id) do update set recorded_at = excluded.recorded_at, steps = excluded.steps
where call_trace.recorded_at <= excluded.recorded_at
"""


class _Trace(msgspec.Struct):
    """``recorded_at``: seconds since the epoch."""

    call_id: str
    recorded_at: float
    steps: msgspec.Raw


async def write_steps(connection: asyncpg.Connection, payloads: Sequence[bytes]) -> None:
    """Bring entries of the spool into the table: the handler of ``TRACE``, which may see an entry again.

    Raises: msgspec.DecodeError, or what asyncpg raises.
    """
    latest: dict[str, _Trace] = {}
    for payload in payloads:
        trace = _trace.decode(payload)
        known = latest.get(trace.call_id)
        if known is None or known.recorded_at <= trace.recorded_at:
            latest[trace.call_id] = trace
    await connection.execute(_WRITE, msgspec.json.encode(list(latest.values())).decode())


_trace = msgspec.json.Decoder(_Trace)

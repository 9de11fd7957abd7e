"""Writes the times in which a PBX was out of sight: what happened then nobody knows, as reports must say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import asyncpg
import msgspec

from cti_bridge.calls.effects import ShowSource
from cti_bridge.clock import as_utc

GAP: Final = "gap"

_WRITE = """
insert into pbx_gap (pbx, began_at, ended_at) values ($1, $2, $3)
on conflict (pbx, began_at) do update set ended_at = greatest(pbx_gap.ended_at, excluded.ended_at)
"""


class _Gap(msgspec.Struct):
    """Seconds since the epoch."""

    pbx: str
    began_at_s: float
    ended_at_s: float


def gap_payload(effect: ShowSource) -> bytes | None:
    """The entry for the spool, when the PBX came back after a gap."""
    if not effect.is_connected or effect.gap_s is None:
        return None
    return msgspec.json.encode(_Gap(effect.pbx, effect.at_s - effect.gap_s, effect.at_s))


async def write_gaps(connection: asyncpg.Connection, payloads: Sequence[bytes]) -> None:
    """Bring entries of the spool into the table: the handler of ``GAP``, which may see an entry again.

    Raises: msgspec.DecodeError, or what asyncpg raises.
    """
    gaps = [_gap.decode(payload) for payload in payloads]
    rows = [(gap.pbx, as_utc(gap.began_at_s), as_utc(gap.ended_at_s)) for gap in gaps]
    await connection.executemany(_WRITE, rows)


_gap = msgspec.json.Decoder(_Gap)

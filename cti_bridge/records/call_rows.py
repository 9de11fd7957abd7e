"""Calls as rows of PostgreSQL: read, replaced, closed, each in a statement or two whatever their number.

A call that is over is a contact of its customer besides (``write_call_contacts`` in the schema).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import asyncpg
import msgspec

from cti_bridge.records.stored import StoredLoss, StoredRecord

_LOAD = """
select json_build_object('type', 'record', 'run', c.run, 'revision', c.revision, 'record', json_build_object(
    'call_id', c.call_id,
    'pbx', c.pbx,
    'direction', c.direction,
    'caller', json_build_object('kind', c.caller_kind, 'e164', c.caller_e164, 'display', c.caller_display),
    'caller_name', c.caller_name,
    'dialled', c.dialled,
    'started_at_s', extract(epoch from c.started_at),
    'answered_at_s', extract(epoch from c.answered_at),
    'ended_at_s', extract(epoch from c.ended_at),
    'outcome', c.outcome,
    'has_gap', c.has_gap,
    'queue_waits', (
        select coalesce(json_agg(json_build_object(
            'queue', w.queue, 'outcome', w.outcome,
            'entered_at_s', extract(epoch from w.entered_at), 'left_at_s', extract(epoch from w.left_at)
        ) order by w.entered_at), '[]')
        from call_queue_wait w where w.call_id = c.call_id),
    'stints', (
        select coalesce(json_agg(json_build_object(
            'offer_id', s.offer_id, 'agent_id', s.agent_id, 'endpoint', s.endpoint,
            'rang_at_s', extract(epoch from s.rang_at), 'answered_at_s', extract(epoch from s.answered_at),
            'ended_at_s', extract(epoch from s.ended_at), 'end', s.end_reason,
            'transferred_by', s.transferred_by,
            'holds', (
                select coalesce(json_agg(json_build_object(
                    'began_at_s', extract(epoch from h.began_at), 'ended_at_s', extract(epoch from h.ended_at)
                ) order by h.began_at), '[]')
                from call_hold h where h.offer_id = s.offer_id)
        ) order by s.rang_at), '[]')
        from call_stint s where s.call_id = c.call_id),
    'transfers', (
        select coalesce(json_agg(json_build_object(
            'kind', t.kind, 'at_s', extract(epoch from t.at), 'by', t.by_agent_id, 'to', t.target
        ) order by t.at), '[]')
        from call_transfer t where t.call_id = c.call_id),
    'parks', (
        select coalesce(json_agg(json_build_object(
            'slot', p.slot, 'by', p.by_agent_id, 'how', p.how,
            'began_at_s', extract(epoch from p.began_at), 'ended_at_s', extract(epoch from p.ended_at)
        ) order by p.began_at), '[]')
        from call_park p where p.call_id = c.call_id)
))
from call c where c.call_id = any($1::text[]) for update
"""

# What hangs on a call is not changed but written anew; the call stays, for what else may refer to it.
_CLEAR = """
with stint as (delete from call_stint where call_id = any($1::text[]) or offer_id = any($2::text[])),
    wait as (delete from call_queue_wait where call_id = any($1::text[])),
    transfer as (delete from call_transfer where call_id = any($1::text[])),
    park as (delete from call_park where call_id = any($1::text[]))
delete from call where call_id = any($3::text[])
"""

_WRITE = """
with c as (
    select t.run, t.revision, r.*
    from jsonb_to_recordset($1::jsonb) as t (run bigint, revision bigint, record jsonb),
        jsonb_to_record(t.record) as r (
            call_id text, pbx text, direction text, caller jsonb, caller_name text, dialled text,
            started_at_s float8, answered_at_s float8, ended_at_s float8, outcome text, has_gap boolean,
            queue_waits jsonb, stints jsonb, transfers jsonb, parks jsonb)
), s as (
    select c.call_id, s.*
    from c, jsonb_to_recordset(c.stints) as s (
        offer_id text, agent_id text, endpoint text, rang_at_s float8, answered_at_s float8,
        ended_at_s float8, "end" text, transferred_by text, holds jsonb)
), written as (
    insert into call (
        call_id, pbx, direction, caller_kind, caller_e164, caller_display, caller_name, dialled,
        started_at, answered_at, ended_at, outcome, has_gap, run, revision)
    select call_id, pbx, direction, caller->>'kind', caller->>'e164', caller->>'display', caller_name,
        dialled, to_timestamp(started_at_s), to_timestamp(answered_at_s), to_timestamp(ended_at_s), outcome,
        has_gap, run, revision
    from c
    on conflict (call_id) do update set
        pbx = excluded.pbx, direction = excluded.direction, caller_kind = excluded.caller_kind,
        caller_e164 = excluded.caller_e164, caller_display = excluded.caller_display,
        caller_name = excluded.caller_name, dialled = excluded.dialled, started_at = excluded.started_at,
        answered_at = excluded.answered_at, ended_at = excluded.ended_at, outcome = excluded.outcome,
        has_gap = excluded.has_gap, run = excluded.run, revision = excluded.revision
), stint as (
    insert into call_stint (
        offer_id, call_id, agent_id, endpoint, rang_at, answered_at, ended_at, end_reason, transferred_by)
    select offer_id, call_id, agent_id, endpoint, to_timestamp(rang_at_s), to_timestamp(answered_at_s),
        to_timestamp(ended_at_s), "end", transferred_by
    from s
    on conflict do nothing
), hold as (
    insert into call_hold (offer_id, began_at, ended_at)
    select s.offer_id, to_timestamp(h.began_at_s), to_timestamp(h.ended_at_s)
    from s, jsonb_to_recordset(s.holds) as h (began_at_s float8, ended_at_s float8)
    on conflict do nothing
), wait as (
    insert into call_queue_wait (call_id, pbx, queue, entered_at, left_at, outcome)
    select c.call_id, c.pbx, w.queue, to_timestamp(w.entered_at_s), to_timestamp(w.left_at_s), w.outcome
    from c, jsonb_to_recordset(c.queue_waits) as w (
        queue text, entered_at_s float8, left_at_s float8, outcome text)
    on conflict do nothing
), transfer as (
    insert into call_transfer (call_id, at, kind, by_agent_id, target)
    select c.call_id, to_timestamp(t.at_s), t.kind, t."by", t."to"
    from c, jsonb_to_recordset(c.transfers) as t (kind text, at_s float8, "by" text, "to" text)
    on conflict do nothing
)
insert into call_park (call_id, slot, began_at, ended_at, by_agent_id, how)
select c.call_id, p.slot, to_timestamp(p.began_at_s), to_timestamp(p.ended_at_s), p."by", p.how
from c, jsonb_to_recordset(c.parks) as p (
    slot text, began_at_s float8, ended_at_s float8, "by" text, how text)
on conflict do nothing
"""

_CLOSE = """
with lost as (
    update call set ended_at = to_timestamp($4), outcome = 'lost', has_gap = true, revision = $3
    where pbx = $1 and ended_at is null and revision < $3 and call_id <> all($2::text[])
    returning call_id
), stint as (
    update call_stint s set ended_at = to_timestamp($4), end_reason = 'lost'
    from lost where s.call_id = lost.call_id and s.ended_at is null
), hold as (
    update call_hold h set ended_at = to_timestamp($4)
    from call_stint s join lost using (call_id) where h.offer_id = s.offer_id and h.ended_at is null
), wait as (
    update call_queue_wait w set left_at = to_timestamp($4), outcome = 'left'
    from lost where w.call_id = lost.call_id and w.left_at is null
), park as (
    update call_park p set ended_at = to_timestamp($4)
    from lost where p.call_id = lost.call_id and p.ended_at is null
)
select array_agg(call_id) from lost
"""

# What was said of a call goes where the call went, unless the agent said something there.
_FOLLOW = """
update call_disposition d set call_id = $2
where d.call_id = $1 and not exists (
    select from call_disposition k where k.call_id = $2 and k.agent_id = d.agent_id)
"""

_CONTACTS = "select write_call_contacts($1::text[])"

_record = msgspec.json.Decoder(StoredRecord)


async def load(connection: asyncpg.Connection, call_ids: Collection[str]) -> dict[str, StoredRecord]:
    """What is written of these calls, which nobody else writes until the transaction ends."""
    rows = await connection.fetch(_LOAD, list(call_ids))
    found = [_record.decode(row[0]) for row in rows]
    return {told.record.call_id: told for told in found}


async def write(
    connection: asyncpg.Connection, records: Sequence[StoredRecord], gone: Collection[str]
) -> None:
    """Put ``records``, each call once, in place of what is written of them, and delete the calls ``gone``."""
    call_ids = [told.record.call_id for told in records]
    # A stint may stand under another call, which its own has joined unseen.
    offer_ids = [stint.offer_id for told in records for stint in told.record.stints]
    await connection.execute(_CLEAR, call_ids, offer_ids, list(gone))
    await connection.execute(_WRITE, msgspec.json.encode(records).decode())
    over = [told.record.call_id for told in records if told.record.ended_at_s is not None]
    if over or gone:
        await connection.execute(_CONTACTS, [*over, *gone])


async def follow(connection: asyncpg.Connection, gone: str, into: str) -> None:
    """A call became part of another: what agents said of it goes with it. Before the other is written."""
    await connection.execute(_FOLLOW, gone, into)


async def close_lost(connection: asyncpg.Connection, loss: StoredLoss) -> None:
    """Close the calls of a PBX that were open before and live no more, and all that was open in them."""
    lost = await connection.fetchval(_CLOSE, loss.pbx, list(loss.live), loss.revision, loss.at_s)
    if lost:
        await connection.execute(_CONTACTS, lost)

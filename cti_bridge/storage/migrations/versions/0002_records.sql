-- Call records, the traces behind pops, commands to the PBX, and telephones that agents share.

-- What is kept of a call -----------------------------------------------------------------------------
-- Times are those of the PBX. No check compares two of them: a PBX's clock may be set back in a call,
-- and a record that is refused is lost. Agents are not references: history outlives who made it.
-- Numbers and names of callers are personal data, to be deleted so many days after ended_at.

create table call (
    call_id         text primary key,
    pbx             text not null,
    direction       text not null check (direction in ('inbound', 'outbound', 'internal')),
    caller_kind     text not null check (caller_kind in
                        ('number', 'extension', 'private', 'pay_phone', 'unavailable', 'unreadable')),
    caller_e164     text,
    caller_display  text not null default '',
    caller_name     text not null default '',
    dialled         text not null default '',
    started_at      timestamptz not null,
    answered_at     timestamptz,
    ended_at        timestamptz,
    outcome         text check (outcome in ('completed', 'abandoned', 'not_reached', 'merged', 'lost')),
    has_gap         boolean not null default false,
    -- Which run of the bridge wrote the row, and when, both in microseconds since the epoch:
    -- what tells a newer record from an older one, and a whole one from the part a later run saw.
    run             bigint not null,
    revision        bigint not null,
    check ((caller_kind = 'number') = (caller_e164 is not null)),
    check ((ended_at is null) = (outcome is null))
);
create index on call (started_at desc, call_id desc);
create index on call (caller_e164, started_at desc) where caller_e164 is not null;
create index on call (ended_at) where ended_at is not null;
create index on call (pbx) where ended_at is null;

create table call_stint (
    offer_id        text primary key,
    call_id         text not null references call on delete cascade,
    agent_id        text not null,
    endpoint        text not null,
    rang_at         timestamptz not null,
    answered_at     timestamptz,
    ended_at        timestamptz,
    end_reason      text check (end_reason in (
                        'completed', 'transferred', 'parked', 'lost',
                        'answered_elsewhere', 'abandoned', 'timeout', 'rejected', 'not_reached', 'cancelled')),
    transferred_by  text
);
create index on call_stint (call_id);
create index on call_stint (agent_id, rang_at desc);

create table call_hold (
    offer_id        text not null references call_stint on delete cascade,
    began_at        timestamptz not null,
    ended_at        timestamptz,
    primary key (offer_id, began_at)
);

create table call_queue_wait (
    call_id         text not null references call on delete cascade,
    pbx             text not null,
    queue           text not null,
    entered_at      timestamptz not null,
    left_at         timestamptz,
    outcome         text not null check (outcome in ('offered', 'answered', 'abandoned', 'left')),
    primary key (call_id, queue, entered_at)
);
create index on call_queue_wait (pbx, queue, entered_at desc);

create table call_transfer (
    call_id         text not null references call on delete cascade,
    at              timestamptz not null,
    kind            text not null check (kind in ('blind', 'attended')),
    by_agent_id     text,
    target          text not null,
    primary key (call_id, at, target)
);

create table call_park (
    call_id         text not null references call on delete cascade,
    slot            text not null,
    began_at        timestamptz not null,
    ended_at        timestamptz,
    by_agent_id     text,
    how             text check (how in ('retrieved', 'timed_out', 'gave_up')),
    primary key (call_id, slot, began_at)
);

-- The steps that led to a pop, or to none. Not tied to call: a trace may be written before its call.
create table call_trace (
    call_id         text primary key,
    recorded_at     timestamptz not null,
    steps           jsonb not null
);
create index on call_trace (recorded_at);

-- When a PBX was out of sight. Calls that lived then have has_gap; those that lived only then are unknown.
create table pbx_gap (
    pbx             text not null,
    began_at        timestamptz not null,
    ended_at        timestamptz not null,
    primary key (pbx, began_at),
    check (ended_at >= began_at)
);

-- Who commanded what at the PBX, and what became of it.
create table command_log (
    command_id      bigint generated always as identity primary key,
    at              timestamptz not null default now(),
    agent_id        text not null,
    kind            text not null,
    call_id         text,
    target          jsonb not null default '{}',
    outcome         text not null,
    detail          text not null default ''
);
create index on command_log (at desc);
create index on command_log (agent_id, at desc);
create index on command_log (call_id) where call_id is not null;


-- Telephones and queues ------------------------------------------------------------------------------

-- Which queues an agent serves when signed on to a telephone.
create table agent_queue (
    pbx             text not null,
    queue           text not null,
    agent_id        text not null references agent on delete cascade,
    penalty         int not null default 0 check (penalty >= 0),
    primary key (pbx, queue, agent_id)
);
create index on agent_queue (agent_id);
create trigger roster_change after insert or update or delete or truncate
    on agent_queue for each statement execute function roster_changed();

-- A hot telephone is a shared desk's: whoever sits there takes it and gives it back, and nobody may.
alter table agent_endpoint
    add column is_hot boolean not null default false,
    alter column agent_id drop not null,
    add check (is_hot or agent_id is not null);

-- A hot telephone stays when its agent goes; the foreign key would take it along.
create function leave_hot_telephones() returns trigger language plpgsql as $$
begin
    update agent_endpoint set agent_id = null where agent_id = old.agent_id and is_hot;
    return old;
end $$;
create trigger leave_hot_telephones before delete
    on agent for each row execute function leave_hot_telephones();

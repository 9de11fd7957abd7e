-- What an agent said of a call, each agent of a transferred call for itself. category and disposition are ids of
-- the configuration; what they make of the call's contact is written down with them, so that a configuration
-- that changes changes nothing that was said. No reference to the call: this may come before its record.
create table call_disposition (
    call_id         text not null,
    agent_id        text not null,
    category        text not null,
    disposition     text not null,
    kind            text not null
        check (kind in ('inquiry', 'order', 'complaint', 'thank_you', 'praise', 'other')),
    is_open         boolean not null default false,
    subject         text not null,
    amount_minor    bigint check (amount_minor >= 0),
    follow_up_on    date,
    customer_id     bigint references customer on delete set null,
    revision        int not null default 1,
    at              timestamptz not null default now(),
    changed_at      timestamptz,
    primary key (call_id, agent_id)
);
create index on call_disposition (customer_id);
create index on call_disposition (at);

-- What was said before each change. revision counts from 1, the oldest.
create table call_disposition_revision (
    call_id         text not null,
    agent_id        text not null,
    revision        int not null,
    category        text not null,
    disposition     text not null,
    amount_minor    bigint,
    follow_up_on    date,
    customer_id     bigint references customer on delete set null,
    replaced_at     timestamptz not null default now(),
    primary key (call_id, agent_id, revision),
    foreign key (call_id, agent_id) references call_disposition on delete cascade on update cascade
);
create index on call_disposition_revision (customer_id);

-- As in 0003, and besides: the call's kind, subject and whether it waits are what was said of it. Of several
-- agents the one counts who spoke last; who spoke with nobody leads, and corrected them. Whose a call was that
-- nobody chose is told by the card on which something was said, before the number tells it.
create or replace function write_call_contacts(call_ids text[]) returns void language plpgsql as $$
begin
    -- Who writes the end of a call and who says whose it was wait for each other here, and so see each other.
    perform from call where call_id = any(call_ids) order by call_id for update;
    -- What is said may come before there is a row to wait at.
    perform pg_advisory_xact_lock(hashtextextended(call_id, 5))
    from (select distinct unnest(call_ids) as call_id order by 1) c;
    with told as (
        select c.call_id, c.started_at, case c.direction when 'outbound' then 'out' else 'in' end as direction,
               case when y.call_id is not null then y.customer_id else coalesce(d.customer_id, (
                   select min(n.customer_id) from customer_number n where n.e164 = c.caller_e164
                   having count(*) = 1))
               end as customer_id,
               (
                   select s.agent_id from call_stint s join agent using (agent_id)
                   where s.call_id = c.call_id and s.answered_at is not null
                   order by s.answered_at desc limit 1) as agent_id,
               coalesce(d.kind, k.kind, 'other') as kind, coalesce(d.is_open, k.is_open, false) as is_open,
               coalesce(d.subject, k.subject, '') as subject
        from call c left join call_customer y using (call_id)
        left join contact k on k.source = '' and k.external_id = c.call_id
        left join lateral (
            select d.customer_id, d.kind, d.is_open, d.subject
            from call_disposition d
            where d.call_id = c.call_id
            order by (
                select max(s.answered_at) from call_stint s
                where s.call_id = d.call_id and s.agent_id = d.agent_id) desc nulls first, d.at desc
            limit 1) d on true
        where c.call_id = any(call_ids) and c.ended_at is not null and c.outcome <> 'merged'
          and c.direction <> 'internal'
    ), nobodys as (
        delete from contact k
        where k.source = '' and k.external_id = any(call_ids)
          and not exists (select from told t where t.call_id = k.external_id and t.customer_id is not null)
    )
    insert into contact as k (
        source, external_id, call_id, customer_id, channel, direction, occurred_at, agent_id, kind, is_open, subject)
    select '', call_id, call_id, customer_id, 'call', direction, started_at, agent_id, kind, is_open, subject
    from told where customer_id is not null
    on conflict (source, external_id) where external_id is not null do update set
        customer_id = excluded.customer_id, direction = excluded.direction,
        occurred_at = excluded.occurred_at, agent_id = excluded.agent_id,
        -- What somebody settled stays settled, however often its call is written again.
        kind = excluded.kind, is_open = excluded.is_open and k.closed_at is null, subject = excluded.subject
    where (k.customer_id, k.direction, k.occurred_at, k.agent_id, k.kind, k.is_open, k.subject)
        is distinct from (excluded.customer_id, excluded.direction, excluded.occurred_at, excluded.agent_id,
            excluded.kind, excluded.is_open and k.closed_at is null, excluded.subject);
end $$;

-- judge
select s.place, 'customer_code' as field, 'there is no customer ' || coalesce(s.customer_code, s.customer_external_id) as reason
from staged s where s.customer_id is null
union all
select s.place, 'agent_id', 'there is no agent ' || s.agent_id
from staged s left join agent a using (agent_id) where s.agent_id is not null and a.agent_id is null;
-- write
with written as (
    insert into contact as t
        (source, external_id, customer_id, channel, direction, kind, occurred_at, subject, body, agent_id, is_open)
    select source, external_id, customer_id, channel, direction, kind, occurred_at, subject, body, agent_id, is_open
    from staged order by external_id
    on conflict (source, external_id) where external_id is not null do update set
        customer_id = excluded.customer_id, channel = excluded.channel, direction = excluded.direction,
        kind = excluded.kind, occurred_at = excluded.occurred_at, subject = excluded.subject,
        body = excluded.body, agent_id = excluded.agent_id, is_open = excluded.is_open,
        closed_at = case when t.is_open and not excluded.is_open then now() else t.closed_at end
    where (t.customer_id, t.channel, t.direction, t.kind, t.occurred_at, t.subject, t.body, t.agent_id, t.is_open)
        is distinct from
        (excluded.customer_id, excluded.channel, excluded.direction, excluded.kind, excluded.occurred_at,
         excluded.subject, excluded.body, excluded.agent_id, excluded.is_open)
    returning external_id, xmax = 0 as is_new)
select s.place, w.is_new from staged s left join written w using (external_id);

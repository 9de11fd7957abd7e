-- judge
select s.place, 'customer_code' as field, 'there is no customer ' || coalesce(s.customer_code, s.customer_external_id) as reason
from staged s where s.customer_id is null
union all
select s.place, 'agent_id', 'there is no agent ' || s.agent_id
from staged s left join agent a using (agent_id) where s.agent_id is not null and a.agent_id is null;
-- write
with written as (
    insert into karte_note as t (source, external_id, customer_id, text, kind, is_pinned, created_at, agent_id)
    select source, external_id, customer_id, text, kind, is_pinned, created_at, agent_id from staged
    order by external_id
    on conflict (source, external_id) where external_id is not null do update set
        customer_id = excluded.customer_id, text = excluded.text, kind = excluded.kind,
        is_pinned = excluded.is_pinned, created_at = excluded.created_at, agent_id = excluded.agent_id,
        updated_at = now()
    where (t.customer_id, t.text, t.kind, t.is_pinned, t.created_at, t.agent_id) is distinct from
        (excluded.customer_id, excluded.text, excluded.kind, excluded.is_pinned, excluded.created_at,
         excluded.agent_id)
    returning external_id, xmax = 0 as is_new)
select s.place, w.is_new from staged s left join written w using (external_id);

-- judge
select s.place, 'order_number' as field, 'there is no order ' || s.order_number as reason
from staged s left join "order" o on (o.number, o.source) = (s.order_number, s.source) where o.order_id is null;
-- write
with written as (
    insert into payment as t (source, external_id, order_id, paid_at, amount_minor, method)
    select s.source, s.external_id, o.order_id, s.paid_at, s.amount_minor, s.method
    from staged s join "order" o on (o.number, o.source) = (s.order_number, s.source)
    order by s.external_id
    on conflict (source, external_id) do update set
        order_id = excluded.order_id, paid_at = excluded.paid_at, amount_minor = excluded.amount_minor,
        method = excluded.method
    where (t.order_id, t.paid_at, t.amount_minor, t.method) is distinct from
        (excluded.order_id, excluded.paid_at, excluded.amount_minor, excluded.method)
    returning external_id, xmax = 0 as is_new)
select s.place, w.is_new from staged s left join written w using (external_id);
-- after
update "order" o set status = 'paid'
from staged s
where (o.number, o.source) = (s.order_number, s.source) and o.status = 'open'
  and (select sum(p.amount_minor) from payment p where p.order_id = o.order_id) >= o.total_minor;

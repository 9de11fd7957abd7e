-- judge
select s.place, 'order_number' as field, 'there is no order ' || s.order_number as reason
from staged s left join "order" o on (o.number, o.source) = (s.order_number, s.source) where o.order_id is null
union all
select s.place, 'sku', 'the order has no ' || s.sku
from staged s join "order" o on (o.number, o.source) = (s.order_number, s.source)
where s.sku is not null and not exists (
    select from order_line l join product p using (product_id) where l.order_id = o.order_id and p.sku = s.sku)
union all
select s.place, 'quantity', 'the order has only ' || l.quantity || ' of ' || s.sku
from staged s join "order" o on (o.number, o.source) = (s.order_number, s.source)
join lateral (
    select sum(l.quantity) as quantity from order_line l join product p using (product_id)
    where l.order_id = o.order_id and p.sku = s.sku) l on true
where s.quantity > l.quantity;
-- write
with written as (
    insert into order_return as t (source, external_id, order_id, returned_at, line, quantity, amount_minor, reason)
    select s.source, s.external_id, o.order_id, s.returned_at, l.line, s.quantity,
           coalesce(s.amount_minor, s.quantity * l.unit_price_minor, o.total_minor), s.reason
    from staged s join "order" o on (o.number, o.source) = (s.order_number, s.source)
    left join lateral (
        select l.line, l.unit_price_minor from order_line l join product p using (product_id)
        where l.order_id = o.order_id and p.sku = s.sku order by l.quantity >= s.quantity desc, l.line limit 1) l on true
    order by s.external_id
    on conflict (source, external_id) do update set
        order_id = excluded.order_id, returned_at = excluded.returned_at, line = excluded.line,
        quantity = excluded.quantity, amount_minor = excluded.amount_minor, reason = excluded.reason
    where (t.order_id, t.returned_at, t.line, t.quantity, t.amount_minor, t.reason) is distinct from
        (excluded.order_id, excluded.returned_at, excluded.line, excluded.quantity, excluded.amount_minor,
         excluded.reason)
    returning external_id, order_id, line, xmax = 0 as is_new),
whole as (
    update "order" o set status = 'returned' from written w
    where o.order_id = w.order_id and w.line is null and o.status <> 'returned')
select s.place, w.is_new from staged s left join written w using (external_id);

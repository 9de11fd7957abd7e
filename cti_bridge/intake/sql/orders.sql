-- judge
select s.place, 'customer_code' as field, 'there is no customer ' || coalesce(s.customer_code, s.customer_external_id) as reason
from staged s where s.customer_id is null
union all
select l.place, 'lines[' || l.line || '].sku', 'there is no product ' || l.sku
from staged_line l where l.product_id is null
union all
select s.place, 'lines', 'line ' || r.line || ' was sent back and is missing'
from staged s join "order" o on (o.number, o.source) = (s.number, s.source)
join order_return r using (order_id)
join (select place, max(line) as line from staged_line group by 1) last using (place)
where r.line > last.line;
-- write
with written as (
    insert into "order" as t (number, source, customer_id, channel, status, ordered_at, total_minor)
    select number, source, customer_id, channel, status, ordered_at, total_minor from staged order by number
    on conflict (number, source) do update set
        customer_id = excluded.customer_id, channel = excluded.channel, status = excluded.status,
        ordered_at = excluded.ordered_at, total_minor = excluded.total_minor
    where (t.customer_id, t.channel, t.status, t.ordered_at, t.total_minor) is distinct from
        (excluded.customer_id, excluded.channel, excluded.status, excluded.ordered_at, excluded.total_minor)
    returning number, xmax = 0 as is_new)
select s.place, w.is_new from staged s left join written w using (number);
-- write lines
with here as (
    select l.place, o.order_id, l.line, l.product_id, l.quantity, l.unit_price_minor
    from staged s join "order" o on (o.number, o.source) = (s.number, s.source)
    join staged_line l using (place)),
last as (select place, order_id, max(line) as line from here group by 1, 2),
gone as (
    delete from order_line i using last where i.order_id = last.order_id and i.line > last.line
    returning last.place),
written as (
    insert into order_line as t (order_id, line, product_id, quantity, unit_price_minor)
    select order_id, line, product_id, quantity, unit_price_minor from here order by order_id, line
    on conflict (order_id, line) do update set
        product_id = excluded.product_id, quantity = excluded.quantity,
        unit_price_minor = excluded.unit_price_minor
    where (t.product_id, t.quantity, t.unit_price_minor) is distinct from
        (excluded.product_id, excluded.quantity, excluded.unit_price_minor)
    returning order_id)
select place from gone union select place from here join written using (order_id);

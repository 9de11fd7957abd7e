-- judge
select s.place, 'customer_code' as field, 'there is no customer ' || coalesce(s.customer_code, s.customer_external_id) as reason
from staged s where s.customer_id is null
union all
select s.place, 'sku', 'there is no product ' || s.sku
from staged s left join product p using (sku) where p.product_id is null;
-- write
with gone as (
    delete from favourite f using staged s join product p using (sku)
    where s.is_removed and f.customer_id = s.customer_id and f.product_id = p.product_id
    returning s.place),
written as (
    insert into favourite as t (customer_id, product_id, added_at)
    select distinct on (s.customer_id, p.product_id) s.customer_id, p.product_id, coalesce(s.added_at, now())
    from staged s join product p using (sku) where not s.is_removed
    order by s.customer_id, p.product_id, s.place
    on conflict (customer_id, product_id) do update set added_at = excluded.added_at
    -- Marked again without a time it is marked as before.
    where t.added_at <> excluded.added_at and exists (
        select from staged s join product p using (sku)
        where s.customer_id = t.customer_id and p.product_id = t.product_id and s.added_at is not null)
    returning customer_id, product_id, xmax = 0 as is_new)
select s.place, case when g.place is not null then false else w.is_new end as is_new
from staged s join product p using (sku)
left join written w using (customer_id, product_id) left join gone g using (place);

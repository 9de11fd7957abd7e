-- judge
select null::int as place, null::text as field, null::text as reason where false;
-- write
with written as (
    insert into product as t (sku, name, category, price_minor, is_in_stock, is_active, kind, repeats)
    select sku, name, category, price_minor, is_in_stock, is_active, kind, repeats from staged order by sku
    on conflict (sku) do update set
        name = excluded.name, category = excluded.category, price_minor = excluded.price_minor,
        is_in_stock = excluded.is_in_stock, is_active = excluded.is_active, kind = excluded.kind,
        repeats = excluded.repeats
    where (t.name, t.category, t.price_minor, t.is_in_stock, t.is_active, t.kind, t.repeats) is distinct from
        (excluded.name, excluded.category, excluded.price_minor, excluded.is_in_stock, excluded.is_active,
         excluded.kind, excluded.repeats)
    returning sku, xmax = 0 as is_new)
select s.place, w.is_new from staged s left join written w using (sku);

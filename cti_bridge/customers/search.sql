-- Who may be meant, by what was typed ($1): customer_id, order_number and how close it is, a bounded number of
-- them. search.py puts these among its own statement, which sorts them and reads what is shown of the first $2.
-- number
select n.customer_id, null::text as order_number, 1 as closeness
from customer_number n where n.e164 = $1 limit 200
-- tail
-- Bounds instead of LIKE, and in the order of the index: for any text the plan may be kept for, it is used then.
-- ":" comes after every digit.
select distinct t.customer_id, null::text as order_number, 1 as closeness
from (
    select n.customer_id from customer_number n
    where reverse(n.e164) ~>=~ $1 and reverse(n.e164) ~<~ ($1 || ':')
    order by reverse(n.e164) using ~<~ limit 1000) t
-- postcode
select c.customer_id, null::text as order_number, 1 as closeness
from customer c
where c.postcode <> '' and replace(c.postcode, '-', '') ~>=~ $1 and replace(c.postcode, '-', '') ~<~ ($1 || ':')
order by replace(c.postcode, '-', '') using ~<~ limit 1000
-- orders
select o.customer_id, o.number as order_number, 1 as closeness
from "order" o where o.number = $1 and o.customer_id is not null limit 50
-- code
select c.customer_id, null::text as order_number, 1 as closeness from customer c where c.code in ($1, upper($1))
-- name
select c.customer_id, null::text as order_number, (c.name = $1 or c.reading = $1)::int as closeness
from customer c, (select search_grams($1) as grams offset 0) asked
where c.grams @> asked.grams and cardinality(asked.grams) > 1
limit 1000
-- alike
-- The pairs in their order. A letter that is missing spoils one, a wrong one two that stand side by side, two
-- that changed places three; of few pairs not so many may be missing, or anybody would be alike.
select found.customer_id, null::text as order_number, 100 * alike.shared - cardinality(found.grams) as closeness
from (
    select array_agg(gram order by n) as grams, case count(*) when 4 then 1 when 5 then 2 else 3 end as spoilt
    from (
        select n, case when n = 0 then '^' || left(folded, 1) else substr(folded, n, 2) end as gram
        from (select search_fold($1) as folded) f, generate_series(0, length(folded) - 1) n) g
    offset 0) asked
cross join lateral (
    select distinct c.customer_id, c.grams
    from generate_series(1, cardinality(asked.grams)) n,
         lateral (
             select c.customer_id, c.grams from customer c
             where c.grams @> (asked.grams[1:n - 1] || asked.grams[n + asked.spoilt:]) limit 150) c
    where cardinality(asked.grams) between 4 and 40) found
cross join lateral (
    select count(*) as shared from unnest(asked.grams) g (gram) where g.gram = any(found.grams)) alike
where alike.shared >= cardinality(asked.grams) - asked.spoilt

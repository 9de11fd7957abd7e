-- The card of the number $1 as one JSON document, shaped as the Structs of card.py, in UTF-8 bytes;
-- no row when nobody has the number. One round trip; each part is an index scan over one customer.
--
-- What it costs is pages touched, so indices are in the order the parts want and carry what they
-- sum up. row_to_json over arrays writes compact JSON; json_build_object and json_agg pad it by a tenth.
select convert_to(row_to_json(card)::text, 'UTF8')
from (
    select
        (select row_to_json(p) from (
            select c.customer_id, c.code, c.name, c.reading, c.rank, c.birth_date, c.postcode, c.address,
                   c.email, c.preferred_channel, c.dedicated_agent_id,
                   (select a.name from agent a where a.agent_id = c.dedicated_agent_id) as dedicated_agent_name,
                   c.joined_on,
                   array(
                       select row_to_json(r) from (
                           select n.e164, n.label, n.display from customer_number n
                           where n.customer_id = c.customer_id
                           order by n.e164) r) as numbers) p) as profile,
        array(
            select row_to_json(r) from (
                select s.customer_id, s.name, s.reading, s.rank
                from unnest(holders.ids[2:]) with ordinality other (customer_id, place)
                join customer s using (customer_id)
                order by other.place) r) as sharers,
        array(
            select row_to_json(r) from (
                select w.severity, w.text, w.created_at from caution w
                where w.customer_id = c.customer_id and w.ended_at is null
                order by array_position(array['critical', 'warning', 'notice'], w.severity),
                         w.created_at desc, w.caution_id desc) r) as cautions,
        -- Calls in both directions are calls on record; only the customer's own count as calling often.
        -- Orders cancelled or returned are no sales.
        (select row_to_json(q) from (
            select talked.last_call_at is null as is_first_call, talked.*, bought.*
            from (
                select max(k.occurred_at) filter (where k.channel = 'call') as last_call_at,
                       count(*) filter (
                           where k.channel = 'call' and k.direction = 'in'
                             and k.occurred_at > now() - interval '7 days') as calls_7d,
                       count(*) as contacts_total
                from contact k where k.customer_id = c.customer_id) talked,
            (
                select count(*) as orders_total, coalesce(sum(o.total_minor), 0) as amount_total_minor,
                       min(o.ordered_at) as first_order_at, max(o.ordered_at) as last_order_at
                from "order" o
                where o.customer_id = c.customer_id and o.status not in ('cancelled', 'returned')) bought
            ) q) as cues,
        -- Pinned notes are never crowded out of the five.
        array(
            select row_to_json(r) from (
                select t.note_id, t.text,
                       (select a.name from agent a where a.agent_id = t.agent_id) as author,
                       t.is_pinned, t.created_at
                from (
                    select * from karte_note k where k.customer_id = c.customer_id
                    order by k.is_pinned desc, k.created_at desc, k.note_id desc limit 5) t
                order by t.created_at desc, t.note_id desc) r) as notes,
        array(
            select row_to_json(r) from (
                select o.number, o.channel, o.status, o.ordered_at, o.total_minor,
                       array(
                           select row_to_json(l) from (
                               select p.sku, p.name, i.quantity, i.unit_price_minor
                               from order_line i join product p using (product_id)
                               where i.order_id = o.order_id order by i.line) l) as lines
                from "order" o where o.customer_id = c.customer_id
                order by o.ordered_at desc, o.order_id desc limit 10) r) as orders,
        array(
            select row_to_json(r) from (
                select k.channel, k.direction, k.occurred_at, k.subject,
                       (select a.name from agent a where a.agent_id = k.agent_id) as handled_by
                from contact k where k.customer_id = c.customer_id
                order by k.occurred_at desc, k.contact_id desc limit 10) r) as contacts,
        array(
            select row_to_json(r) from (
                select p.sku, p.name, f.added_at
                from favourite f join product p using (product_id)
                where f.customer_id = c.customer_id
                order by f.added_at desc, f.product_id limit 5) r) as favourites,
        -- Trained on what was in stock then; shown only what is in stock now.
        array(
            select row_to_json(r) from (
                select p.sku, p.name, p.category, p.price_minor,
                       (select row_to_json(y) from (
                           select g.reason_code as code,
                                  (select b.name from product b where b.product_id = g.reason_product_id) as product
                           ) y) as reason
                from suggestion g join product p using (product_id)
                where g.customer_id = c.customer_id and p.is_active and p.is_in_stock
                  and g.model_id = (select m.model_id from suggestion_model m where m.is_current)
                order by g.position limit 5) r) as suggestions,
        now() as assembled_at
    from (
        -- Who has the number, the likeliest caller first: somebody with an order under way, then who
        -- was last on the telephone, then who ordered last. The usual number has one holder, not ranked.
        select case when count(*) = 1 then array_agg(customer_id) else (
            select array_agg(n.customer_id order by
                exists (
                    select from "order" o
                    where o.customer_id = n.customer_id and o.status in ('open', 'paid', 'shipped')) desc,
                (
                    select max(k.occurred_at) from contact k
                    where k.customer_id = n.customer_id and k.channel = 'call') desc nulls last,
                (
                    select max(o.ordered_at) from "order" o
                    where o.customer_id = n.customer_id) desc nulls last,
                n.customer_id)
            from customer_number n where n.e164 = $1) end as ids
        from customer_number where e164 = $1) holders
    join customer c on c.customer_id = holders.ids[1]
) card

-- One customer's card as one JSON document of at most 8192 bytes, shaped as the Structs of card.py, in
-- UTF-8; no row when there is nobody. One round trip; each part is an index scan over one customer.
--
--   $1  the number called from, or null      $4  months from which the gate is open, 0: none
--   $2  who was chosen, or null: the likeliest holder of $1
--   $3  thank-yous from which the gate is open, 0: none      $5  days before it a purchase is shown as due
--   $6  days after it that are not overdue yet
--
-- What it costs is pages touched: what can be summed up beforehand stands in customer_segment, and indices
-- are in the order the parts want. row_to_json over arrays writes compact JSON; json_build_object and
-- json_agg pad it by a tenth. "offset 0" keeps the planner from writing a part into each place that
-- reads it, where it would be computed again. The session's time zone says what today is.
select convert_to(
    case when octet_length(whole.card) <= 8192 then whole.card else (
        -- Somebody with very much of everything: the longest lists that fit.
        select less.card
        from (values (4), (3), (2), (1), (0)) shorter (n)
        cross join lateral (
            select row_to_json(q)::text as card
            from (
                select parts.cautions[1:n + 1] as cautions, parts.profile, parts.cues, parts.segment,
                       parts.notes[1:n] as notes, parts.due[1:n] as due, parts.stop,
                       parts.suggestions[1:n + 1] as suggestions, parts.sharers[1:n] as sharers,
                       parts.answers[1:n] as answers, parts.orders[1:n] as orders,
                       parts.contacts[1:n] as contacts, parts.products[1:n] as products,
                       parts.favourites[1:n] as favourites, parts.totals, parts.assembled_at) q) less
        where octet_length(less.card) <= 8192
        order by shorter.n desc limit 1)
    end, 'UTF8')
from (
    select
        array(
            select row_to_json(r) from (
                select w.caution_id, w.severity, left(w.text, 300) as text, w.created_at from caution w
                where w.customer_id = c.customer_id and w.ended_at is null
                order by array_position(array['critical', 'warning', 'notice'], w.severity),
                         w.created_at desc, w.caution_id desc limit 5) r) as cautions,
        (select row_to_json(p) from (
            select c.customer_id, left(c.code, 64) as code, left(c.name, 100) as name,
                   left(c.reading, 100) as reading, c.rank, c.birth_date, left(c.postcode, 16) as postcode,
                   left(c.address, 300) as address, left(c.email, 254) as email, c.preferred_channel, c.dedicated_agent_id,
                   (select a.name from agent a where a.agent_id = c.dedicated_agent_id) as dedicated_agent_name,
                   c.joined_on,
                   array(
                       select row_to_json(r) from (
                           select n.e164, n.label, left(n.display, 32) as display from customer_number n
                           where n.customer_id = c.customer_id
                           order by n.e164 = $1 desc, n.e164 limit 5) r) as numbers) p) as profile,
        -- Calls in both directions are calls on record; only the customer's own count as calling often.
        -- Orders cancelled or returned are no sales.
        (select row_to_json(q) from (
            select s.last_call_at is null as is_first_call, s.last_call_at,
                   (
                       select count(*) from contact k
                       where k.customer_id = c.customer_id and k.occurred_at > now() - interval '7 days'
                         and k.channel = 'call' and k.direction = 'in') as calls_7d,
                   s.preferred_channel, coalesce(s.contacts_total, 0) as contacts_total,
                   coalesce(s.orders_total, 0) as orders_total,
                   coalesce(s.amount_total_minor, 0) as amount_total_minor,
                   s.first_order_at, s.last_order_at) q) as cues,
        case when s.customer_id is not null then (
            select row_to_json(q) from (
                select s.stage,
                       case when s.recency is not null then (
                           select row_to_json(f) from (select s.recency, s.frequency, s.monetary) f)
                       end as rfm) q)
        end as segment,
        array(
            select row_to_json(r) from (
                select t.note_id, t.kind, left(t.text, 300) as text, length(t.text) > 300 as is_cut,
                       (select a.name from agent a where a.agent_id = t.agent_id) as author,
                       t.is_pinned, t.created_at, t.updated_at
                from karte_note t where t.customer_id = c.customer_id and t.deleted_at is null
                order by t.is_pinned desc, t.created_at desc, t.note_id desc limit 5) r) as notes,
        -- What is overdue by more than two more cycles was given up, not forgotten.
        array(
            select row_to_json(r) from (
                select p.sku, p.name,
                       case when b.due_on > current_date then 'soon'
                            when b.due_on >= current_date - $6::int then 'due'
                            else 'overdue' end as state,
                       b.last_at, b.due_on, b.cycle_days
                from customer_product b join product p using (product_id)
                where b.customer_id = c.customer_id and p.is_active
                  and b.due_on <= current_date + $5::int
                  and b.due_on > current_date - greatest(60, 2 * b.cycle_days)::int
                order by b.due_on, b.product_id limit 3) r) as due,
        stop.reason as stop,
        -- Computed on what was in stock then; shown only what is in stock now.
        array(
            select row_to_json(r) from (
                select p.sku, p.name, p.category, p.price_minor,
                       (select row_to_json(y) from (
                           select g.reason_code as code,
                                  (select b.name from product b where b.product_id = g.reason_product_id) as product,
                                  g.reason_due_on as due_on, g.reason_question as question,
                                  g.reason_answer as answer) y) as reason
                from suggestion g join product p using (product_id)
                where g.customer_id = c.customer_id and p.is_active and p.is_in_stock
                  and g.model_id = (select m.model_id from suggestion_model m where m.is_current)
                  and (stop.code is null or stop.code = 'trust_gate' and g.reason_code = 'replenishment')
                order by g.position limit 5) r) as suggestions,
        array(
            select row_to_json(r) from (
                select t.customer_id, left(t.name, 100) as name, left(t.reading, 100) as reading, t.rank,
                       exists (
                           select from "order" o
                           where o.customer_id = t.customer_id and o.status in ('open', 'paid', 'shipped')
                       ) as has_open_order,
                       u.last_call_at, u.last_order_at
                from unnest(holders.ids) with ordinality other (customer_id, place)
                join customer t using (customer_id)
                left join customer_segment u using (customer_id)
                where other.customer_id <> c.customer_id
                order by other.place limit 6) r) as sharers,
        array(
            select row_to_json(r) from (
                select a.question, a.answer, a.answered_at from counselling_answer a
                where a.customer_id = c.customer_id
                order by a.answered_at desc, a.question limit 6) r) as answers,
        array(
            select row_to_json(r) from (
                select o.number, o.channel, o.source, o.status, o.ordered_at, o.total_minor,
                       (
                           select coalesce(sum(y.amount_minor), 0) from payment y
                           where y.order_id = o.order_id) as paid_minor,
                       (
                           select coalesce(sum(y.amount_minor), 0) from order_return y
                           where y.order_id = o.order_id) as returned_minor,
                       array(
                           select row_to_json(l) from (
                               select p.sku, p.name, i.quantity, i.unit_price_minor
                               from order_line i join product p using (product_id)
                               where i.order_id = o.order_id order by i.line limit 4) l) as lines,
                       (select count(*) from order_line i where i.order_id = o.order_id) as lines_total
                from "order" o where o.customer_id = c.customer_id
                order by o.ordered_at desc, o.order_id desc limit 8) r) as orders,
        array(
            select row_to_json(r) from (
                select k.channel, k.direction, k.occurred_at, k.kind, k.is_open, left(k.subject, 80) as subject,
                       (select a.name from agent a where a.agent_id = k.agent_id) as handled_by
                from contact k where k.customer_id = c.customer_id
                order by k.occurred_at desc, k.contact_id desc limit 8) r) as contacts,
        array(
            select row_to_json(r) from (
                select p.sku, p.name, b.times, b.quantity, b.amount_minor, b.first_at, b.last_at
                from customer_product b join product p using (product_id)
                where b.customer_id = c.customer_id
                order by b.amount_minor desc, b.product_id limit 6) r) as products,
        array(
            select row_to_json(r) from (
                select p.sku, p.name, f.added_at
                from favourite f join product p using (product_id)
                where f.customer_id = c.customer_id
                order by f.added_at desc, f.product_id limit 4) r) as favourites,
        (select row_to_json(q) from (
            select (
                       select count(*) from karte_note t
                       where t.customer_id = c.customer_id and t.deleted_at is null) as notes,
                   (select count(*) from "order" o where o.customer_id = c.customer_id) as orders,
                   coalesce(s.contacts_total, 0) as contacts,
                   (select count(*) from customer_product b where b.customer_id = c.customer_id) as products,
                   greatest(coalesce(cardinality(holders.ids), 0) - 1, 0) as sharers) q) as totals,
        now() as assembled_at
    from (
        -- Who has the number. The usual number has one holder; several are ranked: whom an agent chose when
        -- it last called, somebody with an order under way, who last called from it, or from anywhere, who
        -- ordered last.
        select case when count(*) = 1 then array_agg(customer_id) else (
            select array_agg(n.customer_id order by
                n.customer_id is not distinct from (
                    select y.customer_id from call_customer y
                    where y.e164 = $1 order by y.chosen_at desc limit 1) desc,
                exists (
                    select from "order" o
                    where o.customer_id = n.customer_id and o.status in ('open', 'paid', 'shipped')) desc,
                (
                    select max(y.chosen_at) from call_customer y
                    where y.e164 = $1 and y.customer_id = n.customer_id) desc nulls last,
                (
                    select max(k.occurred_at) from contact k
                    where k.customer_id = n.customer_id and k.channel = 'call') desc nulls last,
                (
                    select max(o.ordered_at) from "order" o
                    where o.customer_id = n.customer_id) desc nulls last,
                n.customer_id)
            from customer_number n where n.e164 = $1) end as ids
        from customer_number where e164 = $1) holders
    join customer c on c.customer_id = coalesce($2, holders.ids[1])
    left join customer_segment s using (customer_id)
    -- Why nothing may be offered beyond what runs out. The pages put it in words (web/src/agent/stop.tsx).
    cross join lateral (
        select case
                   when c.is_excluded then 'excluded'
                   when exists (
                       select from contact k
                       where k.customer_id = c.customer_id and k.is_open and k.kind = 'complaint')
                       then 'open_complaint'
                   when ($3::int > 0 or $4::int > 0)
                       and not ($3 > 0 and coalesce(s.thank_yous, 0) >= $3)
                       and not ($4 > 0 and c.joined_on + make_interval(months => $4) <= current_date)
                       then 'trust_gate'
               end as code
        offset 0) why
    cross join lateral (
        select why.code,
               case when why.code is not null then (
                   select row_to_json(q) from (
                       select why.code, coalesce(s.thank_yous, 0) as thank_yous, $3 as thank_yous_needed,
                              case when why.code = 'trust_gate' and $4 > 0
                                  then (c.joined_on + make_interval(months => $4))::date end as opens_on) q)
               end as reason
        offset 0) stop
    offset 0
) parts
cross join lateral (select row_to_json(parts)::text as card offset 0) whole

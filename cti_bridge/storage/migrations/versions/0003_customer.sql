-- The whole customer: where records come from, segments, karte, suggestions, households, audit, privacy.
-- Amounts are in the currency's minor unit; times are timestamptz.

-- Where records come from ----------------------------------------------------------------------------
-- A source is the name of a system outside (a shop, a fax desk). What it sends bears its own identifier,
-- by which the same thing sent again is the same row. '' is the bridge itself and files without a source.

create table api_token (
    source          text primary key check (source ~ '^[a-z][a-z0-9_-]{0,31}$'),
    token_hash      bytea not null unique,
    created_at      timestamptz not null default now(),
    last_used_at    timestamptz,
    disabled_at     timestamptz
);

alter table customer
    -- Staff, resellers, people who asked to be left alone: no segment, no suggestion.
    add column is_excluded boolean not null default false;

-- What other systems call a customer, beside the code.
create table customer_identifier (
    source          text not null,
    external_id     text not null,
    customer_id     bigint not null references customer on delete cascade,
    primary key (source, external_id)
);
create index on customer_identifier (customer_id);

alter table product
    -- What a stage is computed from.
    add column kind text not null default 'other' check (kind in ('trial', 'main', 'subscription', 'other')),
    -- Whether it is bought again when used up; null: told by who bought it again.
    add column repeats boolean;

-- An order outlives its customer, without a name (erasure on request).
alter table "order"
    alter column customer_id drop not null,
    drop constraint order_customer_id_fkey,
    add foreign key (customer_id) references customer on delete set null,
    drop constraint order_number_key,
    add column source text not null default '',
    add unique (number, source);

-- Returns of a whole order (no line) or of some of a line.
create table order_return (
    return_id       bigint generated always as identity primary key,
    order_id        bigint not null references "order" on delete cascade,
    source          text not null default '',
    external_id     text not null,
    returned_at     timestamptz not null,
    line            int,
    quantity        int check (quantity > 0),
    amount_minor    bigint not null check (amount_minor >= 0),
    reason          text not null default '',
    unique (source, external_id),
    foreign key (order_id, line) references order_line (order_id, line),
    check ((line is null) = (quantity is null))
);
create index on order_return (order_id) include (amount_minor);

create table payment (
    payment_id      bigint generated always as identity primary key,
    order_id        bigint not null references "order" on delete cascade,
    source          text not null default '',
    external_id     text not null,
    paid_at         timestamptz not null,
    amount_minor    bigint not null,
    method          text not null default '',
    unique (source, external_id)
);
create index on payment (order_id);

alter table contact
    add column source text not null default '',
    add column external_id text,
    add column kind text not null default 'other'
        check (kind in ('inquiry', 'order', 'complaint', 'thank_you', 'praise', 'other')),
    add column body text not null default '',
    add column call_id text,
    -- A complaint, or an inquiry that waits for an answer. Null in closed_at with is_open false: never was open.
    add column is_open boolean not null default false,
    add column closed_at timestamptz;
create unique index on contact (source, external_id) where external_id is not null;
create index contact_open on contact (customer_id) where is_open;
drop index contact_customer_id_occurred_at_contact_id_channel_directio_idx;
create index contact_of_customer on contact (customer_id, occurred_at desc, contact_id desc)
    include (channel, direction, kind);


-- Karte ----------------------------------------------------------------------------------------------

alter table karte_note
    add column kind text not null default 'note' check (kind in ('note', 'handover')),
    add column call_id text,
    add column source text not null default '',
    add column external_id text,
    add column updated_at timestamptz,
    add column deleted_at timestamptz;
create unique index on karte_note (source, external_id) where external_id is not null;
drop index karte_note_customer_id_is_pinned_created_at_note_id_idx;
create index karte_note_of_customer on karte_note (customer_id, is_pinned desc, created_at desc, note_id desc)
    where deleted_at is null;

-- What a note said before each change. revision counts from 1, the oldest.
create table karte_revision (
    note_id         bigint not null references karte_note on delete cascade,
    revision        int not null,
    text            text not null,
    kind            text not null,
    is_pinned       boolean not null,
    replaced_by     text,
    replaced_at     timestamptz not null default now(),
    primary key (note_id, revision)
);

alter table caution
    add column agent_id text references agent on delete set null,
    add column ended_by text;

-- question is the id of a question of the configuration, answer its typed value.
create table counselling_answer (
    customer_id     bigint not null references customer on delete cascade,
    question        text not null,
    answer          jsonb not null,
    agent_id        text references agent on delete set null,
    answered_at     timestamptz not null default now(),
    primary key (customer_id, question)
);


-- Segments -------------------------------------------------------------------------------------------
-- Derived from orders and contacts; may be deleted and computed anew at any time. customer_product is
-- written together with customer_segment, in one transaction: only the latter tells of a changed card.

create table customer_segment (
    customer_id         bigint primary key references customer on delete cascade,
    stage               text not null check (stage in
                            ('excluded', 'dormant', 'never_bought', 'trial', 'main', 'repeater', 'subscription')),
    -- 1 to 5, 5 the best; null for who never bought.
    recency             smallint check (recency between 1 and 5),
    frequency           smallint check (frequency between 1 and 5),
    monetary            smallint check (monetary between 1 and 5),
    orders_total        int not null default 0,
    amount_total_minor  bigint not null default 0,
    first_order_at      timestamptz,
    last_order_at       timestamptz,
    contacts_total      int not null default 0,
    last_call_at        timestamptz,
    thank_yous          int not null default 0,
    preferred_channel   text,
    computed_at         timestamptz not null default now()
);
create index on customer_segment (stage);
create index on customer_segment (recency, frequency, monetary);

create table customer_product (
    customer_id     bigint not null references customer on delete cascade,
    product_id      bigint not null references product on delete cascade,
    -- On how many days it was bought and kept, how many pieces, for how much.
    times           int not null,
    quantity        int not null,
    amount_minor    bigint not null,
    first_at        timestamptz not null,
    last_at         timestamptz not null,
    -- Days from one purchase to the next, and how much they vary; null without enough evidence.
    cycle_days      real,
    spread_days     real,
    due_on          date,
    primary key (customer_id, product_id)
);
create index on customer_product (product_id);
create index customer_product_share on customer_product (customer_id, amount_minor desc, product_id);
create index customer_product_due on customer_product (customer_id, due_on) where due_on is not null;

-- Where each score of RFM begins, as of the last rebuild: what comes between two rebuilds is scored by it.
create table rfm_boundary (
    measure         text not null check (measure in ('recency', 'frequency', 'monetary')),
    score           smallint not null check (score between 1 and 5),
    at_least        double precision not null,
    computed_at     timestamptz not null default now(),
    primary key (measure, score)
);


-- Suggestions ----------------------------------------------------------------------------------------

alter table suggestion_model
    add column metrics jsonb not null default '{}';

-- What a model knows of each product: buyers, how many bought it again, days between.
create table model_product (
    model_id        bigint not null references suggestion_model on delete cascade,
    product_id      bigint not null references product on delete cascade,
    buyers          int not null,
    rebuyers        int not null,
    cycle_days      real,
    primary key (model_id, product_id)
);

-- like: wanted by the same people. with: bought in one order. after: bought later by those who bought it.
create table model_neighbour (
    model_id        bigint not null references suggestion_model on delete cascade,
    product_id      bigint not null references product on delete cascade,
    kind            text not null check (kind in ('like', 'with', 'after')),
    neighbour_id    bigint not null references product on delete cascade,
    strength        real not null,
    primary key (model_id, product_id, kind, neighbour_id)
);

alter table suggestion
    drop constraint suggestion_reason_code_check,
    add constraint suggestion_reason_code_check check (reason_code in
        ('bought_with', 'bought_together', 'bought_after', 'favourite_like', 'replenishment', 'counselling', 'popular')),
    add column reason_due_on date,
    add column reason_question text,
    add column reason_answer text;

-- What became of a suggestion in a call. The last word of a call counts.
create table suggestion_outcome (
    outcome_id      bigint generated always as identity primary key,
    customer_id     bigint references customer on delete set null,
    product_id      bigint not null references product on delete cascade,
    outcome         text not null check (outcome in ('offered', 'accepted', 'declined', 'not_offered')),
    amount_minor    bigint check (amount_minor >= 0),
    reason_code     text not null default '',
    agent_id        text,
    call_id         text not null default '',
    at              timestamptz not null default now(),
    check (amount_minor is null or outcome = 'accepted')
);
create unique index on suggestion_outcome (customer_id, product_id, call_id) where call_id <> '';
create index on suggestion_outcome (customer_id, at desc);
create index on suggestion_outcome (product_id, outcome);


-- Households -----------------------------------------------------------------------------------------
-- Who a call was from, when somebody said so. Null in customer_id: none of those the number belongs to.
create table call_customer (
    call_id         text primary key,
    e164            text,
    customer_id     bigint references customer on delete cascade,
    chosen_by       text not null,
    chosen_at       timestamptz not null default now()
);
create index on call_customer (e164, chosen_at desc) where e164 is not null;
create index on call_customer (customer_id);

-- A call with a customer that is over is a contact, of no source and under the call's id: of whom an agent
-- said, or else of the one whose number it is. Written when a call ends, and again when an agent says
-- something else; not by triggers, which would give the calls of who is erased to the rest of the household.
create function write_call_contacts(call_ids text[]) returns void language plpgsql as $$
begin
    -- Who writes the end of a call and who says whose it was wait for each other here, and so see each other.
    perform from call where call_id = any(call_ids) order by call_id for update;
    with told as (
        select c.call_id, c.started_at, case c.direction when 'outbound' then 'out' else 'in' end as direction,
               case when y.call_id is not null then y.customer_id else (
                   select min(n.customer_id) from customer_number n where n.e164 = c.caller_e164
                   having count(*) = 1)
               end as customer_id,
               (
                   select s.agent_id from call_stint s join agent using (agent_id)
                   where s.call_id = c.call_id and s.answered_at is not null
                   order by s.answered_at desc limit 1) as agent_id
        from call c left join call_customer y using (call_id)
        where c.call_id = any(call_ids) and c.ended_at is not null and c.outcome <> 'merged'
          and c.direction <> 'internal'
    ), nobodys as (
        delete from contact k
        where k.source = '' and k.external_id = any(call_ids)
          and not exists (select from told t where t.call_id = k.external_id and t.customer_id is not null)
    )
    insert into contact as k (
        source, external_id, call_id, customer_id, channel, direction, occurred_at, agent_id)
    select '', call_id, call_id, customer_id, 'call', direction, started_at, agent_id
    from told where customer_id is not null
    on conflict (source, external_id) where external_id is not null do update set
        customer_id = excluded.customer_id, direction = excluded.direction,
        occurred_at = excluded.occurred_at, agent_id = excluded.agent_id
    where (k.customer_id, k.direction, k.occurred_at, k.agent_id)
        is distinct from (excluded.customer_id, excluded.direction, excluded.occurred_at, excluded.agent_id);
end $$;


-- Privacy --------------------------------------------------------------------------------------------

-- Who saw whose card, and why. customer_id is no reference: the record outlives the customer.
create table card_view (
    view_id         bigint generated always as identity primary key,
    -- Made with the view: one that is written twice after a fault is one.
    view_key        text not null unique,
    at              timestamptz not null,
    agent_id        text not null,
    customer_id     bigint not null,
    reason          text not null check (reason in ('call', 'search', 'history', 'change')),
    call_id         text,
    detail          text not null default ''
);
create index on card_view (at desc);
create index on card_view (customer_id, at desc);
create index on card_view (agent_id, at desc);

-- That somebody was forgotten, without saying who.
create table erasure (
    erasure_id      bigint generated always as identity primary key,
    customer_id     bigint not null,
    at              timestamptz not null default now(),
    by_whom         text not null default '',
    deleted         jsonb not null default '{}'
);


-- Who must hear of a change --------------------------------------------------------------------------
-- Every change told is also written down, so that a listener whose connection was cut reads what it
-- missed: all rows whose transaction its last snapshot did not see. Null in e164s: every number.

create table card_change (
    xid             xid8 not null default pg_current_xact_id(),
    e164s           text[],
    at              timestamptz not null default now()
);
create index on card_change (xid);
create index on card_change (at);

-- A notification holds less than 8000 bytes: 400 numbers of 18 characters with quotes and comma.
create or replace function tell_card_changed(e164s text[]) returns void language plpgsql as $$
declare
    numbers int := cardinality(e164s);
begin
    if numbers = 0 then
        return;
    end if;
    insert into card_change (e164s) values (case when numbers <= 1000 then e164s end);
    if numbers > 4000 then
        perform pg_notify('card_changed', '{"all":true}');
        return;
    end if;
    for begin_at in 1..numbers by 400 loop
        perform pg_notify('card_changed', json_build_object('e164', e164s[begin_at:begin_at + 399])::text);
    end loop;
end $$;

create or replace function card_changed_by_customer() returns trigger language plpgsql as $$
begin
    perform tell_card_changed(array(
        select distinct n.e164 from changed c join customer_number n using (customer_id) order by 1 limit 4001));
    return null;
end $$;

create or replace function card_changed_by_number() returns trigger language plpgsql as $$
begin
    perform tell_card_changed(array(
        select e164 from changed
        union
        select n.e164 from changed c join customer_number n using (customer_id)
        order by 1 limit 4001));
    return null;
end $$;

-- For what hangs on an order: its lines, returns and payments.
create or replace function card_changed_by_order_line() returns trigger language plpgsql as $$
begin
    perform tell_card_changed(array(
        select distinct n.e164
        from (select distinct order_id from changed) c
        join "order" o using (order_id) join customer_number n using (customer_id)
        order by 1 limit 4001));
    return null;
end $$;

create function tell_every_card_changed() returns void language plpgsql as $$
begin
    insert into card_change (e164s) values (null);
    perform pg_notify('card_changed', '{"all":true}');
end $$;

create or replace function card_changed_by_model() returns trigger language plpgsql as $$
begin
    if exists (select from changed where is_current) then
        perform tell_every_card_changed();
    end if;
    return null;
end $$;

create or replace function every_card_changed() returns trigger language plpgsql as $$
begin
    perform tell_every_card_changed();
    return null;
end $$;

-- A product is on many cards. What a card does not show, or what is written again as it was, changes none.
create function card_changed_by_product() returns trigger language plpgsql as $$
begin
    if exists (
        select from changed c join was w using (product_id)
        where (c.sku, c.name, c.category, c.price_minor, c.is_in_stock, c.is_active)
           is distinct from (w.sku, w.name, w.category, w.price_minor, w.is_in_stock, w.is_active)) then
        perform tell_every_card_changed();
    end if;
    return null;
end $$;
drop trigger card_update on product;
create trigger card_update after update on product
    referencing old table as was new table as changed for each statement execute function card_changed_by_product();
create trigger card_delete after delete on product
    for each statement execute function every_card_changed();

-- For call_customer: the number the call came from.
create function card_changed_by_choice() returns trigger language plpgsql as $$
begin
    perform tell_card_changed(array(select distinct e164 from changed where e164 is not null order by 1 limit 4001));
    return null;
end $$;


-- Whose segments and suggestions are to be computed anew ----------------------------------------------
-- A queue that only grows at its end: who adds to it waits for nobody, not for who works it off either.

create table customer_stale (
    stale_id        bigint generated always as identity primary key,
    customer_id     bigint not null
);
create index on customer_stale (customer_id);

create function customers_stale() returns trigger language plpgsql as $$
begin
    insert into customer_stale (customer_id)
    select distinct customer_id from changed where customer_id is not null;
    if found then
        perform pg_notify('customer_stale', '');
    end if;
    return null;
end $$;

create function customers_stale_by_order() returns trigger language plpgsql as $$
begin
    insert into customer_stale (customer_id)
    select distinct o.customer_id from (select distinct order_id from changed) c
    join "order" o using (order_id) where o.customer_id is not null;
    if found then
        perform pg_notify('customer_stale', '');
    end if;
    return null;
end $$;

do $$
declare
    source record;
    kind text;
begin
    for source in
        select * from (values
            ('order_return', 'card', 'card_changed_by_order_line'),
            ('payment', 'card', 'card_changed_by_order_line'),
            ('counselling_answer', 'card', 'card_changed_by_customer'),
            ('customer_segment', 'card', 'card_changed_by_customer'),
            ('call_customer', 'card', 'card_changed_by_choice'),
            ('customer', 'stale', 'customers_stale'),
            ('order', 'stale', 'customers_stale'),
            ('order_line', 'stale', 'customers_stale_by_order'),
            ('order_return', 'stale', 'customers_stale_by_order'),
            ('contact', 'stale', 'customers_stale'),
            ('favourite', 'stale', 'customers_stale'),
            ('counselling_answer', 'stale', 'customers_stale'),
            ('suggestion_outcome', 'stale', 'customers_stale')
        ) as t (name, what, tell)
    loop
        execute format('create trigger %s_insert after insert on %I
            referencing new table as changed for each statement execute function %I()', source.what, source.name, source.tell);
        execute format('create trigger %s_update_new after update on %I
            referencing new table as changed for each statement execute function %I()', source.what, source.name, source.tell);
        -- A customer's id never changes, and who is gone needs nothing derived.
        if source.name <> 'customer' then
            execute format('create trigger %s_update_old after update on %I
                referencing old table as changed for each statement execute function %I()', source.what, source.name, source.tell);
            execute format('create trigger %s_delete after delete on %I
                referencing old table as changed for each statement execute function %I()', source.what, source.name, source.tell);
        end if;
        if source.what = 'card' then
            execute format('create trigger card_truncate after truncate on %I
                for each statement execute function every_card_changed()', source.name);
        end if;
    end loop;
end $$;


-- Search ---------------------------------------------------------------------------------------------

create index customer_number_tail on customer_number (reverse(e164) text_pattern_ops);
create index customer_postcode on customer (replace(postcode, '-', '') text_pattern_ops) where postcode <> '';


-- Imports of files -----------------------------------------------------------------------------------
-- How far a file was brought in, so that one that broke off goes on there. Gone once all of it is in.
create table import_progress (
    kind            text not null,
    source          text not null,
    digest          bytea not null,
    line            int not null,
    at              timestamptz not null default now(),
    primary key (kind, source, digest)
);


-- Names as people hear and type them: kana of any kind and width are one, small kana large, voiced ones
-- unvoiced, long vowels and spaces left out; letters small. For search alone, never shown.
create function search_fold(text) returns text language sql immutable strict parallel safe as $$
    select translate(
        lower(normalize($1, NFKC)),
        'ぁあぃいぅうぇえぉおかがきぎくぐけげこごさざしじすずせぜそぞただちぢっつづてでとどなにぬねのはばぱひびぴふぶぷへべぺほぼぽまみむめもゃやゅゆょよらりるれろゎわゐゑをんゔ'
        || 'ァィゥェォガギグゲゴザジズゼゾダヂッヅデドバパビピブプベペボポャュョヮヰヱヲヴヵヶ'
        || 'ー・　 -－‐',
        'アアイイウウエエオオカカキキククケケココササシシススセセソソタタチチツツツテテトトナニヌネノハハハヒヒヒフフフヘヘヘホホホマミムメモヤヤユユヨヨラリルレロワワイエオンウ'
        || 'アイウエオカキクケコサシスセソタチツツテトハハヒヒフフヘヘホホヤユヨワイエオウカケ')
$$;

-- Pairs of letters that stand side by side, "^" before the beginning of each part of a name.
create function search_grams(variadic texts text[]) returns text[] language sql immutable parallel safe as $$
    select coalesce(array_agg(distinct gram), '{}') from (
        select substr(folded, n, 2) as gram
        from unnest(texts) as t (whole),
             lateral (select search_fold(whole) as folded) f,
             generate_series(1, length(folded) - 1) n
        union all
        select '^' || left(search_fold(part), 1)
        from unnest(texts) as t (whole), regexp_split_to_table(normalize(whole, NFKC), '\s+') part
        where part <> '') g
$$;

alter table customer add column grams text[] generated always as (search_grams(name, reading)) stored;
create index customer_grams on customer using gin (grams);


-- A caller out of the area in which numbers are told is none whose line cannot tell it.
alter table call
    drop constraint call_caller_kind_check,
    add constraint call_caller_kind_check check (caller_kind in
        ('number', 'extension', 'private', 'pay_phone', 'unavailable', 'out_of_area', 'unreadable'));

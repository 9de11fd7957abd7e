-- The first schema: people, products, orders, contacts, notes, agents, suggestions.
-- Amounts are in the currency's minor unit; times are timestamptz.
-- Indices on a customer_id are in the order a card lists things, and include what a card sums up.

create table agent (
    agent_id        text primary key check (agent_id ~ '^[a-z0-9_-]{1,32}$'),
    login           text not null unique,
    name            text not null,
    reading         text not null default '',
    role            text not null check (role in ('agent', 'supervisor', 'administrator')),
    language        text not null default 'ja' check (language in ('ja', 'en')),
    password_hash   text,
    is_active       boolean not null default true,
    created_at      timestamptz not null default now()
);

create table agent_endpoint (
    pbx             text not null,
    endpoint        text not null,
    agent_id        text not null references agent on delete cascade,
    primary key (pbx, endpoint)
);
create index on agent_endpoint (agent_id);

create table customer (
    customer_id        bigint generated always as identity primary key,
    code               text not null unique,
    name               text not null,
    reading            text not null default '',
    rank               text not null default 'regular' check (rank in ('regular', 'silver', 'gold', 'platinum')),
    birth_date         date,
    postcode           text not null default '',
    address            text not null default '',
    email              text not null default '',
    preferred_channel  text check (preferred_channel in ('call', 'email', 'letter', 'fax', 'chat', 'social', 'shop_visit')),
    dedicated_agent_id text references agent on delete set null,
    joined_on          date not null default current_date,
    updated_at         timestamptz not null default now()
);
create index on customer (dedicated_agent_id) where dedicated_agent_id is not null;

create table customer_number (
    customer_id     bigint not null references customer on delete cascade,
    e164            text not null check (e164 ~ '^\+[1-9][0-9]{1,14}$'),
    label           text not null default 'other' check (label in ('mobile', 'home', 'work', 'fax', 'other')),
    -- As people write it: grouping a number needs its country's table of area codes.
    display         text not null default '',
    primary key (customer_id, e164)
);
create index on customer_number (e164);

create table caution (
    caution_id      bigint generated always as identity primary key,
    customer_id     bigint not null references customer on delete cascade,
    severity        text not null check (severity in ('notice', 'warning', 'critical')),
    text            text not null,
    created_at      timestamptz not null default now(),
    ended_at        timestamptz
);
create index on caution (customer_id) where ended_at is null;

create table product (
    product_id      bigint generated always as identity primary key,
    sku             text not null unique,
    name            text not null,
    category        text not null,
    price_minor     bigint not null check (price_minor >= 0),
    is_in_stock     boolean not null default true,
    is_active       boolean not null default true
);

create table "order" (
    order_id        bigint generated always as identity primary key,
    number          text not null unique,
    customer_id     bigint not null references customer on delete cascade,
    channel         text not null check (channel in ('phone', 'web', 'fax', 'postcard', 'shop')),
    status          text not null check (status in ('open', 'paid', 'shipped', 'delivered', 'cancelled', 'returned')),
    ordered_at      timestamptz not null,
    total_minor     bigint not null
);
create index on "order" (customer_id, ordered_at desc, order_id desc) include (status, total_minor);

create table order_line (
    order_id         bigint not null references "order" on delete cascade,
    line             int not null,
    product_id       bigint not null references product,
    quantity         int not null check (quantity > 0),
    unit_price_minor bigint not null,
    primary key (order_id, line) include (product_id, quantity, unit_price_minor)
);
create index on order_line (product_id);

create table contact (
    contact_id      bigint generated always as identity primary key,
    customer_id     bigint not null references customer on delete cascade,
    channel         text not null check (channel in ('call', 'email', 'letter', 'fax', 'chat', 'social', 'shop_visit')),
    direction       text not null check (direction in ('in', 'out')),
    occurred_at     timestamptz not null,
    subject         text not null default '',
    agent_id        text references agent on delete set null
);
create index on contact (customer_id, occurred_at desc, contact_id desc) include (channel, direction);

create table karte_note (
    note_id         bigint generated always as identity primary key,
    customer_id     bigint not null references customer on delete cascade,
    agent_id        text references agent on delete set null,
    text            text not null,
    is_pinned       boolean not null default false,
    created_at      timestamptz not null default now()
);
create index on karte_note (customer_id, is_pinned desc, created_at desc, note_id desc);

create table favourite (
    customer_id     bigint not null references customer on delete cascade,
    product_id      bigint not null references product on delete cascade,
    added_at        timestamptz not null default now(),
    primary key (customer_id, product_id)
);
create index on favourite (customer_id, added_at desc, product_id);
create index on favourite (product_id);

-- One row a training run; the card reads only the current one, so a new model appears all at once.
create table suggestion_model (
    model_id        bigint generated always as identity primary key,
    trained_at      timestamptz not null default now(),
    kind            text not null,
    is_current      boolean not null default false
);
create unique index on suggestion_model (is_current) where is_current;

create table suggestion (
    model_id          bigint not null references suggestion_model on delete cascade,
    customer_id       bigint not null references customer on delete cascade,
    position          int not null,
    product_id        bigint not null references product on delete cascade,
    score             real not null,
    reason_code       text not null check (reason_code in ('bought_with', 'favourite_like', 'popular')),
    reason_product_id bigint references product on delete cascade,
    primary key (customer_id, model_id, position)
);
create index on suggestion (model_id);
create index on suggestion (product_id);
create index on suggestion (reason_product_id);


-- Who must hear of a change ------------------------------------------------------------------------
-- A card is cached under the number it belongs to. Whatever a card shows, its change is told on the
-- channel card_changed as {"e164":["+81312345678"]}, or as {"all":true} where it may concern more
-- than 50 numbers: a notification holds less than 8000 bytes, and a bulk load must not send thousands.
-- Told once a statement, from its transition table, which every trigger below names "changed".
-- PostgreSQL itself sends equal notifications of one transaction once, and none when it rolls back.

create function tell_card_changed(e164s text[]) returns void language plpgsql as $$
begin
    if cardinality(e164s) > 50 then
        perform pg_notify('card_changed', '{"all":true}');
    elsif cardinality(e164s) > 0 then
        perform pg_notify('card_changed', json_build_object('e164', e164s)::text);
    end if;
end $$;

-- For tables with a customer_id: every number of the customers touched.
create function card_changed_by_customer() returns trigger language plpgsql as $$
begin
    perform tell_card_changed(array(
        select distinct n.e164 from changed c join customer_number n using (customer_id) limit 51));
    return null;
end $$;

-- For customer_number: the numbers themselves, gone or new, and the others of those customers.
create function card_changed_by_number() returns trigger language plpgsql as $$
begin
    perform tell_card_changed(array(
        select e164 from changed
        union
        select n.e164 from changed c join customer_number n using (customer_id)
        limit 51));
    return null;
end $$;

create function card_changed_by_order_line() returns trigger language plpgsql as $$
begin
    perform tell_card_changed(array(
        select distinct n.e164
        from changed c join "order" o using (order_id) join customer_number n using (customer_id)
        limit 51));
    return null;
end $$;

-- A model is seen from the moment it is current.
create function card_changed_by_model() returns trigger language plpgsql as $$
begin
    if exists (select from changed where is_current) then
        perform pg_notify('card_changed', '{"all":true}');
    end if;
    return null;
end $$;

create function every_card_changed() returns trigger language plpgsql as $$
begin
    perform pg_notify('card_changed', '{"all":true}');
    return null;
end $$;

create function roster_changed() returns trigger language plpgsql as $$
begin
    perform pg_notify('roster_changed', '');
    return null;
end $$;

-- A trigger with a transition table serves one event; an update is told for the rows as they were
-- and as they are, since it may have moved a row from one customer to another.
do $$
declare
    source record;
begin
    for source in
        select * from (values
            ('customer', 'card_changed_by_customer'),
            ('customer_number', 'card_changed_by_number'),
            ('caution', 'card_changed_by_customer'),
            ('order', 'card_changed_by_customer'),
            ('order_line', 'card_changed_by_order_line'),
            ('contact', 'card_changed_by_customer'),
            ('karte_note', 'card_changed_by_customer'),
            ('favourite', 'card_changed_by_customer'),
            ('suggestion_model', 'card_changed_by_model')
        ) as t (name, tell)
    loop
        execute format('create trigger card_insert after insert on %I
            referencing new table as changed for each statement execute function %I()', source.name, source.tell);
        execute format('create trigger card_update_old after update on %I
            referencing old table as changed for each statement execute function %I()', source.name, source.tell);
        execute format('create trigger card_update_new after update on %I
            referencing new table as changed for each statement execute function %I()', source.name, source.tell);
        execute format('create trigger card_delete after delete on %I
            referencing old table as changed for each statement execute function %I()', source.name, source.tell);
        execute format('create trigger card_truncate after truncate on %I
            for each statement execute function every_card_changed()', source.name);
    end loop;
end $$;

-- A new product or agent is on no card yet; of an agent a card shows the name only.
create trigger card_update after update of name, category, price_minor, is_in_stock, is_active or delete
    on product for each statement execute function every_card_changed();
create trigger card_update after update of name
    on agent for each statement execute function every_card_changed();

create trigger roster_change after insert or update or delete or truncate
    on agent for each statement execute function roster_changed();
create trigger roster_change after insert or update or delete or truncate
    on agent_endpoint for each statement execute function roster_changed();

-- Sessions live in Redis, and end when the roster says so: whoever leaves, gets another role or a new
-- password, or signs out everywhere. Sessions begun before signed_out_at are over.
alter table agent add column signed_out_at timestamptz;


-- An agent in a customer's place at the shop, for as long as the two talk. Of the code only its hash is kept.
create table proxy_login (
    grant_id        text primary key,
    code_hash       bytea not null unique,
    agent_id        text not null,
    customer_id     bigint not null references customer on delete cascade,
    call_id         text not null,
    issued_at       timestamptz not null,
    redeemed_at     timestamptz,
    redeemed_by     text,
    ended_at        timestamptz,
    end_reason      text check (end_reason in ('call_ended', 'signed_out', 'too_old')),
    check ((redeemed_at is null) = (redeemed_by is null)),
    check ((ended_at is null) = (end_reason is null))
);
create index on proxy_login (customer_id, issued_at desc);
create index on proxy_login (issued_at);
create index on proxy_login (call_id) where ended_at is null;

alter table card_view
    drop constraint card_view_reason_check,
    add constraint card_view_reason_check check (reason in ('call', 'search', 'history', 'change', 'proxy_login'));

-- An agent's own day.
create index on suggestion_outcome (agent_id, at) where outcome = 'accepted';
create index on contact (agent_id, occurred_at) where kind = 'praise';

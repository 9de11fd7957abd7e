-- Sessions live in Redis, and end when the roster says so: whoever leaves, gets another role or a new
-- password, or signs out everywhere. Sessions begun before signed_out_at are over.
alter table agent add column signed_out_at timestamptz;

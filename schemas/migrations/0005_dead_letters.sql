-- The last message of a quarantined actor, for whoever mends it and sends it again.
create table dead_letters (
  id uuid primary key default gen_random_uuid(),
  community_id uuid not null references communities on delete cascade,
  actor text not null check (actor <> ''),
  message text not null check (octet_length(message) <= 1048576),
  error_code smallint not null default 0, -- arrakis::ec
  error_text text not null default '',
  at timestamptz not null default clock_timestamp(),
  replayed_at timestamptz
);
create index dead_letters_waiting on dead_letters (community_id, at) where replayed_at is null;
call guard_tenant_table('dead_letters');
grant select, insert on dead_letters to arrakis_app;
grant update (replayed_at) on dead_letters to arrakis_app;

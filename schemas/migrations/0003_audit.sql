-- The audit trail: one chain of hashes per community, gapless. adapters/postgres/audit/chain.hpp says what is hashed.
-- No foreign key cascades into it: the trail outlives what it speaks of.

create table audit_heads (
  community_id uuid primary key references communities,
  sequence bigint not null default 0 check (sequence >= 0),
  hash text not null check (hash ~ '^[0-9a-f]{64}$')
);
call guard_tenant_table('audit_heads');
grant select, insert on audit_heads to arrakis_app;
grant update (sequence, hash) on audit_heads to arrakis_app;

create table audit_entries (
  community_id uuid not null references communities,
  sequence bigint not null check (sequence > 0),
  at text not null,             -- ISO 8601, UTC, milliseconds: the hashed spelling.
  event text not null check (event <> ''),
  actor text not null,          -- An opaque subject id, never a person's name or platform id.
  target text not null,
  payload json not null,        -- json keeps the spelling.
  previous text not null check (previous ~ '^[0-9a-f]{64}$'),
  hash text not null check (hash ~ '^[0-9a-f]{64}$'),
  primary key (community_id, sequence)
);
create index audit_entries_event on audit_entries (community_id, event, sequence);
call guard_tenant_table('audit_entries');
grant select, insert on audit_entries to arrakis_app;
revoke update, delete, truncate on audit_entries from arrakis_admin;

-- For those whom no grant stops: the owner, and whoever becomes it.
create function refuse_rewriting() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception '% only grows: % is refused', tg_table_name, lower(tg_op) using errcode = 'insufficient_privilege';
end $$;
revoke all on function refuse_rewriting from public;
create trigger append_only before update or delete on audit_entries
  for each row execute function refuse_rewriting();
create trigger append_only_whole before truncate on audit_entries
  for each statement execute function refuse_rewriting();
alter table audit_entries enable always trigger append_only;
alter table audit_entries enable always trigger append_only_whole;

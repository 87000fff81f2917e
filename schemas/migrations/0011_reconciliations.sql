-- A reconciliation brings a guild back to its active version: it creates and updates what a plan that an admin saw
-- names, and never deletes. Its row holds the plan, the hash that the admin's click carried, lease and end; the
-- checkpoints beside it are the step cursor.

create table reconciliations (
  id uuid primary key default gen_random_uuid(),
  community_id uuid not null references communities on delete cascade,
  version bigint not null, -- Of the manifest that was active when the plan was shown.
  idempotency_key text not null check (octet_length(idempotency_key) between 1 and 200),
  -- json, not jsonb: the hash is of these bytes.
  plan json not null,
  plan_sha256 text not null,
  began_at timestamptz, -- The guild was found as the plan says: from then on our own effects change it.
  state text not null default 'pending'
    check (state in ('pending', 'running', 'waiting', 'completed', 'failed', 'cancelled')),
  run bigint not null default 0 check (run >= 0), -- The fence of the job: an older run is stale.
  lease_holder text,
  lease_until timestamptz,
  application_id bigint,
  interaction_token text, -- As that of a deployment: a secret with an end.
  token_until timestamptz,
  error_code text not null default '',
  error_text text not null default '',
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default now(),
  completed_at timestamptz,
  unique (community_id, id),
  unique (community_id, idempotency_key),
  foreign key (community_id, version) references manifests (community_id, version) on delete cascade,
  constraint reconciliations_hash_is_of_the_plan check (plan_sha256 = encode(sha256(convert_to(plan::text, 'UTF8')), 'hex')),
  constraint reconciliations_lease_is_whole check ((lease_holder is null) = (lease_until is null)),
  constraint reconciliations_lease_while_running check (lease_holder is null or state = 'running')
);
create unique index reconciliations_one_open on reconciliations (community_id)
  where state in ('pending', 'running', 'waiting');
create index reconciliations_newest on reconciliations (community_id, created_at);
create index reconciliations_token on reconciliations (token_until) where interaction_token is not null;
call guard_tenant_table('reconciliations');
grant select, insert on reconciliations to arrakis_app;
grant update (began_at, state, run, lease_holder, lease_until, interaction_token, error_code, error_text, updated_at,
              completed_at) on reconciliations to arrakis_app;

-- Checkpoints: what this reconciliation has made or updated so far.
create table reconciliation_resources (
  community_id uuid not null references communities on delete cascade,
  reconciliation_id uuid not null,
  kind text not null check (kind in ('role', 'category', 'channel')),
  resource text not null check (resource <> ''),
  discord_id bigint not null check (discord_id > 0),
  fields json not null,
  done_at timestamptz not null default clock_timestamp(),
  primary key (community_id, reconciliation_id, kind, resource),
  foreign key (community_id, reconciliation_id) references reconciliations (community_id, id) on delete cascade
);
call guard_tenant_table('reconciliation_resources');
grant select, insert on reconciliation_resources to arrakis_app;
grant update (discord_id, fields, done_at) on reconciliation_resources to arrakis_app;

-- An intent is of whichever work at the guild began the create; whoever works there next finds it.
alter table deployment_intents alter column deployment_id drop not null;
alter table deployment_intents add column reconciliation_id uuid;
alter table deployment_intents add foreign key (community_id, reconciliation_id)
  references reconciliations (community_id, id) on delete cascade;
-- Both: a node of before this migration took over the intent of a reconciliation.
alter table deployment_intents add constraint deployment_intents_have_an_owner
  check (num_nonnulls(deployment_id, reconciliation_id) > 0);
grant update (reconciliation_id) on deployment_intents to arrakis_app;

-- One writer per guild, also beside nodes of before this migration, which know of deployments alone: they try again.
create function refuse_second_writer() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
  if exists (select from public.reconciliations r
             where r.community_id = new.community_id and r.lease_until > clock_timestamp()) then
    raise exception 'a reconciliation of this community is under way' using errcode = 'lock_not_available';
  end if;
  return new;
end $$;
revoke all on function refuse_second_writer from public;
create trigger one_writer before update of lease_holder on deployments for each row
  when (new.lease_holder is not null) execute function refuse_second_writer();

-- As before, for both kinds of work.
create or replace function erase_expired_tokens() returns bigint
language sql security definer set search_path = pg_catalog, public, pg_temp
as $$
  with erased as (
    update public.deployments set interaction_token = null
    where interaction_token is not null and token_until <= clock_timestamp() returning 1),
  erased_too as (
    update public.reconciliations set interaction_token = null
    where interaction_token is not null and token_until <= clock_timestamp() returning 1)
  select (select count(*) from erased) + (select count(*) from erased_too)
$$;
grant select (interaction_token, token_until), update (interaction_token) on reconciliations to arrakis_lookup;
create policy expired_tokens on reconciliations for select to arrakis_lookup using (token_until <= clock_timestamp());
create policy erase_tokens on reconciliations for update to arrakis_lookup
  using (token_until <= clock_timestamp()) with check (interaction_token is null);

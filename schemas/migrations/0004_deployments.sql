-- A deployment brings one manifest version into the guild; the outbox is what a committed decision still owes the world.

create table deployments (
  id uuid primary key default gen_random_uuid(),
  community_id uuid not null references communities on delete cascade,
  version bigint not null,
  idempotency_key text not null check (octet_length(idempotency_key) between 1 and 200),
  state text not null default 'pending'
    check (state in ('pending', 'running', 'waiting', 'completed', 'failed', 'cancelled')),
  attempt integer not null default 0 check (attempt >= 0), -- Raised by Retry; part of the job's id.
  run bigint not null default 0 check (run >= 0),          -- The fence of the job: an older run is stale.
  lease_holder text,
  lease_until timestamptz,
  application_id bigint,
  -- Whoever has it speaks as the bot in that conversation: gone after its 15 minutes, and when the deployment ends.
  interaction_token text,
  token_until timestamptz,
  error_code text not null default '',
  error_text text not null default '',
  left_over json not null default '[]',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  completed_at timestamptz,
  unique (community_id, id),
  unique (community_id, version),
  unique (community_id, idempotency_key),
  foreign key (community_id, version) references manifests (community_id, version) on delete cascade,
  constraint deployments_lease_is_whole check ((lease_holder is null) = (lease_until is null)),
  constraint deployments_lease_while_running check (lease_holder is null or state = 'running')
);
create index deployments_token on deployments (token_until) where interaction_token is not null;
call guard_tenant_table('deployments');
grant select, insert on deployments to arrakis_app;
grant update (state, attempt, run, lease_holder, lease_until, application_id, interaction_token, token_until, error_code,
              error_text, left_over, updated_at, completed_at) on deployments to arrakis_app;

-- Before a create: after a crash the nonce in the guild's audit log tells our own work from somebody else's.
create table deployment_intents (
  community_id uuid not null references communities on delete cascade,
  kind text not null check (kind in ('role', 'category', 'channel')),
  resource text not null check (resource <> ''),
  deployment_id uuid not null,
  nonce text not null check (nonce <> ''),
  made_at timestamptz not null default clock_timestamp(),
  primary key (community_id, kind, resource),
  foreign key (community_id, deployment_id) references deployments (community_id, id) on delete cascade
);
call guard_tenant_table('deployment_intents');
grant select, insert, delete on deployment_intents to arrakis_app;
grant update (deployment_id) on deployment_intents to arrakis_app;

-- Checkpoints: what this deployment has made or updated so far.
create table deployment_resources (
  community_id uuid not null references communities on delete cascade,
  deployment_id uuid not null,
  kind text not null check (kind in ('role', 'category', 'channel')),
  resource text not null check (resource <> ''),
  discord_id bigint not null check (discord_id > 0),
  fields json not null,
  done_at timestamptz not null default clock_timestamp(),
  primary key (community_id, deployment_id, kind, resource),
  foreign key (community_id, deployment_id) references deployments (community_id, id) on delete cascade
);
call guard_tenant_table('deployment_resources');
grant select, insert on deployment_resources to arrakis_app;
grant update (discord_id, fields, done_at) on deployment_resources to arrakis_app;

create table outbox (
  id bigint generated always as identity primary key,
  community_id uuid not null references communities on delete cascade,
  deployment_id uuid,
  kind text not null check (kind in ('store_manifest', 'enqueue_job')),
  payload json not null,
  created_at timestamptz not null default now(),
  due_at timestamptz not null default now(),
  sent_at timestamptz,
  closed_at timestamptz, -- The recorded end of the work, not of the sending.
  attempts integer not null default 0 check (attempts >= 0),
  last_error text not null default '',
  foreign key (community_id, deployment_id) references deployments (community_id, id) on delete cascade
);
-- Apart, so that a look at the few sent rows does not wade through all that a noisy tenant has waiting.
create index outbox_open on outbox (community_id) where closed_at is null;
create index outbox_unsent on outbox (community_id, kind, id) where closed_at is null and sent_at is null;
create index outbox_sent on outbox (community_id, kind, id) where closed_at is null and sent_at is not null;
create index outbox_deployment on outbox (community_id, deployment_id) where closed_at is null;
call guard_tenant_table('outbox');
grant select, insert on outbox to arrakis_app;
grant update (closed_at) on outbox to arrakis_app;
grant select on outbox to arrakis_relay;
grant update (sent_at, due_at, closed_at, attempts, last_error) on outbox to arrakis_relay;
create policy relay on outbox to arrakis_relay using (true) with check (true);

-- Erases interaction tokens whose time is over, for all tenants, and says how many.
create function erase_expired_tokens() returns bigint
language sql security definer set search_path = pg_catalog, public, pg_temp
as $$
  with erased as (
    update public.deployments set interaction_token = null
    where interaction_token is not null and token_until <= clock_timestamp() returning 1)
  select count(*) from erased
$$;
grant select (interaction_token, token_until), update (interaction_token) on deployments to arrakis_lookup;
create policy expired_tokens on deployments for select to arrakis_lookup using (token_until <= clock_timestamp());
create policy erase_tokens on deployments for update to arrakis_lookup
  using (token_until <= clock_timestamp()) with check (interaction_token is null);
grant create on schema public to arrakis_lookup;
alter function erase_expired_tokens owner to arrakis_lookup;
revoke all on function erase_expired_tokens from public;
grant execute on function erase_expired_tokens to arrakis_app, arrakis_admin;
revoke create on schema public from arrakis_lookup;

-- Roles, the tenant guard, communities, profiles, badges.
-- Rules of the house: docs/architecture.md, "Tenancy". Migrations run on a direct connection, as the owner.

-- Roles belong to the cluster, not to this database: they may exist, and two databases may make them at once.
do $$
declare
  wanted record;
begin
  for wanted in
    select * from (values
      ('arrakis_app', 'login'),           -- everything at run time, under row level security
      ('arrakis_relay', 'login'),         -- sees the outbox of all tenants and nothing else
      ('arrakis_lookup', 'nologin'),      -- owns the narrow functions that cross tenants
      ('arrakis_admin', 'login bypassrls')-- a person's hand: repair and reconciliation; no daemon connects as this
    ) as v(name, attributes)
  loop
    begin
      if not exists (select from pg_roles where rolname = wanted.name) then
        execute format('create role %I %s', wanted.name, wanted.attributes);
      end if;
    exception
      when duplicate_object or unique_violation then null;
      when insufficient_privilege then
        raise exception 'the role % is missing and % may not create it', wanted.name, current_user
          using hint = format('Ask a superuser for: create role %I %s', wanted.name, wanted.attributes);
    end;
  end loop;
end $$;

revoke all on schema public from public;
grant usage on schema public to arrakis_app, arrakis_relay, arrakis_lookup, arrakis_admin;
alter default privileges revoke execute on functions from public;

-- Puts `target` under the tenant guard. The bare cast of the setting would raise where it was never made and on the ''
-- that another transaction's local setting leaves behind; NULL matches no row.
create procedure guard_tenant_table(target regclass, tenant_column name default 'community_id')
language plpgsql as $$
declare
  mine constant text := format(
    '%I = nullif(current_setting(''app.current_tenant'', true), '''')::uuid', tenant_column);
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format('create policy tenant on %s using (%s) with check (%s)', target, mine, mine);
  execute format('alter table %s add constraint %I check (%I <> ''00000000-0000-0000-0000-000000000000'')',
                 target, target::text || '_tenant_not_nil', tenant_column);
  execute format('grant select, insert, update, delete on %s to arrakis_admin', target);
end $$;
revoke all on procedure guard_tenant_table from public;

create table communities (
  id uuid primary key default gen_random_uuid(),
  name text not null check (char_length(name) between 3 and 100),
  theme_id text not null default 'basic' check (theme_id <> ''),
  subscription_tier text not null default 'free',
  discord_guild_id bigint unique check (discord_guild_id > 0),
  telegram_chat_id bigint unique,
  status text not null default 'active' check (status in ('active', 'frozen', 'deactivated')),
  -- Grows with each change of status; an effect carries the one that it began under.
  fence bigint not null default 0 check (fence >= 0),
  settings jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index communities_theme on communities (theme_id);
create index communities_subscription on communities (subscription_tier);
create index communities_fenced on communities (id) where fence > 0 or status <> 'active';
call guard_tenant_table('communities', 'id');
-- Without delete: a community ends as 'deactivated', and its audit trail stays.
grant select, insert, update on communities to arrakis_app;

create table profiles (
  -- Also the opaque subject id of the audit trail: when the row is erased, nothing leads from an entry to a person.
  id uuid primary key default gen_random_uuid(),
  community_id uuid not null references communities on delete cascade,
  discord_id bigint check (discord_id > 0),
  telegram_id bigint,
  wallet_address text,
  tier text,
  current_rank integer,
  activity_score bigint not null default 0,
  conviction_score bigint not null default 0,
  joined_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  first_claim_at timestamptz,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (community_id, id),
  unique (community_id, discord_id),
  unique (community_id, telegram_id)
);
create index profiles_wallet on profiles (community_id, wallet_address);
create index profiles_tier on profiles (community_id, tier);
create index profiles_rank on profiles (community_id, current_rank);
call guard_tenant_table('profiles');
grant select, insert, update, delete on profiles to arrakis_app;

create table badges (
  id uuid primary key default gen_random_uuid(),
  community_id uuid not null references communities on delete cascade,
  profile_id uuid not null,
  badge_type text not null,
  awarded_at timestamptz not null default now(),
  awarded_by uuid,
  revoked_at timestamptz,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  foreign key (community_id, profile_id) references profiles (community_id, id) on delete cascade,
  foreign key (community_id, awarded_by) references profiles (community_id, id) on delete set null (awarded_by)
);
-- A revoked badge can be awarded again.
create unique index badges_held on badges (community_id, profile_id, badge_type) where revoked_at is null;
create index badges_type on badges (community_id, badge_type);
create index badges_lineage on badges (community_id, awarded_by);
call guard_tenant_table('badges');
grant select, insert, update, delete on badges to arrakis_app;

-- What may be known across tenants, and by whom: arrakis_lookup sees these columns, and only these functions run as it.
grant select (id, discord_guild_id, status, fence) on communities to arrakis_lookup;
create policy lookup on communities for select to arrakis_lookup using (true);

-- From a guild to its tenant, before a tenant is known. NULL when the guild has none.
create function community_of_guild(guild bigint) returns uuid
language sql stable strict security definer set search_path = pg_catalog, public, pg_temp
as 'select id from public.communities where discord_guild_id = guild';

-- All that the gate of effects must know each second: whoever is not active, or was not at some time. For every other
-- community the fence is 0.
create function community_fences() returns table (id uuid, guild bigint, status text, fence bigint)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
  select c.id, c.discord_guild_id, c.status, c.fence from public.communities c
  where c.fence > 0 or c.status <> 'active' order by c.id
$$;

-- The operator's list: no name, no settings. count_max is held to 10,000.
create function community_list(count_max integer) returns table (id uuid, guild bigint, status text, fence bigint)
language sql stable strict security definer set search_path = pg_catalog, public, pg_temp
as $$
  select c.id, c.discord_guild_id, c.status, c.fence from public.communities c
  order by c.id limit least(greatest(count_max, 0), 10000)
$$;

-- A role may own functions in a schema only while it may create there.
grant create on schema public to arrakis_lookup;
grant arrakis_lookup to current_user;
alter function community_of_guild owner to arrakis_lookup;
alter function community_fences owner to arrakis_lookup;
alter function community_list owner to arrakis_lookup;
revoke all on function community_of_guild, community_fences, community_list from public;
grant execute on function community_of_guild, community_fences, community_list to arrakis_app, arrakis_admin;
revoke create on schema public from arrakis_lookup;

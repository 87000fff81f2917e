-- Quarantines: actors that keep crashing are kept apart, on every process and over restarts, until somebody releases
-- them. A key need not belong to a community (a guild before its first deployment), so the table is no tenant's; it is
-- reached through the functions below alone.

create table quarantines (
  id bigint generated always as identity primary key,
  kind text not null check (kind <> '' and char_length(kind) <= 100), -- Of the actor: community, wizard_session.
  key text not null check (key <> '' and char_length(key) <= 200),
  community_id uuid, -- Whose it is, where there is one. Without a foreign key: the row outlives what it speaks of.
  error text not null,
  message text not null, -- The type of the last message, never its contents.
  node text not null,
  at timestamptz not null default clock_timestamp(),
  released_at timestamptz,
  released_by text,
  reason text,
  constraint quarantines_release_is_whole check
    ((released_at is null) = (released_by is null) and (released_at is null) = (reason is null))
);
create unique index quarantines_open on quarantines (kind, key) where released_at is null;
create index quarantines_open_of on quarantines (community_id) where released_at is null;
revoke all on quarantines from public;
grant select on quarantines to arrakis_admin;
grant select, insert, update (released_at, released_by, reason), delete on quarantines to arrakis_lookup;

-- Keeps a key apart; one that is so already keeps its first row. Rows that were released 90 days ago go.
create function add_quarantine(of_kind text, of_key text, of_guild bigint, why text, last_message text, by_node text)
returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  delete from public.quarantines q where q.released_at < clock_timestamp() - interval '90 days';
  insert into public.quarantines (kind, key, community_id, error, message, node)
  values (of_kind, of_key, public.community_of_guild(of_guild), why, last_message, by_node)
  on conflict (kind, key) where released_at is null do nothing;
  return (select q.id from public.quarantines q where q.kind = of_kind and q.key = of_key and q.released_at is null);
end $$;

-- What is kept apart now, the oldest first; count_max is held to 10,000.
create function open_quarantines(count_max integer) returns setof quarantines
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
  select * from public.quarantines q where q.released_at is null order by q.id
  limit least(greatest(count_max, 0), 10000)
$$;

create function find_quarantine(of_id bigint) returns setof quarantines
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as 'select * from public.quarantines q where q.id = of_id';

-- False: it was released before, or there is none.
create function release_quarantine(of_id bigint, by_whom text, why text) returns boolean
language sql security definer set search_path = pg_catalog, public, pg_temp
as $$
  with released as (
    update public.quarantines q set released_at = clock_timestamp(), released_by = by_whom, reason = why
    where q.id = of_id and q.released_at is null returning 1)
  select exists (select from released)
$$;

-- The tenants whose own actor is kept apart: nothing of theirs is done meanwhile.
create function quarantined_communities() returns uuid[]
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
  select coalesce(array_agg(q.community_id), '{}') from public.quarantines q
  where q.released_at is null and q.kind = 'community' and q.community_id is not null
$$;

-- On release what is owed becomes due at once.
grant update (due_at) on outbox to arrakis_app;

grant create on schema public to arrakis_lookup;
alter function add_quarantine owner to arrakis_lookup;
alter function open_quarantines owner to arrakis_lookup;
alter function find_quarantine owner to arrakis_lookup;
alter function release_quarantine owner to arrakis_lookup;
alter function quarantined_communities owner to arrakis_lookup;
revoke all on function add_quarantine, open_quarantines, find_quarantine, release_quarantine, quarantined_communities
  from public;
grant execute on function add_quarantine, open_quarantines, find_quarantine, release_quarantine, quarantined_communities
  to arrakis_app, arrakis_admin;
grant execute on function quarantined_communities to arrakis_relay;
revoke create on schema public from arrakis_lookup;
-- dead_letters stays for nodes that were started before this migration; nothing else writes or reads it.

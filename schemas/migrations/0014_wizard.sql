-- Drafts of the wizard outlive its session in Redis. No tenant exists before the first deployment, so the table is no
-- tenant's: it is reached through the functions below alone, each of which takes the guild and the user, so that nobody
-- lists what others have drafted. A draft holds no token and no secret.

create table wizard_drafts (
  guild bigint not null check (guild > 0),
  discord_user bigint not null check (discord_user > 0),
  session text not null check (session <> '' and char_length(session) <= 100),
  version bigint not null check (version > 0), -- Of the session's record.
  content text check (octet_length(content) between 1 and 524288), -- Null: deployed or cancelled, and not to come back.
  replaced text, -- The session that was here before this one: nothing that it wrote late takes the place back.
  kept_at timestamptz not null default clock_timestamp(),
  primary key (guild, discord_user)
);
create index wizard_drafts_kept_at on wizard_drafts (kept_at);
revoke all on wizard_drafts from public;
grant select, insert, update, delete on wizard_drafts to arrakis_admin, arrakis_lookup;

-- Keeps the newest version; null forgets, also what is written late. False: what is there is newer. A session that begins
-- where none is open counts from one again: it takes the place of what is forgotten at once, and the place of a draft
-- (it could not be read when the session began) once nobody has written that for longer than a click may take.
create function keep_wizard_draft(of_guild bigint, of_user bigint, of_session text, of_version bigint, new_content text)
returns boolean
language sql security definer set search_path = pg_catalog, public, pg_temp
as $$
  with kept as (
    insert into public.wizard_drafts as d (guild, discord_user, session, version, content)
    values (of_guild, of_user, of_session, of_version, new_content)
    on conflict (guild, discord_user) do update
      set session = excluded.session, version = excluded.version, content = excluded.content,
          kept_at = clock_timestamp(),
          replaced = case when excluded.session = d.session then d.replaced else d.session end
      where case
        when excluded.session = d.session
          then excluded.version > d.version or (excluded.content is null and excluded.version = d.version)
        else d.kept_at < clock_timestamp() - interval '1 minute'
          or (excluded.session is distinct from d.replaced and (excluded.version > d.version or d.content is null)) end
    returning 1)
  select exists (select from kept)
$$;

create function find_wizard_draft(of_guild bigint, of_user bigint)
returns table (session text, version bigint, content text, kept_at_ms bigint)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
  select d.session, d.version, d.content, (extract(epoch from d.kept_at) * 1000)::bigint from public.wizard_drafts d
  where d.guild = of_guild and d.discord_user = of_user and d.content is not null
    and d.kept_at > clock_timestamp() - interval '7 days'
$$;

-- Erases what is 7 days old, and what was forgotten so long ago that nothing is written late any more; says how many.
create function erase_old_wizard_drafts() returns bigint
language sql security definer set search_path = pg_catalog, public, pg_temp
as $$
  with erased as (
    delete from public.wizard_drafts d where d.kept_at <= clock_timestamp() - interval '7 days'
      or (d.content is null and d.kept_at <= clock_timestamp() - interval '1 hour') returning 1)
  select count(*) from erased
$$;

grant create on schema public to arrakis_lookup;
alter function keep_wizard_draft owner to arrakis_lookup;
alter function find_wizard_draft owner to arrakis_lookup;
alter function erase_old_wizard_drafts owner to arrakis_lookup;
revoke all on function keep_wizard_draft, find_wizard_draft, erase_old_wizard_drafts from public;
grant execute on function keep_wizard_draft, find_wizard_draft, erase_old_wizard_drafts to arrakis_app, arrakis_admin;
revoke create on schema public from arrakis_lookup;

-- The conversation of the newest click about a deployment ends after 15 minutes. Shortly before that, whoever still waits
-- is told where to look on. While a worker has it, its own message says so.
alter table deployments
  add column told_until timestamptz, -- The end of the conversation that was told.
  add column telling_until timestamptz; -- Until then one process speaks; after it another may, for nothing was confirmed.
grant update (told_until, telling_until) on deployments to arrakis_app;
create index deployments_untold on deployments (token_until)
  where interaction_token is not null and told_until is distinct from token_until;

-- Those that end soon and that nobody works at, of all tenants, without the token. within_ms is held to 2 minutes.
create function ending_conversations(within_ms bigint, count_max integer)
returns table (community_id uuid, deployment_id uuid)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
  select d.community_id, d.id from public.deployments d
  where d.interaction_token is not null and d.told_until is distinct from d.token_until
    and d.state in ('pending', 'waiting') and (d.telling_until is null or d.telling_until <= clock_timestamp())
    and d.token_until > clock_timestamp()
    and d.token_until <= clock_timestamp() + least(within_ms, 120000) * interval '1 millisecond'
  order by d.token_until limit least(greatest(count_max, 0), 1000)
$$;
grant select (id, community_id, state, told_until, telling_until) on deployments to arrakis_lookup;
create policy ending_conversations on deployments for select to arrakis_lookup
  using (token_until <= clock_timestamp() + interval '2 minutes');
grant create on schema public to arrakis_lookup;
alter function ending_conversations owner to arrakis_lookup;
revoke all on function ending_conversations from public;
grant execute on function ending_conversations to arrakis_app, arrakis_admin;
revoke create on schema public from arrakis_lookup;

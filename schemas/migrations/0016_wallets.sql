-- People and their wallets. A person is the same in every community, so both tables are no tenant's: they are reached
-- through the functions below alone, each of which takes one person, so that nobody lists people or finds the owner of a
-- wallet. Until wallets are proved by a signature an operator links them, as arrakis_admin.

create table people (
  id uuid primary key default gen_random_uuid(),
  discord_user bigint unique check (discord_user > 0),
  created_at timestamptz not null default clock_timestamp()
);

create table wallets (
  id uuid primary key default gen_random_uuid(),
  person uuid not null references people on delete cascade,
  address bytea not null check (octet_length(address) = 20),
  chain text check (chain ~ '^[a-z0-9-]{1,64}$'), -- Null: a plain key, which counts on every chain.
  name text not null default '' check (char_length(name) <= 100),
  source text not null check (source in ('import')),
  linked_at timestamptz not null default clock_timestamp()
);
create unique index wallets_one_owner on wallets (address, chain) nulls not distinct;
create index wallets_person on wallets (person);

revoke all on people, wallets from public;
grant select, insert, update, delete on people, wallets to arrakis_admin;
grant select, insert on people to arrakis_lookup;
grant select, insert, delete on wallets to arrakis_lookup;

create function wallets_of(of_user bigint)
returns table (address bytea, chain text, name text, source text, linked_at_ms bigint)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
  select w.address, w.chain, w.name, w.source, (extract(epoch from w.linked_at) * 1000)::bigint
  from public.wallets w join public.people p on p.id = w.person
  where p.discord_user = of_user order by w.address, w.chain
$$;

-- Links one wallet to a person. 'existing': it counts for this person already. 'taken': it, or the same address on a chain
-- of the same reach, is another person's. 'full': the person has count_max. A plain key replaces the person's rows of that
-- address on single chains.
create function link_wallet(of_user bigint, of_address bytea, on_chain text, called text, from_source text,
                            count_max integer)
returns text
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  owner uuid;
begin
  -- The conflict of a plain key with a contract of the same address is no unique key: callers take turns.
  perform pg_advisory_xact_lock(hashtext('wallets'));
  insert into public.people (discord_user) values (of_user) on conflict (discord_user) do nothing;
  select p.id into strict owner from public.people p where p.discord_user = of_user;
  if exists (select from public.wallets w where w.address = of_address and w.person <> owner
             and (w.chain is null or on_chain is null or w.chain = on_chain)) then
    return 'taken';
  end if;
  if exists (select from public.wallets w where w.address = of_address and w.person = owner
             and (w.chain is null or w.chain = on_chain)) then
    return 'existing';
  end if;
  delete from public.wallets w where w.address = of_address and w.person = owner and on_chain is null;
  if (select count(*) from public.wallets w where w.person = owner) >= count_max then
    return 'full';
  end if;
  insert into public.wallets (person, address, chain, name, source)
  values (owner, of_address, on_chain, called, from_source);
  return 'added';
end $$;

-- Takes a wallet from a person; false: the person does not have it.
create function unlink_wallet(of_user bigint, of_address bytea, on_chain text) returns boolean
language sql security definer set search_path = pg_catalog, public, pg_temp
as $$
  with gone as (
    delete from public.wallets w using public.people p
    where p.id = w.person and p.discord_user = of_user and w.address = of_address
      and w.chain is not distinct from on_chain returning 1)
  select exists (select from gone)
$$;

grant create on schema public to arrakis_lookup;
alter function wallets_of owner to arrakis_lookup;
alter function link_wallet owner to arrakis_lookup;
alter function unlink_wallet owner to arrakis_lookup;
revoke all on function wallets_of, link_wallet, unlink_wallet from public;
grant execute on function wallets_of to arrakis_app, arrakis_admin;
grant execute on function link_wallet, unlink_wallet to arrakis_admin;
revoke create on schema public from arrakis_lookup;

-- The platform's own audit trail, for what an operator does to no single community: one chain of hashes, as that of a
-- community (0003). Each row has the key `platform`, so that the same statements read both.
create table platform_audit_heads (
  platform boolean primary key check (platform),
  sequence bigint not null default 0 check (sequence >= 0),
  hash text not null check (hash ~ '^[0-9a-f]{64}$')
);
create table platform_audit_entries (
  platform boolean not null check (platform),
  sequence bigint not null check (sequence > 0),
  at text not null,
  event text not null check (event <> ''),
  actor text not null, -- 'operator', or an opaque subject id.
  target text not null,
  payload json not null,
  previous text not null check (previous ~ '^[0-9a-f]{64}$'),
  hash text not null check (hash ~ '^[0-9a-f]{64}$'),
  primary key (platform, sequence)
);
revoke all on platform_audit_heads, platform_audit_entries from public;
grant select, insert on platform_audit_heads, platform_audit_entries to arrakis_admin;
grant update (sequence, hash) on platform_audit_heads to arrakis_admin;
create trigger append_only before update or delete on platform_audit_entries
  for each row execute function refuse_rewriting();
create trigger append_only_whole before truncate on platform_audit_entries
  for each statement execute function refuse_rewriting();
alter table platform_audit_entries enable always trigger append_only;
alter table platform_audit_entries enable always trigger append_only_whole;

-- The anchor of the signer: the public keys that may have signed a manifest. A key that is not here signs nothing, and
-- nothing verifies under it. A global table: a key signs for every community. It only grows.

create table signing_keys (
  version integer primary key check (version between 1 and 999999),
  public_key text not null unique check (public_key ~ '^[0-9a-f]{64}$'), -- Ed25519, RFC 8032, in hex.
  -- first: made on an empty database; adopted: verified what was signed before there was an anchor; rotated;
  -- restored: taken by an operator, because an older backup had lost it.
  origin text not null check (origin in ('first', 'adopted', 'rotated', 'restored')),
  anchored_by text not null check (anchored_by <> ''), -- 'system' or 'operator'.
  anchored_at timestamptz not null default clock_timestamp()
);
revoke all on signing_keys from public;
grant select, insert on signing_keys to arrakis_lookup;
grant select on signing_keys to arrakis_admin;

-- For those whom no grant stops: the owner, and whoever becomes it.
create trigger insert_only before update or delete on signing_keys
  for each row execute function refuse_rewriting();
create trigger insert_only_whole before truncate on signing_keys
  for each statement execute function refuse_rewriting();
alter table signing_keys enable always trigger insert_only;
alter table signing_keys enable always trigger insert_only_whole;

create function anchored_signing_keys() returns table (version integer, public_key text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as 'select k.version, k.public_key from public.signing_keys k order by k.version';

-- Adds one key above all that are there. Callers hold the advisory lock 'signing_keys', so that two nodes take turns.
create function anchor_signing_key(key_version integer, key_hex text, key_origin text, by_whom text) returns void
language plpgsql strict security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  perform pg_advisory_xact_lock(hashtext('signing_keys'));
  if exists (select from public.signing_keys k where k.version >= key_version) then
    raise exception 'key version % or a later one is anchored already', key_version using errcode = 'unique_violation';
  end if;
  insert into public.signing_keys (version, public_key, origin, anchored_by)
  values (key_version, key_hex, key_origin, by_whom);
end $$;

-- Of each community the newest manifest that each key version signed, as its signed statement: a key is anchored only
-- where it verifies them. Hashes and signatures, no content.
create function signed_heads() returns table (
  community uuid, manifest_version bigint, digest text, previous_digest text, signed text, signed_with text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
  select distinct on (m.community_id, split_part(m.signature, ':', 2))
    m.community_id, m.version, m.sha256, m.previous_sha256, m.signed_at, m.signature
  from public.manifests m order by m.community_id, split_part(m.signature, ':', 2), m.version desc
$$;
grant select (community_id, version, sha256, previous_sha256, signed_at, signature) on manifests to arrakis_lookup;
create policy signed_heads on manifests for select to arrakis_lookup using (true);

grant create on schema public to arrakis_lookup;
alter function anchored_signing_keys owner to arrakis_lookup;
alter function anchor_signing_key owner to arrakis_lookup;
alter function signed_heads owner to arrakis_lookup;
revoke all on function anchored_signing_keys, anchor_signing_key, signed_heads from public;
grant execute on function anchored_signing_keys, anchor_signing_key, signed_heads to arrakis_app, arrakis_admin;
revoke create on schema public from arrakis_lookup;

-- Returns the tenants in quarantine, each entry locked until the transaction ends: a release waits for a relay that
-- postpones the rows of the tenant, and makes them due after it. An entry that is being released is left out.
create function lock_quarantined_communities() returns uuid[]
language sql volatile security definer set search_path = pg_catalog, public, pg_temp
as $$
  select coalesce(array_agg(locked.community_id), '{}') from (
    select q.community_id from public.quarantines q
    where q.released_at is null and q.kind = 'community' and q.community_id is not null
    for share skip locked) locked
$$;
grant create on schema public to arrakis_lookup;
alter function lock_quarantined_communities owner to arrakis_lookup;
revoke all on function lock_quarantined_communities from public;
grant execute on function lock_quarantined_communities to arrakis_relay;
revoke create on schema public from arrakis_lookup;

-- The relay's poll reads what is due, however much is open: both lines of rows stand in the order of their time.
-- `outbox_deployment` begins with the community too, and is of the same rows as outbox_open was.
drop index outbox_open;
drop index outbox_unsent;
drop index outbox_sent;
create index outbox_unsent_due on outbox (due_at) where closed_at is null and sent_at is null;
create index outbox_sent_due on outbox (due_at) where closed_at is null and sent_at is not null;
-- What a tenant may send next, and what counts against its share: of the sent rows those before their deadline.
create index outbox_unsent on outbox (community_id, kind, job_kind, due_at, id)
  where closed_at is null and sent_at is null;
create index outbox_sent on outbox (community_id, kind, job_kind, close_by)
  where closed_at is null and sent_at is not null;

-- The success of a job whose kind keeps no row of its own, as its worker recorded it. A failure closes the row alone.
alter table outbox add column done_at timestamptz;
grant update (done_at) on outbox to arrakis_app;

-- One writer per guild, both ways: an older node that takes a guild ends a reconciliation whose lease ran out, so that
-- its holder, should it wake up, is stale. The update comes first and judges the expiry, so that a renewal in between
-- counts whole or fails. And an older node's shadow state lacks what an Apply made that did not end, which it would
-- make a second time: it is refused until a node that says that it reads reconciliations has deployed or applied.
create or replace function refuse_second_writer() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
  update public.reconciliations r set state = 'waiting', run = r.run + 1, lease_holder = null, lease_until = null
  where r.community_id = new.community_id and r.lease_until <= clock_timestamp();
  if exists (select from public.reconciliations r
             where r.community_id = new.community_id and r.lease_holder is not null) then
    raise exception 'a reconciliation of this community is under way' using errcode = 'lock_not_available';
  end if;
  if coalesce(current_setting('app.reads_reconciliations', true), '') = '' and exists (
       select from public.reconciliation_resources made
       join public.reconciliations r on r.community_id = made.community_id and r.id = made.reconciliation_id
       join public.shadow_states s on s.community_id = r.community_id and s.manifest_version = r.version
       where made.community_id = new.community_id and s.status = 'applied' and r.created_at > s.applied_at) then
    raise exception 'a reconciliation that did not end has changed the guild, which this node does not know: '
      'a newer node takes it' using errcode = 'lock_not_available';
  end if;
  return new;
end $$;

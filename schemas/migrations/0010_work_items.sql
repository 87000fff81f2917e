-- Rows of the outbox become work items: whatever a committed decision owes, of any kind, under an idempotency key, with a
-- deadline. Nodes that were started before this migration go on beside newer ones: what they insert gets its key from a
-- trigger, and what they read, send and close has not changed.

alter table outbox
  add column job_kind text not null default '' check (char_length(job_kind) <= 100), -- Of an enqueue_job.
  add column key text check (key <> '' and char_length(key) <= 200),
  add column queue text not null default '' check (char_length(queue) <= 200), -- That was given the job.
  -- Past it a row is reported and no longer counts against its tenant. The first sending sets it to what its kind says.
  add column close_by timestamptz not null default clock_timestamp() + interval '7 days',
  add column reported_at timestamptz,
  drop constraint outbox_kind_check,
  -- The target of the relay that carries it out; which ones there are the programs know.
  add constraint outbox_kind_check check (kind <> '' and char_length(kind) <= 100);

-- The key of a job is its id in the queue. A store_manifest of an older node has none that anybody would ask for.
create function name_work_item() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if new.key is null then
    new.key := coalesce(nullif(new.payload->>'id', ''), gen_random_uuid()::text);
    new.job_kind := case new.kind when 'enqueue_job' then coalesce(new.payload->>'name', '') else '' end;
  end if;
  return new;
end $$;
revoke all on function name_work_item from public;
create trigger name_work_item before insert on outbox for each row execute function name_work_item();

-- Without force the owner of the table, who runs this, sees the rows of all tenants.
alter table outbox no force row level security;
update outbox set
  key = case kind when 'enqueue_job' then coalesce(nullif(payload->>'id', ''), id::text)
                  else coalesce('v' || (payload->>'version'), id::text) end,
  job_kind = case kind when 'enqueue_job' then coalesce(payload->>'name', '') else '' end;
alter table outbox force row level security;
alter table outbox alter column key set not null;

create unique index outbox_key on outbox (community_id, kind, key);
drop index outbox_unsent;
drop index outbox_sent;
create index outbox_unsent on outbox (community_id, kind, job_kind, id) where closed_at is null and sent_at is null;
create index outbox_sent on outbox (community_id, kind, job_kind, id) where closed_at is null and sent_at is not null;
create index outbox_deadline on outbox (close_by) where closed_at is null;

grant update (queue, close_by, reported_at) on outbox to arrakis_relay;

-- What is open past its deadline, for an operator: the longest first, without payloads. count_max is held to 10,000.
create function overdue_work_items(count_max integer)
returns table (id bigint, community_id uuid, kind text, job_kind text, key text, queue text, attempts integer,
               last_error text, created_at timestamptz, close_by timestamptz)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
  select o.id, o.community_id, o.kind, o.job_kind, o.key, o.queue, o.attempts, o.last_error, o.created_at, o.close_by
  from public.outbox o where o.closed_at is null and o.close_by <= clock_timestamp()
  order by o.close_by, o.id limit least(greatest(count_max, 0), 10000)
$$;
grant select (id, community_id, kind, job_kind, key, queue, attempts, last_error, created_at, close_by, closed_at)
  on outbox to arrakis_lookup;
create policy overdue on outbox for select to arrakis_lookup
  using (closed_at is null and close_by <= clock_timestamp());

grant create on schema public to arrakis_lookup;
alter function overdue_work_items owner to arrakis_lookup;
revoke all on function overdue_work_items from public;
grant execute on function overdue_work_items to arrakis_app, arrakis_admin;
revoke create on schema public from arrakis_lookup;

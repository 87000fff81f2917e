-- The fence log: which scopes are frozen, in the order in which the changes committed. One row for each subject, its
-- newest change: the log grows with the subjects that ever changed, and a poll reads what is new.

create table fence_log_head (
  id uuid not null default gen_random_uuid(),
  number bigint not null default 0 check (number >= 0),
  singleton boolean primary key default true check (singleton)
);
insert into fence_log_head default values;

create table fence_log (
  scope text not null check (scope in ('global', 'community', 'user')),
  subject text not null check (char_length(subject) <= 100), -- '', a community's id, a user's snowflake.
  number bigint not null unique check (number > 0),
  status text not null check (status in ('active', 'frozen', 'deactivated')),
  -- Effects that began under a smaller one are refused: of a community its own fence, of the other scopes the number.
  fence bigint not null check (fence >= 0),
  changed_at timestamptz not null default clock_timestamp(),
  primary key (scope, subject),
  constraint fence_log_subject_is_of_its_scope check (case scope
    when 'global' then subject = ''
    when 'community' then subject ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
    else subject ~ '^[1-9][0-9]{0,19}$' end)
);
revoke all on fence_log_head, fence_log from public;
grant select on fence_log_head, fence_log to arrakis_admin;
-- The functions below run as arrakis_lookup; no role that a daemon connects as has a right on the tables.
grant select, update (number) on fence_log_head to arrakis_lookup;
grant select, insert, update (number, status, fence, changed_at) on fence_log to arrakis_lookup;

-- The next number. The row stays locked until the transaction ends, and what ended is visible before its locks are
-- gone: who sees a number sees every smaller one.
create function next_fence_number() returns bigint
language sql security definer set search_path = pg_catalog, public, pg_temp
as 'update public.fence_log_head set number = number + 1 returning number';

-- Writes one change. Nobody may call it: a change of a community comes from the trigger below.
create function append_fence(in_scope text, of_subject text, new_status text, new_fence bigint) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  new_number bigint := public.next_fence_number();
begin
  insert into public.fence_log (scope, subject, number, status, fence)
  values (in_scope, of_subject, new_number, new_status, coalesce(new_fence, new_number))
  on conflict (scope, subject) do update
  set number = excluded.number, status = excluded.status, fence = excluded.fence, changed_at = excluded.changed_at;
  return new_number;
end $$;

-- Whoever changes a community's status or fence, by whatever way, writes the log in the same transaction.
create function append_community_fence() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  perform public.append_fence('community', new.id::text, new.status, new.fence);
  return null;
end $$;
create trigger fence_of_new after insert on communities for each row
  when (new.fence > 0 or new.status <> 'active') execute function append_community_fence();
create trigger fence_of_changed after update of status, fence on communities for each row
  when (new.fence <> old.fence or new.status <> old.status) execute function append_community_fence();

-- Which log this is. Another one after each start of the server and in each copy of the table, so that a restore of
-- whatever kind shows even when its numbers have grown past those that were read before.
create function fence_log_identity() returns text
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
  select concat_ws('/', h.id, h.tableoid, (select d.oid from pg_database d where d.datname = current_database()),
                   extract(epoch from pg_postmaster_start_time()))
  from public.fence_log_head h
$$;

-- The position of the log, for work that begins.
create function fence_log_number() returns bigint
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as 'select h.number from public.fence_log_head h';

-- What changed after the position of a reader, in order, at most count_max rows (10,000 at most). No row at all: nothing
-- did. is_whole: the position is of another log, or lies ahead of this one, so the rows are the log from its beginning.
-- A whole and empty log is one row without a scope.
create function fence_changes(known_log text, known_number bigint, count_max integer)
returns table (log text, head bigint, is_whole boolean, scope text, subject text, status text, fence bigint,
               number bigint)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  this_log text := public.fence_log_identity();
  this_head bigint := public.fence_log_number();
  from_start boolean := known_log is distinct from this_log or known_number > this_head;
begin
  if not from_start and known_number = this_head then
    return;
  end if;
  return query
    select this_log, this_head, from_start, l.scope, l.subject, l.status, l.fence, l.number
    from public.fence_log l where l.number > case when from_start then 0 else known_number end
    order by l.number limit least(greatest(count_max, 1), 10000);
  if not found then
    return query select this_log, this_head, from_start, null::text, null::text, null::text, null::bigint, null::bigint;
  end if;
end $$;

-- What is frozen, or was, stays so. By the function, which sees all tenants; the owner of the tables does not.
insert into fence_log (scope, subject, number, status, fence)
select 'community', f.id::text, row_number() over (order by f.id), f.status, f.fence from community_fences() f;
update fence_log_head set number = (select count(*) from fence_log);
-- community_fences() stays for nodes that were started before this migration: they go on reading it until they stop.

grant create on schema public to arrakis_lookup;
alter function next_fence_number owner to arrakis_lookup;
alter function append_fence owner to arrakis_lookup;
alter function append_community_fence owner to arrakis_lookup;
alter function fence_log_identity owner to arrakis_lookup;
alter function fence_log_number owner to arrakis_lookup;
alter function fence_changes owner to arrakis_lookup;
revoke all on function next_fence_number, append_fence, append_community_fence, fence_log_identity, fence_log_number,
  fence_changes from public;
grant execute on function fence_log_number, fence_changes to arrakis_app, arrakis_admin;
revoke create on schema public from arrakis_lookup;

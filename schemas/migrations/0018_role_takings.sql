-- Takings of roles, counted by role. Above a limit the others wait and their members keep the role, until an operator
-- answers: a chain or a rule that is wrong about everybody takes a role from few.

create table role_takings (
  community_id uuid not null references communities on delete cascade,
  role_id bigint not null check (role_id > 0),
  profile_id uuid not null, -- The member. Erased with the profile.
  verdict_id bigint not null check (verdict_id > 0), -- The verdict that took the role.
  state text not null check (state in ('counted', 'waiting', 'released')), -- released: an operator said "take them".
  at timestamptz not null default clock_timestamp(),
  primary key (community_id, role_id, profile_id),
  foreign key (community_id, profile_id) references profiles (community_id, id) on delete cascade
);
create index role_takings_of_member on role_takings (community_id, profile_id);
create index role_takings_waiting on role_takings (at) where state = 'waiting';
call guard_tenant_table('role_takings');
grant select, insert, update, delete on role_takings to arrakis_app;

-- The waiting takings of all tenants for an operator, by role, the oldest first, without members. count_max is held to
-- 10,000.
create function waiting_role_takings(count_max integer)
returns table (community_id uuid, role_id bigint, members bigint, since timestamptz)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
  select t.community_id, t.role_id, count(*), min(t.at) from public.role_takings t where t.state = 'waiting'
  group by t.community_id, t.role_id order by min(t.at), t.community_id, t.role_id
  limit least(greatest(count_max, 0), 10000)
$$;
grant select (community_id, role_id, state, at) on role_takings to arrakis_lookup;
create policy waiting on role_takings for select to arrakis_lookup using (state = 'waiting');
grant create on schema public to arrakis_lookup;
alter function waiting_role_takings owner to arrakis_lookup;
revoke all on function waiting_role_takings from public;
grant execute on function waiting_role_takings to arrakis_app, arrakis_admin;
revoke create on schema public from arrakis_lookup;

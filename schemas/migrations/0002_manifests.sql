-- What a community wants (manifests), and what was last applied to its guild (shadow states).

create table manifests (
  id uuid primary key default gen_random_uuid(),
  community_id uuid not null references communities on delete cascade,
  version bigint not null check (version > 0),
  content jsonb not null,
  -- The exact bytes (RFC 8785) that the hash and the signature speak of: JSONB keeps neither order nor spelling.
  canonical bytea not null check (octet_length(canonical) <= 1048576),
  sha256 text not null,
  previous_sha256 text not null default '' check (previous_sha256 ~ '^([0-9a-f]{64})?$'),
  signature text not null,
  -- The text inside the signed statement: a timestamptz would not give the same bytes back.
  signed_at text not null,
  synthesized_by text not null default '',
  synthesized_at timestamptz,
  is_active boolean not null default false,
  created_at timestamptz not null default now(),
  unique (community_id, version),
  constraint manifests_hash_is_of_the_bytes check (sha256 = encode(sha256(canonical), 'hex')),
  constraint manifests_first_has_no_previous check ((version = 1) = (previous_sha256 = ''))
);
create unique index manifests_one_active on manifests (community_id) where is_active;
call guard_tenant_table('manifests');
-- A version is never rewritten: only its place in life changes.
grant select, insert on manifests to arrakis_app;
grant update (is_active, synthesized_at) on manifests to arrakis_app;

create table shadow_states (
  id uuid primary key default gen_random_uuid(),
  community_id uuid not null references communities on delete cascade,
  manifest_version bigint not null,
  applied_at timestamptz not null default now(),
  applied_by text not null default '',
  -- json, not jsonb: what was written comes back in the same spelling. An array of {kind, resource, id, fields}.
  resources json not null,
  checksum text not null check (checksum ~ '^[0-9a-f]{64}$'),
  status text not null default 'applied' check (status in ('applied', 'superseded')),
  created_at timestamptz not null default now(),
  foreign key (community_id, manifest_version) references manifests (community_id, version) on delete cascade
);
create unique index shadow_states_one_applied on shadow_states (community_id) where status = 'applied';
create index shadow_states_version on shadow_states (community_id, manifest_version);
call guard_tenant_table('shadow_states');
grant select, insert on shadow_states to arrakis_app;
grant update (status) on shadow_states to arrakis_app;

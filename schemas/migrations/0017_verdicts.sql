-- Verdicts: the judgement of a member by the community's rules, with each value that was read. The profile holds the
-- result of the newest one.

create table verdicts (
  id bigint generated always as identity primary key,
  community_id uuid not null references communities on delete cascade,
  profile_id uuid not null,
  manifest_version bigint not null, -- The active one, by which the member was judged.
  trigger text not null check (trigger <> '' and char_length(trigger) <= 100),
  content json not null check (octet_length(content::text) <= 262144), -- json keeps the spelling.
  judged_at timestamptz not null default clock_timestamp(),
  foreign key (community_id, profile_id) references profiles (community_id, id) on delete cascade,
  foreign key (community_id, manifest_version) references manifests (community_id, version) on delete cascade
);
create index verdicts_of_member on verdicts (community_id, profile_id, id);
create index verdicts_version on verdicts (community_id, manifest_version);
call guard_tenant_table('verdicts');
-- A verdict is never rewritten.
grant select, insert, delete on verdicts to arrakis_app;

alter table profiles
  add column amount numeric(78, 0) check (amount >= 0), -- Of the ranked asset, in the smallest unit. Null: never known.
  -- Identity of the asset that amount counts: ranks compare only within one, also after the manifest ranks by another.
  add column amount_asset text check (char_length(amount_asset) between 1 and 200),
  add column entitled bigint[] not null default '{}',   -- Managed roles that the member is to have.
  add column managed bigint[] not null default '{}',    -- Roles that the newest verdict decided about.
  add column unsettled bigint[] not null default '{}',  -- Managed roles whose last change is not seen done yet.
  add column verdict_id bigint,                         -- The newest verdict.
  add column judged_version bigint,                     -- Its manifest version.
  add column judged_fence bigint,                       -- The community's fence before it.
  add column next_check_at timestamptz,
  add constraint profiles_amount_of_asset check ((amount is null) = (amount_asset is null)),
  add constraint profiles_judged_as_a_whole check ((verdict_id is null) = (next_check_at is null));
create index profiles_amount on profiles (community_id, amount_asset, amount) where amount is not null;
create index profiles_next_check on profiles (next_check_at) where next_check_at is not null;

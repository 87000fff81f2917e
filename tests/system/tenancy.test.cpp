#include "tests/system/tenancy.hpp"
#include "adapters/postgres/pool.hpp"
#include "tests/support/stores.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pqxx/pqxx>

namespace {
using namespace arrakis;

/// Findings of the suite in a fresh database after `sabotage`.
std::string found_after(const std::string& sabotage) {
  test::postgres_server server;
  {
    pqxx::connection owner{server.admin_dsn()};
    pqxx::nontransaction{owner}.exec(sabotage);
  }
  return fmt::format("{}", fmt::join(tenancy::examine(server), "\n"));
}
} // namespace

TEST_CASE("tenancy: row level security isolates tenants in every table, view and function") {
  test::postgres_server server;
  const auto found = tenancy::examine(server);
  CHECK_MESSAGE(found.empty(), fmt::format("{}", fmt::join(found, "\n")));
}

TEST_CASE("tenancy: every table of the migrations is examined") {
  test::postgres_server server;
  pqxx::connection owner{server.admin_dsn()};
  size_t of_tenants = 0, global = 0;
  for (const auto& t : tenancy::read_tables(owner))
    ++(tenancy::reason_to_be_global(t.name) ? global : of_tenants);
  CHECK(of_tenants >= 12);
  CHECK(global == 10);
}

// Negative controls: with one guard taken away, the suite says so.
TEST_CASE("tenancy: negative control: each guard that is taken away is found") {
  struct negative_control {
    const char *sabotage, *finding;
  };
  const std::vector<negative_control> controls{
    {"drop policy tenant on badges; create policy tenant on badges using (true)",
     "badges: rows of another tenant are seen"},
    {"drop policy tenant on badges", "badges: there is no policy of the tenant"},
    {"alter table manifests no force row level security", "manifests: row level security is not enabled and forced"},
    {"alter table profiles disable row level security", "profiles: rows of another tenant are seen"},
    {"create policy open on dead_letters to arrakis_app using (true)",
     "dead_letters: policy open opens the table to arrakis_app"},
    {"alter policy tenant on profiles using (community_id = current_setting('app.current_tenant', true)::uuid)",
     "profiles: after another client's transaction it answers error 22P02"},
    {"alter policy tenant on profiles with check (true)", "profiles: a row is inserted for another tenant"},
    {"create table notes (community_id uuid, note text); grant select on notes to arrakis_app",
     "notes: rows of another tenant are seen"},
    {"create table settings (key text)", "settings: has no tenant and no reason to be global"},
    {"create table colours (community_id uuid not null, hue point not null); call guard_tenant_table('colours')",
     "colours: cannot be filled"},
    {"grant select on schema_migrations to arrakis_app",
     "schema_migrations: arrakis_app has a right on this global table"},
    {"grant update (public_key) on signing_keys to arrakis_lookup",
     "signing_keys: arrakis_lookup has a right on this global table: update"},
    {"grant insert on signing_keys to arrakis_app", "signing_keys: arrakis_app has a right on this global table"},
    {"grant select on people to arrakis_app", "people: arrakis_app has a right on this global table: select"},
    {"grant update on wallets to arrakis_lookup", "wallets: arrakis_lookup has a right on this global table: update"},
    {"grant execute on function link_wallet to arrakis_app", "link_wallet: may be called"},
    {"drop policy tenant on verdicts; create policy tenant on verdicts using (true)",
     "verdicts: rows of another tenant are seen"},
    {"create view members as select * from profiles; grant select on members to arrakis_app",
     "members: this view reads past"},
    {"create function peek() returns setof profiles language sql security definer as 'select * from profiles'",
     "peek() SETOF profiles: crosses tenants"},
    {"alter function community_of_guild reset search_path",
     "community_of_guild(guild bigint) uuid: its search_path is not fixed"},
    {"alter function community_list owner to arrakis_owner", "runs with the rights of arrakis_owner"},
    {"grant execute on procedure guard_tenant_table to public", "PUBLIC may call it"},
    {"alter table badges drop constraint badges_community_id_profile_id_fkey, add constraint loose foreign key "
     "(profile_id)"
     " references profiles (id)",
     "badges: by loose a row refers to a row of another tenant"},
    {"alter table dead_letters drop constraint dead_letters_tenant_not_nil",
     "dead_letters: the nil tenant is not refused"},
    {"create unique index one_wallet on profiles (wallet_address)", "profiles: unique key one_wallet crosses tenants"},
    {"grant truncate on outbox to arrakis_app", "outbox: it can be emptied"},
    {"grant select on profiles to arrakis_relay", "profiles: arrakis_relay has a right"},
    {"grant update on outbox to arrakis_relay", "outbox: arrakis_relay changes more"},
    {"grant select on badges to public", "badges: PUBLIC has a right"},
  };
  for (const auto& t : controls) {
    CAPTURE(t.sabotage);
    const auto found = found_after(t.sabotage);
    CHECK_MESSAGE(found.find(t.finding) != std::string::npos, found);
  }
}

TEST_CASE("tenancy: negative control: a role that bypasses row level security (BYPASSRLS) is found") {
  // Roles are the cluster's: undone before the next case.
  struct negative_control {
    const char *sabotage, *undo, *finding;
  };
  for (const auto& t :
       {negative_control{"alter role arrakis_app bypassrls", "alter role arrakis_app nobypassrls",
                         "arrakis_app: has attributes"},
        negative_control{"grant arrakis_lookup to arrakis_app", "revoke arrakis_lookup from arrakis_app",
                         "arrakis_app becomes arrakis_lookup"},
        negative_control{"alter role arrakis_lookup login", "alter role arrakis_lookup nologin",
                         "arrakis_lookup: may log in"}}) {
    CAPTURE(t.sabotage);
    const auto found = found_after(t.sabotage);
    test::postgres_server server;
    pqxx::connection owner{server.admin_dsn()};
    pqxx::nontransaction{owner}.exec(t.undo);
    CHECK_MESSAGE(found.find(t.finding) != std::string::npos, found);
  }
}

TEST_CASE(
  "tenancy: our pool sees nothing without a tenant, even where another client left a setting on the server's session") {
  test::stores b;
  const auto mine = b.community(1);
  pqxx::connection careless{b.server.bouncer_dsn()};
  pqxx::nontransaction{careless}.exec("set app.current_tenant = '" + mine.value + "'");
  const auto pool = b.live.keep(postgres::start(b.live.sys(), {.dsn = b.server.bouncer_dsn(), .connections = 1}));
  std::string seen;
  const auto look = [&](pqxx::transaction_base& tx) {
    seen = tx.exec1("select count(*) from communities")[0].as<std::string>();
  };
  b.get<postgres::committed>(pool, postgres::transaction{"look", {}, b.soon(), look});
  CHECK(seen == "0");
  // Negative control: a client that sets nothing would see it.
  CHECK(pqxx::nontransaction{careless}.exec1("select count(*) from communities")[0].as<std::string>() == "1");
}

#include "tests/system/tenancy.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <pqxx/pqxx>
#include <set>

namespace arrakis::tenancy {
namespace {
using strings = std::set<std::string>;

// Intended differences.
const std::map<std::string, const char*> global_tables{
  {"schema_migrations", "names and hashes of the applied migrations; no role of ours has a right on it"},
  {"signing_keys", "the anchored public keys: a key signs for every community"},
  {"fence_log", "every process must know what is frozen, of all tenants; ids and status"},
  {"fence_log_head", "the number of the newest change, and which log it is"},
  {"quarantines", "what keeps crashing, also where no community is; an operator lists and releases it"},
  {"wizard_drafts", "made before there is a community; reached by guild and user together, and never listed"},
  {"people", "a person is the same in every community; reached by the person's own id, and never listed"},
  {"wallets", "as above"},
  {"platform_audit_heads", "the end of the platform's own audit trail; only arrakis_admin has a right on it"},
  {"platform_audit_entries", "as above"}};
// "table.role": what the narrow functions may do with a global table, and no more.
const std::map<std::string, strings> global_rights{
  {"signing_keys.arrakis_lookup", {"select", "insert"}},
  {"fence_log.arrakis_lookup", {"select", "insert", "update"}},
  {"fence_log_head.arrakis_lookup", {"select", "update"}},
  {"quarantines.arrakis_lookup", {"select", "insert", "update", "delete"}},
  {"wizard_drafts.arrakis_lookup", {"select", "insert", "update", "delete"}},
  {"people.arrakis_lookup", {"select", "insert"}},
  {"wallets.arrakis_lookup", {"select", "insert", "delete"}}};
const std::map<std::string, const char*> crossing_policies{
  {"communities.lookup", "the narrow functions read id, guild, status and fence"},
  {"outbox.relay", "the relay sends for all tenants"},
  {"outbox.overdue", "an operator sees what is open past its deadline, without what it carries"},
  {"deployments.expired_tokens", "tokens are erased when their time is over, whosever they are"},
  {"deployments.erase_tokens", "as above"},
  {"deployments.ending_conversations", "who waits is told in time, whosever the deployment is; ids and times"},
  {"reconciliations.expired_tokens", "as above"},
  {"reconciliations.erase_tokens", "as above"},
  {"role_takings.waiting", "an operator sees how many wait to lose a role; no member"},
  {"manifests.signed_heads", "a key is anchored only where it verifies the newest manifest of every community"}};
const std::map<std::string, const char*> crossing_functions{
  {"community_of_guild(guild bigint) uuid", "a guild leads to its tenant before a tenant is known"},
  {"community_fences() TABLE(id uuid, guild bigint, status text, fence bigint)",
   "all fences, for nodes of before the fence log"},
  {"next_fence_number() bigint", "a number, of no tenant; nobody may call it"},
  {"append_fence(in_scope text, of_subject text, new_status text, new_fence bigint) bigint",
   "writes the log for the trigger on communities; nobody may call it"},
  {"append_community_fence() trigger", "logs the change of the row that fires it"},
  {"fence_log_identity() text", "of no tenant; nobody may call it"},
  {"fence_log_number() bigint", "a number, of no tenant"},
  {"fence_changes(known_log text, known_number bigint, count_max integer) TABLE(log text, head bigint, is_whole "
   "boolean, "
   "scope text, subject text, status text, fence bigint, number bigint)",
   "the gate of effects must know all fences; ids and status"},
  {"community_list(count_max integer) TABLE(id uuid, guild bigint, status text, fence bigint)", "the operator's list"},
  {"add_quarantine(of_kind text, of_key text, of_guild bigint, why text, last_message text, by_node text) bigint",
   "an actor crashes before its tenant is known"},
  {"open_quarantines(count_max integer) SETOF quarantines", "every process must know what is kept apart"},
  {"find_quarantine(of_id bigint) SETOF quarantines", "the operator's look; types and errors, no content"},
  {"release_quarantine(of_id bigint, by_whom text, why text) boolean", "the operator's order"},
  {"quarantined_communities() uuid[]", "ids; the relay leaves their rows alone"},
  {"lock_quarantined_communities() uuid[]", "ids; the relay postpones their rows"},
  {"waiting_role_takings(count_max integer) TABLE(community_id uuid, role_id bigint, members bigint, since timestamp "
   "with time zone)",
   "the operator's list; numbers, no member"},
  {"overdue_work_items(count_max integer) TABLE(id bigint, community_id uuid, kind text, job_kind text, key text, "
   "queue text, attempts integer, last_error text, created_at timestamp with time zone, close_by timestamp with time "
   "zone)",
   "the operator's list of what is open past its deadline; no payload"},
  {"erase_expired_tokens() bigint", "says only how many"},
  {"keep_wizard_draft(of_guild bigint, of_user bigint, of_session text, of_version bigint, new_content text) boolean",
   "a draft is made before its tenant; of this guild and user alone"},
  {"find_wizard_draft(of_guild bigint, of_user bigint) TABLE(session text, version bigint, content text, kept_at_ms "
   "bigint)",
   "as above"},
  {"erase_old_wizard_drafts() bigint", "says only how many"},
  {"ending_conversations(within_ms bigint, count_max integer) TABLE(community_id uuid, deployment_id uuid)",
   "ids; the token is read as the tenant"},
  {"wallets_of(of_user bigint) TABLE(address bytea, chain text, name text, source text, linked_at_ms bigint)",
   "wallets cross communities; of this person alone"},
  {"link_wallet(of_user bigint, of_address bytea, on_chain text, called text, from_source text, count_max integer) "
   "text",
   "an operator's order; only arrakis_admin may call it"},
  {"unlink_wallet(of_user bigint, of_address bytea, on_chain text) boolean", "as above"},
  {"anchored_signing_keys() TABLE(version integer, public_key text)", "public keys, of no tenant"},
  {"anchor_signing_key(key_version integer, key_hex text, key_origin text, by_whom text) void",
   "adds a public key above all others, of no tenant"},
  {"signed_heads() TABLE(community uuid, manifest_version bigint, digest text, previous_digest text, signed text, "
   "signed_with text)",
   "ids, hashes and signatures that a new key must verify; no content"}};
const std::map<std::string, const char*> crossing_keys{
  {"communities_discord_guild_id_key", "a guild has one community; the violation answers 'already connected'"},
  {"communities_telegram_chat_id_key", "as above"}};

const char* reason_in(const std::map<std::string, const char*>& list, const std::string& key) {
  const auto found = list.find(key);
  return found == list.end() ? nullptr : found->second;
}

/// The one expression that policies may have, as PostgreSQL prints it.
std::string guard_of(const std::string& tenant_column) {
  return fmt::format("({} = (NULLIF(current_setting('app.current_tenant'::text, true), ''::text))::uuid)",
                     tenant_column);
}

void judge_row_security(pqxx::work& tx, const table& t, findings& found) {
  const auto flags = tx.exec_params1(
    "select relrowsecurity, relforcerowsecurity from pg_class where oid = $1::regclass", t.name);
  if (!flags[0].as<bool>() || !flags[1].as<bool>())
    found.push_back(t.name + ": row level security is not enabled and forced");
  bool guarded = false;
  for (const auto& p : tx.exec_params(
         "select polname, polcmd, polpermissive, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)"
         " from pg_policy where polrelid = $1::regclass",
         t.name)) {
    const auto name = p[0].as<std::string>();
    const bool whole = p[1].as<std::string>() == "*" && p[2].as<bool>()
                    && p[3].as<std::string>("") == guard_of(t.tenant_column)
                    && p[4].as<std::string>("") == guard_of(t.tenant_column);
    guarded = guarded || whole;
    if (!whole && !reason_in(crossing_policies, t.name + "." + name))
      found.push_back(fmt::format("{}: policy {} is not the tenant's and has no reason", t.name, name));
    if (!whole
        && tx.exec_params1("select 0 = any(polroles) or 'arrakis_app'::regrole = any(polroles) from pg_policy"
                           " where polrelid = $1::regclass and polname = $2",
                           t.name, name)[0]
             .as<bool>())
      found.push_back(fmt::format("{}: policy {} opens the table to arrakis_app", t.name, name));
  }
  if (!guarded)
    found.push_back(t.name + ": there is no policy of the tenant");
}

void judge_nil(pqxx::work& tx, const table& t, findings& found) {
  const auto wanted = fmt::format("CHECK (({} <> '00000000-0000-0000-0000-000000000000'::uuid))", t.tenant_column);
  if (tx.exec_params("select from pg_constraint where conrelid = $1::regclass and contype = 'c' and "
                     "pg_get_constraintdef(oid) = $2",
                     t.name, wanted)
        .empty())
    found.push_back(t.name + ": the nil tenant is not refused");
}

/// The columns of each constraint or index of `kind`, by name.
std::map<std::string, strings> keys_of(pqxx::work& tx, const table& t) {
  std::map<std::string, strings> result;
  for (const auto& r : tx.exec_params(
         "select i.indexrelid::regclass::text, a.attname, a.atttypid = 'uuid'::regtype or a.attidentity <> ''"
         " from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)"
         " where i.indisunique and i.indrelid = $1::regclass",
         t.name))
    result[r[0].as<std::string>()].insert(r[1].as<std::string>() + (r[2].as<bool>() ? " drawn" : ""));
  return result;
}

void judge_keys(pqxx::work& tx, const table& t, findings& found) {
  for (const auto& [name, columns] : keys_of(tx, t)) {
    // A key without the tenant tells one tenant what another has, unless its values are drawn and nobody chooses them.
    const bool own = columns.contains(t.tenant_column) || columns.contains(t.tenant_column + " drawn");
    const bool drawn = columns == strings{"id drawn"};
    if (!own && !drawn && !reason_in(crossing_keys, name))
      found.push_back(fmt::format("{}: unique key {} crosses tenants", t.name, name));
  }
}

void judge_references(const table& t, const std::vector<table>& tables, findings& found) {
  for (const auto& r : t.references) {
    const auto& target = *std::ranges::find(tables, r.target, &table::name);
    bool together = false;
    for (size_t i = 0; i < r.columns.size(); ++i)
      together = together || (r.columns[i] == t.tenant_column && r.target_columns[i] == target.tenant_column);
    // Foreign keys are checked past row level security.
    if (!together)
      found.push_back(fmt::format("{}: foreign key {} leaves out the tenant", t.name, r.name));
  }
}

void judge_rights(pqxx::work& tx, const table& t, findings& found) {
  for (const char* role : {"arrakis_app", "arrakis_relay", "arrakis_lookup"})
    for (const char* right : {"truncate", "references", "trigger"})
      if (tx.exec_params1("select has_table_privilege($1, $2, $3)", role, t.name, right)[0].as<bool>())
        found.push_back(fmt::format("{}: {} may {}", t.name, role, right));
  if (!tx.exec_params("select from pg_class c, aclexplode(c.relacl) a where c.oid = $1::regclass and a.grantee = 0",
                      t.name)
         .empty())
    found.push_back(t.name + ": PUBLIC has a right");
  const bool relays = tx.exec_params1("select has_any_column_privilege('arrakis_relay', $1, 'select, insert, update')",
                                      t.name)[0]
                        .as<bool>();
  if (relays && t.name != "outbox")
    found.push_back(t.name + ": arrakis_relay has a right");
}

void judge_global(pqxx::work& tx, const table& t, findings& found) {
  for (const char* role : {"arrakis_app", "arrakis_relay", "arrakis_lookup"})
    for (const char* right : {"select", "insert", "update", "delete", "truncate", "references", "trigger"}) {
      const auto allowed = global_rights.find(t.name + "." + role);
      if (allowed != global_rights.end() && allowed->second.contains(right))
        continue;
      const bool by_column = std::string_view{"select insert update references"}.find(right) != std::string_view::npos;
      const auto test = by_column ? "select has_any_column_privilege($1, $2, $3)"
                                  : "select has_table_privilege($1, $2, $3)";
      if (tx.exec_params1(test, role, t.name, right)[0].as<bool>())
        found.push_back(fmt::format("{}: {} has a right on this global table: {}", t.name, role, right));
    }
}

void judge_views(pqxx::work& tx, findings& found) {
  for (const auto& v :
       tx.exec("select oid::regclass::text, relkind, coalesce(array_to_string(reloptions, ','), '') from pg_class"
               " where relkind in ('v', 'm') and relnamespace = 'public'::regnamespace"))
    // A view reads as its owner; a materialized one holds rows that no policy guards.
    if (v[1].as<std::string>() == "m" || v[2].as<std::string>().find("security_invoker=true") == std::string::npos)
      found.push_back(fmt::format("{}: this view reads past row level security", v[0].as<std::string>()));
}

void judge_functions(pqxx::work& tx, findings& found) {
  for (const auto& f : tx.exec("select proname || '(' || pg_get_function_identity_arguments(oid) || ') ' || "
                               "coalesce(pg_get_function_result(oid), ''),"
                               " prosecdef, pg_get_userbyid(proowner), coalesce(array_to_string(proconfig, ';'), ''),"
                               " has_function_privilege('arrakis_app', oid, 'execute'), proacl is null or exists"
                               " (select from aclexplode(proacl) a where a.grantee = 0)"
                               " from pg_proc where pronamespace = 'public'::regnamespace")) {
    const auto name = f[0].as<std::string>();
    const bool listed = reason_in(crossing_functions, name) != nullptr;
    if (f[5].as<bool>())
      found.push_back(name + ": PUBLIC may call it");
    if ((f[1].as<bool>() || f[4].as<bool>()) && !listed)
      found.push_back(name + ": crosses tenants, or may be called by arrakis_app, and has no reason");
    if (f[1].as<bool>() && f[2].as<std::string>() != "arrakis_lookup")
      found.push_back(name + ": runs with the rights of " + f[2].as<std::string>());
    if (f[1].as<bool>() && f[3].as<std::string>().find("search_path=pg_catalog, public, pg_temp") == std::string::npos)
      found.push_back(name + ": its search_path is not fixed");
  }
}

void judge_roles(pqxx::work& tx, findings& found) {
  for (const auto& r : tx.exec(
         "select rolname, rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication, rolcanlogin,"
         " exists (select from pg_auth_members m where m.member = r.oid),"
         " exists (select from pg_class c where c.relowner = r.oid) from pg_roles r"
         " where rolname in ('arrakis_app', 'arrakis_relay', 'arrakis_lookup')")) {
    const auto name = r[0].as<std::string>();
    if (r[1].as<bool>())
      found.push_back(name + ": has attributes that pass by row level security");
    if (name == "arrakis_lookup" && r[2].as<bool>())
      found.push_back(name + ": may log in");
    if (r[3].as<bool>())
      found.push_back(name + ": is a member of another role");
    if (r[4].as<bool>())
      found.push_back(name + ": owns a table");
  }
  if (tx.exec1("select has_schema_privilege('arrakis_app', 'public', 'create') or"
               " has_database_privilege('arrakis_app', current_database(), 'create, temporary')")[0]
        .as<bool>())
    found.push_back("arrakis_app: may create objects");
}

std::vector<column> columns_of(pqxx::work& tx, const std::string& name) {
  std::vector<column> result;
  for (const auto& c :
       tx.exec_params("select attname, format_type(atttypid, null), attnotnull and not atthasdef and attidentity = ''"
                      " from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped"
                      " and attgenerated = '' order by attnum",
                      name))
    result.push_back({c[0].as<std::string>(), c[1].as<std::string>(), c[2].as<bool>()});
  return result;
}

std::vector<reference> references_of(pqxx::work& tx, const std::string& name) {
  std::map<std::string, reference> result;
  for (const auto& r :
       tx.exec_params("select c.conname, a.attname, c.confrelid::regclass::text, b.attname from pg_constraint c"
                      " cross join unnest(c.conkey, c.confkey) as k(here, there)"
                      " join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.here"
                      " join pg_attribute b on b.attrelid = c.confrelid and b.attnum = k.there"
                      " where c.contype = 'f' and c.conrelid = $1::regclass",
                      name)) {
    auto& one = result[r[0].as<std::string>()];
    one.name = r[0].as<std::string>();
    one.columns.push_back(r[1].as<std::string>());
    one.target = r[2].as<std::string>();
    one.target_columns.push_back(r[3].as<std::string>());
  }
  std::vector<reference> list;
  for (auto& [_, one] : result)
    if (one.target != "communities")
      list.push_back(std::move(one));
  return list;
}
} // namespace

const char* reason_to_be_global(const std::string& table) { return reason_in(global_tables, table); }

std::vector<table> read_tables(pqxx::connection_base& owner) {
  pqxx::work tx{owner};
  std::vector<table> tables;
  for (const auto& row : tx.exec(
         "select oid::regclass::text from pg_class where relkind in ('r', 'p') and relnamespace::regnamespace::text"
         " not in ('pg_catalog', 'information_schema', 'pg_toast') order by 1")) {
    table t{.name = row[0].as<std::string>(),
            .columns = columns_of(tx, row[0].as<std::string>()),
            .references = references_of(tx, row[0].as<std::string>())};
    const auto* wanted = t.name == "communities" ? "id" : "community_id";
    if (std::ranges::any_of(t.columns, [&](const column& c) { return c.name == wanted && c.type == "uuid"; }))
      t.tenant_column = wanted;
    tables.push_back(std::move(t));
  }
  const auto depth = [&](const table& t, auto& self) -> int {
    int deepest = t.name == "communities" ? 0 : 1;
    for (const auto& r : t.references)
      if (r.target != t.name)
        deepest = std::max(deepest, 1 + self(*std::ranges::find(tables, r.target, &table::name), self));
    return deepest;
  };
  std::map<std::string, int> depths;
  for (const auto& t : tables)
    depths[t.name] = depth(t, depth);
  std::ranges::stable_sort(tables, {}, [&](const table& t) { return depths[t.name]; });
  return tables;
}

findings judge_catalogue(pqxx::connection_base& owner) {
  findings found;
  const auto tables = read_tables(owner);
  pqxx::work tx{owner};
  for (const auto& t : tables) {
    if (reason_to_be_global(t.name)) {
      judge_global(tx, t, found);
      continue;
    }
    if (t.tenant_column.empty()) {
      found.push_back(t.name + ": has no tenant and no reason to be global");
      continue;
    }
    judge_row_security(tx, t, found);
    judge_nil(tx, t, found);
    judge_keys(tx, t, found);
    judge_references(t, tables, found);
    judge_rights(tx, t, found);
  }
  judge_views(tx, found);
  judge_functions(tx, found);
  judge_roles(tx, found);
  return found;
}
} // namespace arrakis::tenancy

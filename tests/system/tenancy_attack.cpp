#include "tests/system/tenancy.hpp"

#include <fmt/format.h>
#include <pqxx/pqxx>

namespace arrakis::tenancy {
namespace {

struct outcome {
  bool done = false;
  std::string state; ///< SQLSTATE of the refusal; "42501" also where libpqxx drops it.
  size_t rows = 0;   ///< Affected.
  std::string value; ///< First field of the first row.
};

/// One transaction of arrakis_app, rolled back. Empty tenant: none is set at all, as by a client that forgot.
outcome attempt(pqxx::connection_base& c, const std::string& tenant, const std::string& sql) {
  pqxx::work tx{c};
  try {
    if (!tenant.empty())
      tx.exec_params("select set_config('app.current_tenant', $1, true)", tenant);
    const auto result = tx.exec(sql);
    return {
      true, {}, result.affected_rows(), result.empty() || result[0][0].is_null() ? "" : result[0][0].as<std::string>()};
  } catch (const pqxx::insufficient_privilege&) {
    return {false, "42501"};
  } catch (const pqxx::sql_error& e) {
    return {false, e.sqlstate()};
  }
}

struct attacker {
  pqxx::connection_base& app;   ///< Through PgBouncer.
  pqxx::connection_base& other; ///< Another client of the same PgBouncer.
  pqxx::connection_base& owner;
  const std::string& mine;
  const std::string& foreign;
  findings found;

  void report(const table& t, const std::string& what) { found.push_back(t.name + ": " + what); }

  /// SELECT: without a tenant nothing and no error; with one its own rows only.
  void read(const table& t) {
    const auto count = "select count(*) from " + t.name;
    const auto theirs = fmt::format("select count(*) from {} where {} <> '{}'", t.name, t.tenant_column, mine);
    for (const auto& o : {attempt(app, "", count), attempt(app, "", count + " where true")}) {
      if (o.done ? o.value != "0" : o.state != "42501")
        report(t, "without a tenant it answers " + (o.done ? o.value + " rows" : "error " + o.state));
    }
    if (const auto o = attempt(app, mine, theirs); o.done && o.value != "0")
      report(t, "rows of another tenant are seen");
    if (const auto o = attempt(app, mine, count); o.done && o.value != "1")
      report(t, "of the own rows are seen: " + o.value);
    if (const auto o = attempt(app, mine, "set local row_security = off; " + theirs); o.done && o.value != "0")
      report(t, "row_security = off shows rows of another tenant");
    after_another(t, count);
  }

  /// On the server connection that has just worked for another tenant.
  void after_another(const table& t, const std::string& count) {
    pqxx::work tx{other};
    tx.exec_params("select set_config('app.current_tenant', $1, true)", foreign);
    const auto backend = tx.exec1("select pg_backend_pid()")[0].as<std::string>();
    tx.commit();
    const auto o = attempt(app, "",
                           fmt::format("select case when pg_backend_pid() = {} then ({}) end", backend, count));
    if (o.done && o.value.empty())
      report(t, "the suite did not get the other client's server connection");
    else if (o.done ? o.value != "0" : o.state != "42501")
      report(t, "after another client's transaction it answers " + (o.done ? o.value + " rows" : "error " + o.state));
  }

  /// INSERT for another tenant, UPDATE into it, UPDATE and DELETE of all.
  void write(const table& t) {
    if (const auto o = attempt(app, mine, sample_row(owner, t, foreign)); o.state != "42501")
      report(t, "a row is inserted for another tenant: " + (o.done ? "done" : o.state));
    if (const auto o = attempt(app, "", sample_row(owner, t, mine)); o.state != "42501")
      report(t, "a row is inserted without a tenant: " + (o.done ? "done" : o.state));
    const auto move = fmt::format("update {0} set {1} = '{2}'", t.name, t.tenant_column, foreign);
    if (const auto o = attempt(app, mine, move); o.done && o.rows > 0)
      report(t, "a row is moved to another tenant");
    else if (!o.done && o.state != "42501")
      report(t, "a row is kept from moving by " + o.state + " only");
    for (const auto& tenant : {mine, std::string{}})
      for (const auto& sql :
           {fmt::format("update {0} set {1} = {1}", t.name, t.tenant_column), "delete from " + t.name})
        if (const auto o = attempt(app, tenant, sql); o.done && o.rows > (tenant.empty() ? 0 : 1))
          report(t, fmt::format("'{}' reached {} rows", sql, o.rows));
    if (attempt(app, mine, "truncate " + t.name + " cascade").done)
      report(t, "it can be emptied");
  }

  /// A row of mine that refers to one of theirs.
  void refer(const table& t) {
    const auto own = sample_row(owner, t, mine);
    for (const auto& r : t.references) {
      const auto crossed = sample_row(owner, t, mine, &r, foreign);
      if (own == crossed) // Numbers that both have, as a version, are nobody's.
        continue;
      if (const auto o = attempt(app, mine, crossed); o.done)
        report(t, "by " + r.name + " a row refers to a row of another tenant");
      else if (o.state != "23503" && o.state != "42501") // No such row, for this tenant; or no right to insert.
        report(t, "by " + r.name + " a row that refers to another tenant is refused by " + o.state + " only");
    }
  }
};

void attack_roles(pqxx::connection_base& app, const std::string& mine, findings& found) {
  for (const char* role : {"arrakis_admin", "arrakis_lookup", "arrakis_relay", "arrakis_owner"})
    for (const char* how : {"set local role ", "set local session authorization "})
      if (attempt(app, mine, std::string{how} + role).done)
        found.push_back(std::string{"arrakis_app becomes "} + role);
}

void attack_functions(pqxx::connection_base& app, pqxx::connection_base& owner, const std::string& mine,
                      const std::string& foreign, findings& found) {
  std::string name;
  {
    pqxx::work tx{owner};
    name = tx.exec_params1("select name from communities where id = $1", foreign)[0].as<std::string>();
  }
  for (const char* call : {"community_list(1000)", "community_fences()", "fence_changes('', 0, 10000)"})
    if (const auto o = attempt(app, mine,
                               fmt::format("select count(*) from {} f where f::text like '%{}%'", call, name));
        o.value != "0")
      found.push_back(std::string{call} + ": tells the name of another tenant, or fails");
  for (const char* call :
       {"guard_tenant_table('profiles'::regclass, 'id'::name)", "refuse_rewriting()", "next_fence_number()",
        "append_fence('global', '', 'frozen', null)", "append_community_fence()", "fence_log_identity()"})
    if (attempt(app, mine, std::string{"call "} + call).done || attempt(app, mine, std::string{"select "} + call).done)
      found.push_back(std::string{call} + ": may be called");
  for (const char* call : {"link_wallet(1, '\\x0000000000000000000000000000000000000000', null, '', 'import', 20)",
                           "unlink_wallet(1, '\\x0000000000000000000000000000000000000000', null)"})
    if (attempt(app, mine, std::string{"select "} + call).state != "42501")
      found.push_back(std::string{call}.substr(0, std::string_view{call}.find('(')) + ": may be called");
}

void attack_as_relay(const test::postgres_server& server, const std::vector<table>& tables, findings& found) {
  pqxx::connection relay{server.relay_dsn()};
  for (const auto& t : tables) {
    const auto o = attempt(relay, "", "select count(*) from " + t.name);
    if (t.name == "outbox" ? o.value != "2" : o.state != "42501")
      found.push_back(t.name + ": arrakis_relay gets " + (o.done ? o.value + " rows" : o.state));
  }
  if (attempt(relay, "", "update outbox set payload = '{}'").done || attempt(relay, "", "delete from outbox").done)
    found.push_back("outbox: arrakis_relay changes more than the state of a row");
}
} // namespace

findings attack(const test::postgres_server& server, pqxx::connection_base& owner, const std::vector<table>& tables,
                const std::string& mine, const std::string& foreign) {
  pqxx::connection app{server.bouncer_dsn()}, other{server.bouncer_dsn()};
  attacker a{app, other, owner, mine, foreign, {}};
  for (const auto& t : tables) {
    if (t.tenant_column.empty() || reason_to_be_global(t.name))
      continue;
    a.read(t);
    a.write(t);
    a.refer(t);
  }
  attack_roles(app, mine, a.found);
  attack_functions(app, owner, mine, foreign, a.found);
  return std::move(a.found);
}

findings examine(const test::postgres_server& server) {
  const std::string mine = "aaaaaaaa-0000-4000-8000-000000000001", foreign = "bbbbbbbb-0000-4000-8000-000000000002";
  pqxx::connection owner{server.admin_dsn()};
  const auto tables = read_tables(owner);
  auto found = judge_catalogue(owner);
  const auto add = [&found](findings more) { found.insert(found.end(), more.begin(), more.end()); };
  add(fill(owner, tables, {mine, foreign}));
  add(attack(server, owner, tables, mine, foreign));
  attack_as_relay(server, tables, found);
  {
    pqxx::work tx{owner};
    tx.exec("grant select, insert, update, delete on all tables in schema public to arrakis_app");
    tx.commit();
  }
  for (auto& f : attack(server, owner, tables, mine, foreign))
    found.push_back("with every right granted: " + f);
  return found;
}
} // namespace arrakis::tenancy

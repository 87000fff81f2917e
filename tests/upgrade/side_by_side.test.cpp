// Nodes of an earlier commit beside today's, on one PostgreSQL that today's build has migrated.
#include "tests/support/scratch.hpp"
#include "tests/support/servers.hpp"

#include <algorithm>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <pqxx/pqxx>

namespace {
using namespace arrakis;
using strings = std::vector<std::string>;

/// One a line, without comments.
strings statements_of(const std::string& commit) {
  const char* source = std::getenv("ARRAKIS_SOURCE_DIR");
  std::stringstream file{
    test::content(std::string{source && *source ? source : "."} + "/tests/upgrade/statements/" + commit + ".sql")};
  strings all;
  for (std::string line; std::getline(file, line);)
    if (!line.empty() && !line.starts_with("--"))
      all.push_back(line);
  return all;
}

/// "(null, null)" where $2 is the highest parameter. No statement has more than nine.
std::string nulls_for(const std::string& statement) {
  char highest = '0';
  for (size_t at = statement.find('$'); at != std::string::npos; at = statement.find('$', at + 1))
    highest = std::max(highest, statement[at + 1]);
  std::string list;
  for (char n = '1'; n <= highest; ++n)
    list += n == '1' ? "null" : ", null";
  return list.empty() ? "" : "(" + list + ")";
}

/// Why PostgreSQL would not carry it out: a table, column or function is gone, or the role lost its right. Plans it and
/// runs nothing.
std::string refusal(pqxx::work& tx, const std::string& statement, size_t number) {
  const auto name = "statement_" + std::to_string(number); // It stays when the subtransaction does not.
  pqxx::subtransaction one{tx};
  try {
    one.exec("prepare " + name + " as " + statement);
    one.exec("explain execute " + name + nulls_for(statement));
    return {};
  } catch (const pqxx::sql_error& e) {
    return fmt::format("{}\n  {}", e.what(), statement);
  }
}

/// As the role that a node uses: of the relay's statements some are not the application's.
strings refusals(pqxx::connection& app, pqxx::connection& relay) {
  pqxx::work as_app{app}, as_relay{relay};
  strings all;
  for (size_t number = 0; const auto& one : statements_of("a8a6a10"))
    if (auto why = refusal(as_app, one, ++number); !why.empty() && !refusal(as_relay, one, number).empty())
      all.push_back(std::move(why));
  return all;
}
} // namespace

TEST_CASE("upgrade: what nodes of a8a6a10 ask a database that this build has migrated is still answered") {
  test::postgres_server server;
  pqxx::connection app{server.dsn()}, relay{server.relay_dsn()};
  CHECK(statements_of("a8a6a10").size() > 50);
  CHECK(refusals(app, relay) == strings{});
}

TEST_CASE("upgrade: negative control: a column that is gone, and a right that is lost, are noticed") {
  test::postgres_server server;
  {
    pqxx::connection owner{server.admin_dsn()};
    pqxx::nontransaction tx{owner};
    tx.exec("alter table deployment_intents rename column made_at to began_at");
    tx.exec("revoke execute on function community_fences() from arrakis_app");
  }
  pqxx::connection app{server.dsn()}, relay{server.relay_dsn()};
  const auto found = refusals(app, relay);
  const auto names = [&](std::string_view word) {
    return std::ranges::any_of(found, [&](const auto& why) { return why.find(word) != std::string::npos; });
  };
  CHECK(found.size() == 3);
  CHECK(names("\"made_at\" does not exist"));
  CHECK(names("permission denied for function community_fences"));
}

#include "tests/support/stores.hpp"

#include <fmt/format.h>
#include <pqxx/pqxx>

namespace arrakis::test {
std::string sql_refusal(const std::function<void()>& body) {
  try {
    body();
    return {};
  } catch (const pqxx::sql_error& e) {
    std::string_view text{e.what()};
    text = text.substr(0, text.find('\n'));
    return e.sqlstate() + ": " + std::string{text};
  }
}

std::string stores::owner(const std::string& sql) const {
  pqxx::connection db{server.admin_dsn()};
  const auto rows = pqxx::nontransaction{db}.exec(sql);
  return rows.empty() || rows[0][0].is_null() ? "" : rows[0][0].as<std::string>();
}

community_id stores::community(uint64_t guild, const std::string& status) const {
  return {owner(fmt::format(
    "insert into communities (name, discord_guild_id, status) values ('Sietch {0}', {0}, '{1}') returning id", guild,
    status))};
}
} // namespace arrakis::test

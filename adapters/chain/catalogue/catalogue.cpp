#include "adapters/chain/catalogue/catalogue.hpp"

#include "adapters/chain/catalogue/config_files.hpp"
#include "runtime/assert.hpp"
#include "runtime/toml.hpp"

#include <algorithm>

namespace arrakis::chain {
namespace {
std::vector<url> endpoints_of(const toml::table& table) {
  std::vector<url> list;
  if (const auto* named = table["public_endpoints"].as_array())
    for (const auto& each : *named) {
      auto address = url::parse(each.value_or(std::string{}), "https");
      ARRAKIS_ASSERT(address, "public_endpoints in config/chains are addresses of https");
      list.push_back(std::move(*address));
    }
  return list;
}

description read(const config_file& file) {
  const auto parsed = toml::parse(file.text, std::string{file.stem} + ".toml");
  ARRAKIS_ASSERT(parsed, "every file in config/chains is TOML");
  const auto& table = parsed.table();
  const auto text = [&](std::string_view key) { return table[key].value_or(std::string{}); };
  ARRAKIS_ASSERT(text("id") == file.stem, "a file in config/chains is named after its id");
  const auto number = [&](std::string_view key) { return table[key].value_or(int64_t{0}); };
  const auto grant = parse_grant_policy(text("grant"));
  const auto revoke = parse_revoke_policy(text("revoke"));
  ARRAKIS_ASSERT(grant, "grant in config/chains is \"latest-k\" or \"safe\"");
  ARRAKIS_ASSERT(revoke, "revoke in config/chains is \"finalized\" or \"depth n\"");
  return {text("id"),
          text("name"),
          number("chain_id"),
          text("symbol"),
          static_cast<int>(table["decimals"].value_or(int64_t{18})),
          endpoints_of(table),
          *grant,
          *revoke,
          std::chrono::milliseconds{number("block_time_ms")},
          std::chrono::seconds{number("tip_age_max_s")},
          text("multicall"),
          text("multicall_code_hash")};
}

std::vector<description> read_all() {
  std::vector<description> list;
  for (const auto& file : config_files())
    list.push_back(read(file));
  std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return list;
}
} // namespace

const std::vector<description>& catalogue() {
  static const auto list = read_all();
  return list;
}

const description* find(std::string_view id) {
  const auto& list = catalogue();
  const auto found = std::find_if(list.begin(), list.end(), [&](const auto& x) { return x.id == id; });
  return found == list.end() ? nullptr : &*found;
}

std::string display_name(std::string_view id) {
  const auto* known = find(id);
  return known ? known->name : std::string{id};
}

} // namespace arrakis::chain

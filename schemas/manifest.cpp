#include "schemas/manifest.hpp"

#include "runtime/json.hpp"
#include "schemas/canonical_json.hpp"
#include "schemas/manifest_check.hpp"
#include "schemas/permissions.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <fmt/format.h>
#include <stdexcept>

namespace arrakis {
namespace {

namespace bj = boost::json;

bj::string_view view(std::string_view text) { return {text.data(), text.size()}; }
bj::array texts(const std::vector<std::string>& list) {
  bj::array out;
  for (const auto& text : list)
    out.emplace_back(text);
  return out;
}

bj::object write(const manifest_asset& x) {
  bj::object out{{"id", x.id}, {"type", x.type}, {"chain", x.chain}, {"symbol", x.symbol}, {"decimals", x.decimals}};
  if (x.address)
    out["address"] = *x.address;
  if (x.min_balance)
    out["minBalance"] = *x.min_balance;
  if (x.token_id)
    out["tokenId"] = *x.token_id;
  return out;
}

bj::object write(const manifest_tier& x) {
  bj::object out{{"id", x.id}, {"name", x.name}, {"minRank", x.min_rank}};
  if (x.max_rank)
    out["maxRank"] = *x.max_rank;
  if (x.threshold)
    out["threshold"] = *x.threshold;
  return out;
}

bj::object write(const manifest_role& x) {
  auto names = x.permissions; // Sorted and unique, so that equal roles have equal bytes.
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  bj::object out{{"id", x.id},
                 {"name", x.name},
                 {"color", fmt::format("#{:06X}", x.color)},
                 {"hoist", x.hoist},
                 {"mentionable", x.mentionable},
                 {"permissions", texts(names)}};
  if (!x.tier_id.empty())
    out["tierId"] = x.tier_id;
  if (x.existing)
    out["existingRoleId"] = x.existing->text();
  return out;
}

bj::object write(const manifest_category& x) {
  bj::object out{{"id", x.id}, {"name", x.name}, {"accessTiers", texts(x.access_tiers)}};
  if (x.existing)
    out["existingCategoryId"] = x.existing->text();
  return out;
}

bj::object write(const manifest_channel& x) {
  bj::object out{{"id", x.id},
                 {"name", x.name},
                 {"type", x.type},
                 {"accessTiers", texts(x.access_tiers)},
                 {"readOnly", x.read_only}};
  if (x.category_id)
    out["categoryId"] = *x.category_id;
  if (x.topic)
    out["topic"] = *x.topic;
  if (x.existing)
    out["existingChannelId"] = x.existing->text();
  return out;
}

template <class T>
bj::array write_all(const std::vector<T>& list) {
  bj::array out;
  for (const auto& x : list)
    out.emplace_back(write(x));
  return out;
}

// The readers below run on what the JSON Schema has accepted: members are there and of their kind.
std::string text(const bj::object& in, std::string_view key) {
  const auto& string = in.at(view(key)).as_string();
  return {string.data(), string.size()};
}
std::optional<std::string> maybe_text(const bj::object& in, std::string_view key) {
  return in.contains(view(key)) ? std::optional{text(in, key)} : std::nullopt;
}
int64_t integer(const bj::object& in, std::string_view key) { return in.at(view(key)).to_number<int64_t>(); }
std::vector<std::string> text_list(const bj::object& in, std::string_view key) {
  std::vector<std::string> out;
  for (const auto& item : in.at(view(key)).as_array())
    out.emplace_back(item.as_string().data(), item.as_string().size());
  return out;
}

void read(const bj::object& in, manifest_asset& x) {
  x = {text(in, "id"),
       text(in, "type"),
       text(in, "chain"),
       maybe_text(in, "address"),
       text(in, "symbol"),
       static_cast<int>(integer(in, "decimals")),
       maybe_text(in, "minBalance"),
       maybe_text(in, "tokenId")};
}
void read(const bj::object& in, manifest_tier& x) {
  x = {text(in, "id"), text(in, "name"), integer(in, "minRank"), std::nullopt, maybe_text(in, "threshold")};
  if (in.contains("maxRank"))
    x.max_rank = integer(in, "maxRank");
}
/// 0, which is no id, is refused by check_references.
std::optional<snowflake> maybe_id(const bj::object& in, std::string_view key) {
  const auto given = maybe_text(in, key);
  return given ? std::optional{parse_snowflake(*given).value_or(snowflake{})} : std::nullopt;
}

void read(const bj::object& in, manifest_role& x) {
  x = {text(in, "id"),
       text(in, "name"),
       0,
       in.at("hoist").as_bool(),
       in.at("mentionable").as_bool(),
       text_list(in, "permissions"),
       maybe_text(in, "tierId").value_or(""),
       maybe_id(in, "existingRoleId")};
  const auto color = text(in, "color");
  std::from_chars(color.data() + 1, color.data() + color.size(), x.color, 16);
}
void read(const bj::object& in, manifest_category& x) {
  x = {text(in, "id"), text(in, "name"), text_list(in, "accessTiers"), maybe_id(in, "existingCategoryId")};
}
void read(const bj::object& in, manifest_channel& x) {
  x = {text(in, "id"),
       text(in, "name"),
       text(in, "type"),
       maybe_text(in, "categoryId"),
       maybe_text(in, "topic"),
       text_list(in, "accessTiers"),
       in.at("readOnly").as_bool(),
       maybe_id(in, "existingChannelId")};
}

/// Version 1 has none.
caf::error read_rules_of(const bj::object& in, std::vector<rule>& out) {
  const auto* list = json::array_in(in, "rules");
  if (list == nullptr || list->empty())
    return {};
  auto rules = read_rules(bj::object{{"rules", *list}});
  if (!rules)
    return std::move(rules.error());
  out = std::move(*rules);
  return {};
}

template <class T>
void read_all(const bj::object& in, std::string_view key, std::vector<T>& out) {
  for (const auto& item : in.at(view(key)).as_array())
    read(item.as_object(), out.emplace_back());
}

} // namespace

bj::value to_json(const manifest& m) {
  return bj::object{
    {"schemaVersion", view(manifest::schema_version)},
    {"community", {{"name", m.community_name}}},
    {"theme", {{"themeId", m.theme_id}}},
    {"assets", write_all(m.assets)},
    {"rankedAsset", m.ranked_asset},
    {"tiers", write_all(m.tiers)},
    {"roles", write_all(m.roles)},
    {"categories", write_all(m.categories)},
    {"channels", write_all(m.channels)},
    {"rules", to_json(m.rules).at("rules")},
  };
}

caf::expected<manifest> read_manifest(std::string_view json_text) {
  auto tree = json::parse(json_text);
  if (!tree)
    return tree.error();
  if (auto error = check_schema_version(*tree))
    return error;
  if (auto error = check_against_schema(*tree))
    return error;
  if (auto error = check_version_members(*tree))
    return error;
  const auto& in = tree->get_object();
  manifest m;
  m.community_name = text(in.at("community").as_object(), "name");
  m.theme_id = text(in.at("theme").as_object(), "themeId");
  read_all(in, "assets", m.assets);
  read_all(in, "tiers", m.tiers);
  read_all(in, "roles", m.roles);
  read_all(in, "categories", m.categories);
  read_all(in, "channels", m.channels);
  m.ranked_asset = maybe_text(in, "rankedAsset").value_or(m.assets.front().id);
  if (auto error = read_rules_of(in, m.rules))
    return error;
  if (auto error = check_references(m))
    return error;
  return m;
}

std::string signing_bytes(const manifest_statement& s) {
  auto bytes = canonical_json(bj::object{
    {"alg", "ed25519"},
    {"communityId", s.community.value},
    {"version", s.version},
    {"sha256", s.sha256},
    {"previousSha256", s.previous_sha256},
    {"createdAt", s.created_at},
  });
  if (!bytes)
    throw std::invalid_argument("a manifest statement must hold UTF-8 text: " + text_of(bytes.error()));
  return std::move(*bytes);
}

} // namespace arrakis

#include "schemas/manifest_check.hpp"

#include "runtime/utf8.hpp"
#include "schemas/permissions.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <set>
#include <string>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

namespace arrakis {

extern const char* const manifest_schema_text; // Generated from schemas/manifest.schema.json.

namespace {

namespace bj = boost::json;

// The widest text is a topic of 1024 characters of at most 4 bytes; the longest list is 500 channels.
constexpr size_t string_bytes_max = 4096;
constexpr size_t list_entries_max = 500;

caf::error refuse(std::string_view pointer, std::string_view what) {
  return fail(ec::invalid, fmt::format("manifest {}: {}", pointer.empty() ? "/" : pointer, what));
}

/// One step of a JSON pointer (RFC 6901).
std::string step(std::string_view name) {
  std::string out = "/";
  for (const char c : utf8_head(name, 100))
    out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return out;
}

caf::error check_sizes(const bj::value& value, const std::string& pointer) {
  if (const auto* string = value.if_string(); string != nullptr && string->size() > string_bytes_max)
    return refuse(pointer, fmt::format("a text of {} bytes; at most {} are allowed", string->size(), string_bytes_max));
  if (const auto* array = value.if_array()) {
    if (array->size() > list_entries_max)
      return refuse(pointer, fmt::format("{} entries; at most {} are allowed", array->size(), list_entries_max));
    for (size_t i = 0; i < array->size(); ++i)
      if (auto error = check_sizes((*array)[i], pointer + "/" + std::to_string(i)))
        return error;
  }
  if (const auto* object = value.if_object()) {
    if (object->size() > list_entries_max)
      return refuse(pointer, fmt::format("{} members; at most {} are allowed", object->size(), list_entries_max));
    for (const auto& member : *object)
      if (auto error = check_sizes(member.value(), pointer + step({member.key().data(), member.key().size()})))
        return error;
  }
  return {};
}

const bj::value& schema_tree() {
  static const bj::value tree = bj::parse(manifest_schema_text);
  return tree;
}

const valijson::Schema& schema() {
  struct compiled : valijson::Schema {
    compiled() { valijson::SchemaParser{}.populateSchema(valijson::adapters::BoostJsonAdapter{schema_tree()}, *this); }
  };
  static const compiled once;
  return once;
}

/// Follows "$ref": "#/definitions/name".
const bj::object& resolved(const bj::object& node) {
  const auto* ref = node.if_contains("$ref");
  if (ref == nullptr)
    return node;
  const std::string_view text{ref->as_string().data(), ref->as_string().size()};
  const auto name = text.substr(text.rfind('/') + 1);
  return schema_tree().at("definitions").at({name.data(), name.size()}).as_object();
}

/// What the schema says of the place that `steps` lead to: its description, or the members that an object may have.
std::string allowed_at(const std::vector<std::string>& steps) {
  const auto* node = &schema_tree().as_object();
  for (const auto& name : steps) {
    const auto* properties = node->if_contains("properties");
    const auto* next = properties != nullptr ? properties->as_object().if_contains(name) : node->if_contains("items");
    if (next == nullptr)
      return "remove it";
    node = &resolved(next->as_object());
  }
  if (const auto* properties = node->if_contains("properties")) {
    std::string names;
    for (const auto& member : properties->as_object())
      names.append(names.empty() ? "" : ", ").append(member.key().data(), member.key().size());
    return "an object of " + names;
  }
  const auto* description = node->if_contains("description");
  return description == nullptr ? "see schemas/manifest.schema.json" : std::string{description->as_string().c_str()};
}

} // namespace

caf::error check_schema_version(const bj::value& tree) {
  const auto* object = tree.if_object();
  if (object == nullptr)
    return refuse("", "must be a JSON object");
  const auto* version = object->if_contains("schemaVersion");
  if (version == nullptr || !version->is_string())
    return refuse("/schemaVersion", "must be there as text; this build writes \"1\"");
  const std::string_view text{version->get_string().data(), version->get_string().size()};
  if (text != manifest::schema_version)
    return fail(ec::unsupported,
                fmt::format("manifest /schemaVersion: \"{}\" is not known to this build, which reads \"{}\": "
                            "use the release that wrote it",
                            utf8_head(text, 32), manifest::schema_version));
  return {};
}

caf::error check_against_schema(const bj::value& tree) {
  if (auto error = check_sizes(tree, ""))
    return error;
  valijson::ValidationResults results;
  valijson::Validator validator;
  if (validator.validate(schema(), valijson::adapters::BoostJsonAdapter{tree}, &results))
    return {};
  valijson::ValidationResults::Error first;
  if (!results.popError(first))
    return refuse("", "does not match the schema");
  std::vector<std::string> steps;
  std::string pointer;
  for (size_t i = 1; i < first.context.size(); ++i) { // The first is "<root>", the others are "[name]" or "[index]".
    const auto& bracketed = first.context[i];
    steps.push_back(bracketed.substr(1, bracketed.size() - 2));
    pointer += step(steps.back());
  }
  return refuse(pointer, fmt::format("{} Allowed: {}.", first.description, allowed_at(steps)));
}

namespace {

/// Collects the ids of a list and refuses the second of two equal ones.
template <class T>
caf::error collect(const std::vector<T>& list, std::string_view name, std::set<std::string_view>& ids) {
  for (size_t i = 0; i < list.size(); ++i)
    if (!ids.insert(list[i].id).second)
      return refuse(fmt::format("/{}/{}/id", name, i), fmt::format("'{}' is there twice: each id once", list[i].id));
  return {};
}

caf::error check_tiers_named(const std::vector<std::string>& named, const std::string& pointer,
                             const std::set<std::string_view>& tiers) {
  for (size_t i = 0; i < named.size(); ++i)
    if (!tiers.contains(named[i]))
      return refuse(fmt::format("{}/accessTiers/{}", pointer, i), fmt::format("there is no tier '{}'", named[i]));
  return {};
}

caf::error check_asset(const manifest_asset& asset, const std::string& pointer) {
  const bool native = asset.type == "native";
  if (native && asset.address)
    return refuse(pointer + "/address", "a native asset has no contract: remove the address");
  if (!native && !asset.address)
    return refuse(pointer + "/address", "is missing: a token needs the address of its contract");
  if (asset.token_id && asset.type != "erc1155")
    return refuse(pointer + "/tokenId", "only an erc1155 asset has a token id: remove it");
  return {};
}

caf::error check_roles(const manifest& m, const std::set<std::string_view>& tiers) {
  std::set<std::string_view> mapped;
  for (size_t i = 0; i < m.roles.size(); ++i) {
    const auto& role = m.roles[i];
    const auto pointer = fmt::format("/roles/{}", i);
    if (!tiers.contains(role.tier_id))
      return refuse(pointer + "/tierId", fmt::format("there is no tier '{}'", role.tier_id));
    if (!mapped.insert(role.tier_id).second)
      return refuse(pointer + "/tierId", fmt::format("tier '{}' has a role already: one role a tier", role.tier_id));
    if (role.existing && !parse_snowflake(role.existing->text()))
      return refuse(pointer + "/existingRoleId", "is not a Discord id");
    for (size_t k = 0; k < role.permissions.size(); ++k) {
      if (permissions::bit(role.permissions[k]) == 0)
        return refuse(fmt::format("{}/permissions/{}", pointer, k),
                      fmt::format("Discord has no permission '{}'", role.permissions[k]));
      if (k > 0 && role.permissions[k] < role.permissions[k - 1])
        return refuse(fmt::format("{}/permissions/{}", pointer, k), "must be sorted by name");
    }
  }
  return {};
}

} // namespace

caf::error check_references(const manifest& m) {
  std::set<std::string_view> assets, tiers, roles, categories, channels;
  for (auto error :
       {collect(m.assets, "assets", assets), collect(m.tiers, "tiers", tiers), collect(m.roles, "roles", roles),
        collect(m.categories, "categories", categories), collect(m.channels, "channels", channels)})
    if (error)
      return error;
  for (size_t i = 0; i < m.assets.size(); ++i)
    if (auto error = check_asset(m.assets[i], fmt::format("/assets/{}", i)))
      return error;
  for (size_t i = 0; i < m.tiers.size(); ++i)
    if (m.tiers[i].max_rank && *m.tiers[i].max_rank < m.tiers[i].min_rank)
      return refuse(fmt::format("/tiers/{}/maxRank", i), "must not be less than minRank");
  if (auto error = check_roles(m, tiers))
    return error;
  for (size_t i = 0; i < m.categories.size(); ++i)
    if (auto error = check_tiers_named(m.categories[i].access_tiers, fmt::format("/categories/{}", i), tiers))
      return error;
  for (size_t i = 0; i < m.channels.size(); ++i) {
    const auto& channel = m.channels[i];
    const auto pointer = fmt::format("/channels/{}", i);
    if (channel.category_id && !categories.contains(*channel.category_id))
      return refuse(pointer + "/categoryId", fmt::format("there is no category '{}'", *channel.category_id));
    if (auto error = check_tiers_named(channel.access_tiers, pointer, tiers))
      return error;
  }
  return {};
}

} // namespace arrakis

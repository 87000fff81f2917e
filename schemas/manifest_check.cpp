#include "schemas/manifest_check.hpp"

#include "runtime/utf8.hpp"
#include "schemas/json_schema.hpp"
#include "schemas/permissions.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <set>
#include <string>

namespace arrakis {

extern const char* const manifest_schema_text; // Generated from schemas/manifest.schema.json.

namespace {

namespace bj = boost::json;

// The widest text is a topic of 1024 characters of at most 4 bytes; the longest list is the token ids of a leaf.
constexpr json_sizes sizes_max{.string_bytes_max = 4096, .list_entries_max = 1000};
constexpr std::string_view first_version = "1";

caf::error refuse(std::string_view pointer, std::string_view what) { return refuse_field("manifest", pointer, what); }

} // namespace

caf::error check_schema_version(const bj::value& tree) {
  const auto* object = tree.if_object();
  if (object == nullptr)
    return refuse("", "must be a JSON object");
  const auto* version = object->if_contains("schemaVersion");
  if (version == nullptr || !version->is_string())
    return refuse("/schemaVersion",
                  fmt::format("must be there as text; this build writes \"{}\"", manifest::schema_version));
  const std::string_view text{version->get_string().data(), version->get_string().size()};
  if (text != manifest::schema_version && text != first_version)
    return fail(ec::unsupported,
                fmt::format("manifest /schemaVersion: \"{}\" is not known to this build, which reads \"{}\" and "
                            "\"{}\": use the release that wrote it",
                            utf8_head(text, 32), first_version, manifest::schema_version));
  return {};
}

caf::error check_against_schema(const bj::value& tree) {
  static const json_schema schema{manifest_schema_text};
  if (auto error = check_json_sizes(tree, sizes_max, "manifest"))
    return error;
  return schema.check(tree, "manifest");
}

caf::error check_version_members(const bj::value& tree) {
  const auto& object = tree.get_object();
  const bool is_first = object.at("schemaVersion").as_string() == first_version;
  for (const auto* name : {"rankedAsset", "rules"})
    if (object.contains(name) == is_first)
      return refuse(fmt::format("/{}", name), is_first ? "version 1 has no such member: remove it, or write version 2"
                                                       : "is missing: version 2 has it always");
  const auto& roles = object.at("roles").as_array();
  for (size_t i = 0; is_first && i < roles.size(); ++i)
    if (!roles[i].as_object().contains("tierId"))
      return refuse(fmt::format("/roles/{}/tierId", i), "is missing: each role of version 1 belongs to a tier");
  return {};
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
    if (!role.tier_id.empty() && !tiers.contains(role.tier_id))
      return refuse(pointer + "/tierId", fmt::format("there is no tier '{}'", role.tier_id));
    if (!role.tier_id.empty() && !mapped.insert(role.tier_id).second)
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

/// `taken`: what stands for another channel or category already.
caf::error check_existing(const std::optional<snowflake>& existing, const std::string& pointer,
                          std::set<snowflake>& taken) {
  if (!existing)
    return {};
  if (!parse_snowflake(existing->text()))
    return refuse(pointer, "is not a Discord id");
  if (!taken.insert(*existing).second)
    return refuse(pointer, "is chosen twice: each channel of the server once");
  return {};
}

caf::error check_tiers(const manifest& m) {
  for (size_t i = 0; i < m.tiers.size(); ++i) {
    const auto& tier = m.tiers[i];
    if (tier.max_rank && *tier.max_rank < tier.min_rank)
      return refuse(fmt::format("/tiers/{}/maxRank", i), "must not be less than minRank");
    if (tier.threshold && tier.threshold->find_first_not_of("0.") == std::string::npos)
      return refuse(fmt::format("/tiers/{}/threshold", i), "must be above zero");
  }
  return {};
}

caf::error check_rules(const manifest& m, const std::set<std::string_view>& roles) {
  for (size_t i = 0; i < m.rules.size(); ++i)
    if (const auto* granted = std::get_if<granted_role>(&m.rules[i].grants); granted && !roles.contains(granted->id))
      return refuse(fmt::format("/rules/{}/grants/role", i), fmt::format("there is no role '{}'", granted->id));
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
  if (!assets.contains(m.ranked_asset))
    return refuse("/rankedAsset", fmt::format("there is no asset '{}'", m.ranked_asset));
  for (auto error : {check_tiers(m), check_roles(m, tiers), check_rules(m, roles)})
    if (error)
      return error;
  std::set<snowflake> taken;
  for (size_t i = 0; i < m.categories.size(); ++i) {
    const auto pointer = fmt::format("/categories/{}", i);
    if (auto error = check_tiers_named(m.categories[i].access_tiers, pointer, tiers))
      return error;
    if (auto error = check_existing(m.categories[i].existing, pointer + "/existingCategoryId", taken))
      return error;
  }
  for (size_t i = 0; i < m.channels.size(); ++i) {
    const auto& channel = m.channels[i];
    const auto pointer = fmt::format("/channels/{}", i);
    if (channel.category_id && !categories.contains(*channel.category_id))
      return refuse(pointer + "/categoryId", fmt::format("there is no category '{}'", *channel.category_id));
    if (auto error = check_tiers_named(channel.access_tiers, pointer, tiers))
      return error;
    if (auto error = check_existing(channel.existing, pointer + "/existingChannelId", taken))
      return error;
  }
  return {};
}

} // namespace arrakis

#pragma once
// The desired state of a community's guild. It is stored signed, as canonical JSON (schemas/manifest.schema.json).
#include "runtime/error.hpp"
#include "schemas/ids.hpp"
#include "schemas/rules.hpp"

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis {

/// A coin, token or collection that membership is measured in.
struct manifest_asset {
  std::string id;                     ///< Stable within the manifest: "asset-1".
  std::string type;                   ///< native, erc20, erc721, erc1155.
  std::string chain;                  ///< A chain of config/chains: "berachain".
  std::optional<std::string> address; ///< 0x and 40 hex digits, EIP-55; absent for native.
  std::string symbol;
  int decimals = 18;                      ///< 0 to 77; 0 for NFTs.
  std::optional<std::string> min_balance; ///< Decimal text, never a float.
  std::optional<std::string> token_id;    ///< ERC-1155.
  bool operator==(const manifest_asset&) const = default;
};
/// A tier of members, by rank or by threshold.
struct manifest_tier {
  std::string id; ///< Stable: "gold".
  std::string name;
  int64_t min_rank = 1;
  std::optional<int64_t> max_rank; ///< Absent: open.
  /// Decimal text above zero, of the ranked asset: a member who holds it has the tier, whatever the rank. Absent: by
  /// rank.
  std::optional<std::string> threshold = {};
  bool operator==(const manifest_tier&) const = default;
};
/// A role of the guild: one for each tier, and further ones that only rules grant.
struct manifest_role {
  std::string id;     ///< Stable: "role-gold". The shadow state maps it to a snowflake.
  std::string name;   ///< 1 to 100 characters.
  uint32_t color = 0; ///< 0 to 0xFFFFFF.
  bool hoist = false;
  bool mentionable = false;
  std::vector<std::string> permissions; ///< Names as in Discord's documentation: "VIEW_CHANNEL"; sorted, unique.
  std::string tier_id;                  ///< The tier that earns it; empty: only rules grant it.
  std::optional<snowflake> existing;    ///< A role of the guild that the admin chose: used as it is, never changed.
  bool operator==(const manifest_role&) const = default;
};
/// A category of channels.
struct manifest_category {
  std::string id;
  std::string name;
  std::vector<std::string> access_tiers; ///< Ids of the tiers that see it; empty: everyone.
  std::optional<snowflake> existing =
    {}; ///< A category of the guild that the admin chose: used as it is, never changed.
  bool operator==(const manifest_category&) const = default;
};
/// A channel.
struct manifest_channel {
  std::string id;
  std::string name;
  std::string type; ///< text, voice, announcement, forum.
  std::optional<std::string> category_id;
  std::optional<std::string> topic; ///< At most 1024 characters.
  std::vector<std::string> access_tiers;
  bool read_only = false; ///< Everyone reads, the bot writes.
  /// A channel of the guild that the admin chose: used as it is, never changed. The admins decide who sees it.
  std::optional<snowflake> existing = {};
  bool operator==(const manifest_channel&) const = default;
};
/// The desired state: assets, tiers, roles, categories, channels and rules.
struct manifest {
  static constexpr std::string_view schema_version = "2"; ///< The one that is written.
  std::string community_name;                             ///< 3 to 100 characters.
  std::string theme_id = "basic";
  std::vector<manifest_asset> assets; ///< 1 to 5.
  std::vector<manifest_tier> tiers;   ///< The best one first. A member who fits several has the first of them.
  std::vector<manifest_role> roles;   ///< One for each tier, and those that only rules grant.
  std::vector<manifest_category> categories;
  std::vector<manifest_channel> channels;
  std::string ranked_asset; ///< Id of the asset whose amount ranks the members, and that thresholds count.
  /// The rules that the admins wrote, 0 to 50. actors/rules/effective.hpp adds the one that the assets imply.
  std::vector<rule> rules;
  bool operator==(const manifest&) const = default;
};

/// Returns the JSON form: {schemaVersion, community{name}, theme{themeId}, assets, rankedAsset, tiers, roles,
/// categories, channels, rules}; snowflakes, amounts and permissions are strings; absent optionals are left out.
boost::json::value to_json(const manifest&);
/// Reads and validates against the JSON Schema and the cross references (asset, tier, category and role ids exist and
/// are unique). A document of schemaVersion "1" has no rules, and its first asset ranks. ec::unsupported for another
/// schemaVersion, ec::invalid naming the JSON pointer of the field, the fault and the remedy. The leaves of rules are
/// checked by rules::compile, before a version is accepted.
caf::expected<manifest> read_manifest(std::string_view json_text);

/// The statement that is signed: the canonical JSON of {alg, communityId, version, sha256, previousSha256, createdAt}.
struct manifest_statement {
  community_id community;
  int64_t version = 1;
  std::string sha256;          ///< Hex, of the manifest's canonical bytes.
  std::string previous_sha256; ///< Empty for version 1.
  std::string created_at;      ///< ISO 8601, UTC, milliseconds.
};
/// Returns the canonical bytes of the statement, with alg "ed25519".
std::string signing_bytes(const manifest_statement&);

} // namespace arrakis

#pragma once
// The demands of a manifest on a guild: the managed fields of every resource, wanted and actual. Fields that are not
// here are the admins' own: nobody compares or changes them.
#include "schemas/guild.hpp"
#include "schemas/ids.hpp"
#include "schemas/manifest.hpp"

#include <boost/json/fwd.hpp>
#include <compare>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace arrakis::blueprint {

/// A resource of a manifest.
struct key {
  std::string kind;     ///< role, category, channel.
  std::string resource; ///< Id inside the manifest.
  auto operator<=>(const key&) const = default;
};
/// A role, category or channel of a manifest.
struct resource {
  blueprint::key key;
  std::string name;
  std::optional<snowflake> existing; ///< Made by the admins, who chose it: used as it is, never changed.
};
/// Snowflakes as far as they are known.
using ids = std::map<key, snowflake>;

/// The managed fields of a role.
struct role_fields {
  std::string name;
  uint32_t color = 0;
  bool hoist = false;
  bool mentionable = false;
  uint64_t permissions = 0;
  std::string requested_name = {}; ///< As stored: the name that was asked for, where Discord answered another one.
  bool operator==(const role_fields&) const = default;
};
/// Also of categories.
struct channel_fields {
  std::string name;
  int type = 0;
  std::string topic;
  snowflake parent;
  std::vector<guild::overwrite> overwrites; ///< Sorted by id.
  std::string requested_name = {};          ///< As that of a role.
  bool operator==(const channel_fields&) const = default;
};
using fields = std::variant<role_fields, channel_fields>;

/// Everything that a manifest names, in the order in which it must be made: roles (best tier first, so that Discord's
/// own rule, a new role goes to the bottom, puts them in order), categories, channels.
std::vector<resource> resources(const manifest&);

/// Text channels, announcements and forums as Discord writes them, as far as that is known: lower case, hyphens for
/// white space, no ASCII punctuation. What Discord answers counts (`applied`).
std::string channel_name(std::string_view name, int type);
/// Discord's type of a manifest's channel type.
int channel_type(std::string_view name);

/// Where a resource lives: `bot` is our own user, which keeps its access to what it closes for others.
struct target_guild {
  snowflake guild;
  snowflake bot;
};
/// The wanted fields; empty when they need a snowflake that `known` lacks, or the manifest has no such resource.
///
/// A channel without tiers of its own has those of its category. Tiers close it: @everyone may not see it, exactly the
/// listed tiers' roles may. Read only: nobody but the bot writes (text) or speaks (voice).
std::optional<fields> wanted(const manifest&, const key&, const ids& known, const target_guild&);

/// The managed fields as they are in the guild.
fields actual(const guild::role&);
fields actual(const guild::channel&);
/// `actual` without the overwrites of roles and members that neither `wanted` nor `before` (as last applied) speaks of:
/// those are the admins' own.
fields managed(fields actual, const fields& wanted, const fields* before = nullptr);

/// `wanted` as it is stored once Discord has answered with `answer`: under the answer's name. How Discord folds and
/// trims names is its own affair, and may change.
fields applied(fields wanted, const fields& answer);
/// `wanted` as a later reading of the guild shows it: under the name that Discord answered when the same name was asked
/// for last (`before`, as stored). Without such an answer `wanted` itself.
fields settled(fields wanted, const fields* before);

/// The names of the managed fields that differ: name, color, hoist, mentionable, permissions; name, type, topic,
/// parent, overwrites.
std::vector<std::string> differences(const fields&, const fields&);

/// The JSON that is stored as shadow state and checkpoint, and back.
std::string text(const fields&);
/// Fields from their JSON text; none: malformed.
std::optional<fields> read(std::string_view json_text);
/// The shadow state of what the admins made and chose: what it was, marked as not ours. Once the manifest does
/// not choose it any more it must neither be changed nor be called left over.
std::string chosen_text(const fields&);
/// True for the fields of a resource that an admin chose.
bool is_chosen(std::string_view json_text);

/// The body that creates the resource.
std::string create_body(const fields&);
/// The body that changes only the fields in `changes`. Foreign overwrites in `now` are kept, those of `before` that are
/// not wanted any more are not.
std::string update_body(const fields& wanted, const std::vector<std::string>& changes, const fields& now,
                        const fields* before = nullptr);

} // namespace arrakis::blueprint

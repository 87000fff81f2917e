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
/// Managed fields of a channel or category.
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

/// All resources of a manifest, in the order in which they are created: roles, categories, channels. Roles come best
/// tier first: Discord puts a new role at the bottom, so they end up in the right order.
std::vector<resource> resources(const manifest&);

/// Name of a text, announcement or forum channel as Discord normalises it, as far as known: lower case, hyphens for
/// white space, no ASCII punctuation. If Discord answers with another name, that one counts (`applied`).
std::string channel_name(std::string_view name, int type);
/// Discord's type of a manifest's channel type.
int channel_type(std::string_view name);

/// Guild of the resources; `bot` is our own user, which keeps access to channels that are closed to others.
struct target_guild {
  snowflake guild;
  snowflake bot;
};
/// Wanted fields of a resource; empty when they need a snowflake that `known` lacks, or when the manifest has no
/// such resource. A channel without tiers of its own has those of its category. With tiers, @everyone may not
/// view it and exactly the roles of the listed tiers may. Read only: only the bot may write (text) or speak
/// (voice).
std::optional<fields> wanted(const manifest&, const key&, const ids& known, const target_guild&);

/// Managed fields of a role or channel as it is in the guild.
fields actual(const guild::role&);
fields actual(const guild::channel&);
/// `actual` without the overwrites of roles and members that neither `wanted` nor `before` (as last applied) names:
/// those belong to the admins.
fields managed(fields actual, const fields& wanted, const fields* before = nullptr);

/// `wanted` as it is stored after Discord's answer `answer`: with the name from the answer, because Discord normalises
/// names.
fields applied(fields wanted, const fields& answer);
/// `wanted` as a later reading of the guild shows it: with the name that Discord answered when the same name was last
/// requested (`before`, as stored). Without such an answer `wanted` itself.
fields settled(fields wanted, const fields* before);

/// The names of the managed fields that differ: name, color, hoist, mentionable, permissions; name, type, topic,
/// parent, overwrites.
std::vector<std::string> differences(const fields&, const fields&);

/// JSON text of fields, as shadow state and checkpoints store it; `read` parses it.
std::string text(const fields&);
/// Parses fields from their JSON text; none: malformed.
std::optional<fields> read(std::string_view json_text);
/// Shadow state of a resource that an admin made and chose: its fields, marked as not ours. After the manifest stops
/// choosing it, it is neither changed nor reported as left over.
std::string chosen_text(const fields&);
/// True if the JSON text is that of a resource that an admin chose.
bool is_chosen(std::string_view json_text);

/// JSON body of the REST call that creates the resource.
std::string create_body(const fields&);
/// JSON body of the REST call that changes only the fields in `changes`. Overwrites of others in `now` are kept; those
/// of `before` that are no longer wanted are removed.
std::string update_body(const fields& wanted, const std::vector<std::string>& changes, const fields& now,
                        const fields* before = nullptr);

} // namespace arrakis::blueprint

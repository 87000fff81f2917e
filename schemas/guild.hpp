#pragma once
// What Discord says of a guild, as values: only the fields that somebody of ours reads.
#include "runtime/error.hpp"
#include "schemas/ids.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::guild {

struct role {
  snowflake id;
  std::string name;
  uint32_t color = 0;
  bool hoist = false;
  bool mentionable = false;
  bool managed = false; ///< Belongs to an integration: nobody may change it.
  int position = 0;     ///< Higher is stronger; of equals the older one.
  uint64_t permissions = 0;
  bool operator==(const role&) const = default;
};
struct overwrite {
  snowflake id;
  int type = 0; ///< 0 role, 1 member.
  uint64_t allow = 0;
  uint64_t deny = 0;
  auto operator<=>(const overwrite&) const = default;
};
/// docs/resources/channel, "Channel Types".
enum channel_type { text = 0, voice = 2, category = 4, announcement = 5, forum = 15 };
struct channel {
  snowflake id;
  int type = text;
  std::string name;
  std::string topic;
  snowflake parent;
  int position = 0;
  std::vector<overwrite> overwrites; ///< Sorted by id.
  bool operator==(const channel&) const = default;
};
struct state {
  snowflake id;
  std::string name;
  snowflake owner;
  std::vector<std::string> features;
  std::vector<role> roles;
  std::vector<channel> channels;
  snowflake bot;
  std::vector<snowflake> bot_roles;
  std::map<snowflake, int64_t> role_members; ///< How many have the role; empty: not asked for, or not known.
};
struct audit_entry {
  snowflake user;   ///< Who did it.
  snowflake target; ///< What was made.
  int action = 0;
  std::string reason;
};

/// All: ec::corrupt naming the field, where Discord's answer has another shape.
caf::expected<role> read_role(std::string_view body);
caf::expected<channel> read_channel(std::string_view body);
caf::expected<std::map<snowflake, int64_t>> read_role_member_counts(std::string_view body);
caf::expected<std::vector<role>> read_roles(std::string_view body);
caf::expected<std::vector<channel>> read_channels(std::string_view body);
/// id, name, owner and features; roles and channels are left empty.
caf::expected<state> read_guild(std::string_view body);
caf::expected<std::vector<snowflake>> read_member_roles(std::string_view body);
caf::expected<std::vector<audit_entry>> read_audit_log(std::string_view body);

} // namespace arrakis::guild

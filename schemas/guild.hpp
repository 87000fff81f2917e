#pragma once
// A guild as Discord describes it: the fields that this project reads.
// https://discord.com/developers/docs/resources/guild
#include "runtime/error.hpp"
#include "schemas/ids.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::guild {

/// A role of the guild.
struct role {
  snowflake id;
  std::string name;
  uint32_t color = 0;
  bool hoist = false;
  bool mentionable = false;
  bool managed = false; ///< Belongs to an integration, a bot or boosts: nobody may assign it by hand.
  int position = 0;     ///< A higher position outranks a lower one; of equal ones, the older role outranks.
  uint64_t permissions = 0;
  bool operator==(const role&) const = default;
};
/// A permission overwrite of a channel.
struct overwrite {
  snowflake id;
  int type = 0; ///< 0 role, 1 member.
  uint64_t allow = 0;
  uint64_t deny = 0;
  auto operator<=>(const overwrite&) const = default;
};
/// Channel types: https://discord.com/developers/docs/resources/channel, "Channel Types".
enum channel_type { text = 0, voice = 2, category = 4, announcement = 5, forum = 15 };
/// A channel or category of the guild.
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
/// Snapshot of a guild: roles, channels and the bot as a member.
struct state {
  snowflake id;
  std::string name;
  snowflake owner;
  std::vector<std::string> features;
  std::vector<role> roles;
  std::vector<channel> channels;
  snowflake bot;
  std::vector<snowflake> bot_roles;
  std::map<snowflake, int64_t> role_members; ///< Members with each role; empty: not asked for, or unknown.
};
/// An entry of the guild's audit log.
struct audit_entry {
  snowflake user;   ///< The user or bot that acted.
  snowflake target; ///< The object that the action changed.
  int action = 0;
  std::string reason;
};

/// Reads a role object. This function and those below fail with ec::corrupt, which names the field, where Discord's
/// answer has another shape.
caf::expected<role> read_role(std::string_view body);
/// Reads a channel object.
caf::expected<channel> read_channel(std::string_view body);
/// Reads the number of members of each role.
caf::expected<std::map<snowflake, int64_t>> read_role_member_counts(std::string_view body);
/// Reads a list of role objects.
caf::expected<std::vector<role>> read_roles(std::string_view body);
/// Reads a list of channel objects.
caf::expected<std::vector<channel>> read_channels(std::string_view body);
/// Reads id, name, owner and features of a guild object. Roles and channels stay empty.
caf::expected<state> read_guild(std::string_view body);
/// Reads the ids of the roles of a guild member.
caf::expected<std::vector<snowflake>> read_member_roles(std::string_view body);
/// Reads the entries of an audit log.
caf::expected<std::vector<audit_entry>> read_audit_log(std::string_view body);

} // namespace arrakis::guild

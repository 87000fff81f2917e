#pragma once
// Port of the gateway: one actor for each shard identifies, beats, resumes, and sends dispatches to the event handler.
#include "runtime/message.hpp"
#include "schemas/interaction.hpp"

#include <caf/typed_actor.hpp>
#include <memory>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::discord {

/// INTERACTION_CREATE. Dispatches without a message here are counted and dropped at the shard.
struct interaction_created {
  std::shared_ptr<const interaction> what;
};
/// GUILD_CREATE: the guild is available.
struct guild_available {
  snowflake guild;
  std::string name;
  snowflake owner;
};
/// GUILD_DELETE: the bot was removed, or the guild is unavailable.
struct guild_gone {
  snowflake guild;
  bool kicked = false; ///< No `unavailable`: the bot was removed or the guild deleted. False: an outage.
};
/// GUILD_ROLE_CREATE, _UPDATE and _DELETE.
struct role_changed {
  snowflake guild;
  snowflake role;
  bool deleted = false;
  int32_t position = 0; ///< A higher position outranks a lower one; 0 when deleted.
};
/// CHANNEL_CREATE, _UPDATE and _DELETE.
struct channel_changed {
  snowflake guild;
  snowflake channel;
  bool deleted = false;
};
/// READY or RESUMED.
struct shard_ready {
  int shard = 0;
  snowflake application;
  snowflake bot;
  bool resumed = false;
};
/// Sent after a fatal close code: an operator must act.
struct shard_stopped {
  int shard = 0;
  int close_code = 0;
  std::string what_to_do;
};

using event_handler =
  caf::typed_actor<caf::reacts_to<interaction_created>, caf::reacts_to<guild_available>, caf::reacts_to<guild_gone>,
                   caf::reacts_to<role_changed>, caf::reacts_to<channel_changed>, caf::reacts_to<shard_ready>,
                   caf::reacts_to<shard_stopped>>;

/// MESSAGE_CREATE, one of the most frequent events. Requires the intent GUILD_MESSAGES.
struct message_created {
  snowflake guild, channel, id, author;
  bool bot = false;
  std::string_view content; ///< Empty without the intent MESSAGE_CONTENT.
};
/// GUILD_MEMBER_UPDATE.
struct member_updated {
  snowflake guild, user;
  std::span<const snowflake> roles;
  bool pending = false; ///< The member has not passed the guild's screening yet.
};
/// Member activity of one read from the gateway, each kind in order. `arena` holds texts and roles.
struct activity {
  activity() = default;
  activity(const activity&) = delete;
  activity& operator=(const activity&) = delete;
  std::pmr::monotonic_buffer_resource arena{8 << 10};
  std::vector<message_created> messages;
  std::vector<member_updated> members;
};
/// Sent for each batch of activity.
struct activity_seen {
  std::shared_ptr<const activity> what;
};
/// Receives activity. The answer means that the effect is durable; a slow consumer makes the shard read less.
using activity_handler = caf::typed_actor<caf::reacts_to<activity_seen>>;

/// A role and its position, which a shard stores for each guild.
struct role_position {
  snowflake role;
  int32_t position = 0;
};
/// Asks a shard for a guild's roles. -> guild_role_positions
struct get_role_positions {
  snowflake guild;
};
/// Roles of a guild; unknown until GUILD_CREATE.
struct guild_role_positions {
  bool known = false;
  std::vector<role_position> roles;
};

/// Asks for the state of a shard. -> shard_state
struct shard_status {};
/// State of a shard.
struct shard_state {
  int shard = 0;
  std::string state;
  int64_t sequence = 0;
  int64_t resumes = 0;
  int64_t identifies = 0;
  size_t guilds = 0;
};
using shard = caf::typed_actor<caf::replies_to<shard_status>::with<shard_state>>;
using shard_with_roles = shard::extend<caf::replies_to<get_role_positions>::with<guild_role_positions>>;
} // namespace arrakis::discord

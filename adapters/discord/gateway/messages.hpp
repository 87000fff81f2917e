#pragma once
// One actor a shard: identify, heartbeat, resume, and dispatches to the event handler below.
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

/// Dispatches that something of ours reads. Everything else is counted and dropped at the shard.
struct interaction_created {
  std::shared_ptr<const interaction> what;
};
struct guild_available {
  snowflake guild;
  std::string name;
  snowflake owner;
};
struct guild_gone {
  snowflake guild;
  bool kicked = false; ///< GUILD_DELETE without `unavailable`: we were removed or it was deleted. False: an outage.
};
struct role_changed {
  snowflake guild;
  snowflake role;
  bool deleted = false;
  int32_t position = 0; ///< Higher is mightier; 0 when deleted.
};
struct channel_changed {
  snowflake guild;
  snowflake channel;
  bool deleted = false;
};
struct shard_ready {
  int shard = 0;
  snowflake application;
  snowflake bot;
  bool resumed = false;
};
/// After a fatal close code: an operator must act.
struct shard_stopped {
  int shard = 0;
  int close_code = 0;
  std::string what_to_do;
};

using event_handler =
  caf::typed_actor<caf::reacts_to<interaction_created>, caf::reacts_to<guild_available>, caf::reacts_to<guild_gone>,
                   caf::reacts_to<role_changed>, caf::reacts_to<channel_changed>, caf::reacts_to<shard_ready>,
                   caf::reacts_to<shard_stopped>>;

/// What members do, in the busiest events. Discord tells of messages with the intent GUILD_MESSAGES only.
struct message_created {
  snowflake guild, channel, id, author;
  bool bot = false;
  std::string_view content; ///< Empty without the intent MESSAGE_CONTENT.
};
struct member_updated {
  snowflake guild, user;
  std::span<const snowflake> roles;
  bool pending = false; ///< Has not passed the guild's screening yet.
};
/// Those of one read from the gateway, each kind in its order. Texts and roles lie in `arena`.
struct activity {
  activity() = default;
  activity(const activity&) = delete;
  activity& operator=(const activity&) = delete;
  std::pmr::monotonic_buffer_resource arena{8 << 10};
  std::vector<message_created> messages;
  std::vector<member_updated> members;
};
struct activity_seen {
  std::shared_ptr<const activity> what;
};
/// The answer tells that the effect is durable; a consumer that lags makes the shard read less.
using activity_handler = caf::typed_actor<caf::reacts_to<activity_seen>>;

/// Of a guild a shard keeps its roles and their positions.
struct role_position {
  snowflake role;
  int32_t position = 0;
};
struct get_role_positions {
  snowflake guild;
};
struct guild_role_positions {
  bool known = false;
  std::vector<role_position> roles;
};

struct shard_status {};
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

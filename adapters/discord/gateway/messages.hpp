#pragma once
// One actor a shard: identify, heartbeat, resume, and dispatches to the sink below.
#include "runtime/message.hpp"
#include "schemas/interaction.hpp"

#include <caf/typed_actor.hpp>
#include <memory>
#include <string>

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

using sink = caf::typed_actor<caf::reacts_to<interaction_created>, caf::reacts_to<guild_available>,
                              caf::reacts_to<guild_gone>, caf::reacts_to<role_changed>, caf::reacts_to<channel_changed>,
                              caf::reacts_to<shard_ready>, caf::reacts_to<shard_stopped>>;

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
} // namespace arrakis::discord

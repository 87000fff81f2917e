#pragma once
// What the guild allows us: read before the review and again before a deployment.
#include "actors/wizard/core/record.hpp"
#include "schemas/ids.hpp"

#include <string>
#include <vector>

namespace arrakis::wizard::core {

struct guild_role {
  snowflake id;
  std::string name;
  int position = 0;
  bool managed = false;
};
struct guild_facts {
  std::string guild_name;
  uint64_t bot_permissions = 0;  ///< In the whole guild: of its roles and @everyone.
  int bot_top_position = 0;      ///< Of its highest role; 0: it has none.
  std::vector<guild_role> roles; ///< Highest first, without @everyone.
  size_t channel_count = 0;      ///< Categories count as well.
};

/// Why the plan cannot be carried out in this guild, each as a sentence that says what to change; empty: it can.
std::vector<std::string> objections(const record&, const guild_facts&);
/// The roles that may stand for a tier: below the bot's highest, not managed by an integration.
std::vector<guild_role> assignable(const guild_facts&);

} // namespace arrakis::wizard::core

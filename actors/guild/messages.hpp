#pragma once
// The one reader of guilds: what Discord says of roles, channels, the bot's own roles, and who made them.
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"
#include "schemas/guild.hpp"

#include <caf/typed_actor.hpp>
#include <string>
#include <vector>

namespace arrakis::guild {

// Errors of every question below. None of them means "there is nothing"; the texts of the first three are sentences for
// an admin.
//   ec::not_found    the guild is gone, or the bot is not in it
//   ec::refused      Discord refuses the bot this reading: a permission is missing
//   ec::invalid      Discord refuses the request
//   ec::corrupt      Discord's answer has another shape; the text names the field
//   ec::busy         256 others wait for a reading of this guild
//   ec::unavailable, ec::unknown, ec::timeout, ec::throttled, as discord::rest has them: not readable now

/// Reads a guild: everything that a plan is compared with. -> state. Concurrent requests share one reading that begins
/// after they arrived.
struct fetch {
  snowflake guild;
  std::string tenant; ///< For Discord's budget, which is shared out by tenant; empty: the guild's id.
  deadline until;
  /// Also state::role_members. Where they cannot be read, the rest is answered without them.
  bool role_members = false;
};

/// Reads only the roles, because creating a role moves others. -> role_list
struct fetch_roles {
  snowflake guild;
  std::string tenant;
  deadline until;
};
/// Roles of a guild.
struct role_list {
  std::vector<role> roles;
};

/// The roles of one member.
struct fetch_member {
  snowflake guild;
  snowflake user;
  std::string tenant;
  deadline until;
};
/// Answer to fetch_member.
struct member_roles {
  bool is_member = false; ///< False: Discord says that this user is not in the guild.
  std::vector<snowflake> roles;
};

/// Reads who created the newest roles and channels of a guild, newest first, from the audit log. -> creations
struct fetch_creations {
  snowflake guild;
  snowflake bot;
  std::string tenant;
  deadline until;
};
/// Creations by the audit log.
struct creations {
  std::vector<audit_entry> entries; ///< At most 100 of roles and 100 of channels by anybody, and as many of the bot's.
  bool known = false;               ///< Not where the bot lacks View Audit Log.
};

using handle = caf::typed_actor<caf::replies_to<fetch>::with<state>, caf::replies_to<fetch_roles>::with<role_list>,
                                caf::replies_to<fetch_member>::with<member_roles>,
                                caf::replies_to<fetch_creations>::with<creations>>;

} // namespace arrakis::guild

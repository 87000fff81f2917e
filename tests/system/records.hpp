#pragma once
// The guild, Arrakis' own records and the signed manifest of one community, read from outside and compared.
#include "actors/guild/core/blueprint.hpp"
#include "schemas/guild.hpp"
#include "schemas/manifest.hpp"
#include "tests/system/test_stack.hpp"

#include <map>
#include <string>
#include <vector>

namespace arrakis::system_test {

/// A guild as the sandbox has it.
struct observed_guild {
  guild::state guild;
  std::vector<snowflake> made; ///< Roles and channels that the bot made, by the guild's audit log; also deleted ones.
  std::vector<std::string> reasons; ///< Of those.
};
/// Reads the guild from the sandbox.
observed_guild read_guild(test_stack&, const place&);
/// Finds a role by its name; null: there is none.
const guild::role* role_named(const observed_guild&, std::string_view name);
/// Finds a channel by its name; null: there is none.
const guild::channel* channel_named(const observed_guild&, std::string_view name);

/// The newest deployment, as `arrakisctl community show` tells it; version 0: there is none.
struct deployment {
  std::string id;
  int64_t version = 0;
  std::string state;
  std::string line; ///< State and error.
};
/// Returns the newest deployment.
deployment newest_deployment(test_stack&, const place&);
/// Waits until version `version` is in `state`.
bool wait_for_state(test_stack&, const place&, int64_t version, const std::string& state,
                    std::chrono::milliseconds patience = std::chrono::seconds{60});

/// Returns the id of the guild's community.
std::string community_of(test_stack&, const place&);
/// The manifest out of the object store; `version` 0: the newest.
manifest stored_manifest(test_stack&, const place&, int64_t version = 0);
/// Snowflakes by resource, from the shadow state.
blueprint::ids shadow_ids(test_stack&, const place&);

/// Everything in which guild, shadow state, manifest, signatures and audit chain of a finished community disagree;
/// empty: every resource of the manifest is there once and equal in every managed field, and nothing else is claimed.
std::vector<std::string> disagreements(test_stack&, const place&);

/// Rows of the outbox of this community that are not closed.
int64_t open_rows(test_stack&, const place&);
/// Creates that began and have no recorded end.
int64_t open_intents(test_stack&, const place&);
/// Waits until nothing of this community is waiting, running or owed; false: it still is after `patience`.
bool wait_until_idle(test_stack&, const place&, std::chrono::milliseconds patience = std::chrono::seconds{30});
/// Entries in the community's audit chain; -1 when it is not whole.
int64_t audit_entries(test_stack&, const place&);

/// Requests of the bot that Discord refused with 429, and those that count as invalid.
struct refusals {
  int64_t rate_limited = 0, invalid = 0;
  std::map<std::string, int64_t> by_route{}; ///< Count by status and route: "429 GET /guilds/{guild}/roles".
  bool operator==(const refusals&) const = default;
};
/// Counts the refusals since the sandbox started.
refusals count_refusals(test_stack&);
/// Returns the refusals after those of `before`.
refusals operator-(refusals now, const refusals& before);

} // namespace arrakis::system_test
